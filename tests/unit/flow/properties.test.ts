import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatError, nearest, parseFlow, printFlow } from "../../../engine/flow/index.ts";
import { aStory, flowOfStory, type Story, withoutPlaces } from "./arbitrary-flow.ts";

const seed = Number(process.env.FUZZ_SEED ?? 4180);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
/** Milliseconds: where FUZZ_RUNS is large. */
const TIMEOUT = 600_000;

const FIXTURES = ["send", "fork", "explore"].map((name) =>
  readFileSync(new URL(`fixtures/${name}.flow`, import.meta.url), "utf8"),
);

function check<Values>(property: fc.IProperty<Values>): void {
  fc.assert(property, { seed, numRuns });
}

function isReadBack(story: Story): void {
  const text = printFlow(flowOfStory(story));
  const parsed = parseFlow(text, "f");
  expect(parsed.ok ? [] : parsed.errors.map(formatError), text).toEqual([]);
  if (!parsed.ok) return;
  const { header, items } = parsed.flow;
  expect({ lines: withoutPlaces(header.lines), items: withoutPlaces(items) }).toEqual(
    withoutPlaces(story),
  );
  expect(printFlow(parsed.flow)).toBe(text);
}

/** Whatever it is: a flow that prints to itself, or errors of one line each, in order. */
function isFlowOrErrors(text: string): void {
  const parsed = parseFlow(text, "f");
  if (parsed.ok) {
    const printed = printFlow(parsed.flow);
    const again = parseFlow(printed, "f");
    expect(again.ok ? [] : again.errors.map(formatError), printed).toEqual([]);
    if (!again.ok) return;
    expect(withoutPlaces(again.flow)).toEqual(withoutPlaces(parsed.flow));
    expect(printFlow(again.flow)).toBe(printed);
    return;
  }
  expect(parsed.errors.length).toBeGreaterThan(0);
  for (const error of parsed.errors) {
    expect(formatError(error)).toMatch(/^f:[1-9]\d*:[1-9]\d*: expected [ -~]+, found [ -~]+$/);
  }
}

test(
  "what is printed of any flow is read as the same flow",
  () => check(fc.property(aStory, isReadBack)),
  TIMEOUT,
);

test(
  "any text is a flow that prints to itself, or gives errors of one line",
  () => check(fc.property(fc.string({ unit: "binary", size: "medium" }), isFlowOrErrors)),
  TIMEOUT,
);

const PIECES = [
  ...'\n \t # ## == : = ( ) [ ] { } , . + - | < > ? @ @x " \\ 0 1 0x -1 4K 5us app q f f( NULL'.split(
    / /,
  ),
  ..."hisi_zip-0 expect always explore join schedule wait until within since EIO SIGSEGV BUG v4.18".split(
    " ",
  ),
  ..."title kernel framework iommu device given show mended fail what-if kind= held".split(" "),
  "<unfinished ...>",
  "<... f resumed>",
  " ",
  "\n",
  "\r",
  "\u0000",
  "\ud800",
  "\u{1f600}",
  "__proto__",
  "constructor",
];

const HEADER = "title T\nkernel v4.18\nframework spimdev\ndevice hisi_zip-0 kind=zip\n";

test(
  "so is any row of the language's own words",
  () =>
    check(
      fc.property(
        fc.array(fc.constantFrom(...PIECES), { size: "medium" }),
        fc.boolean(),
        (words, isBody) => isFlowOrErrors((isBody ? HEADER : "") + words.join(isBody ? " " : "")),
      ),
    ),
  TIMEOUT,
);

const aChange = fc.record({
  from: fc.nat(5000),
  length: fc.nat(6),
  by: fc.oneof(fc.constant(""), fc.constantFrom(...PIECES)),
});

test(
  "so is any flow with some letters changed",
  () =>
    check(
      fc.property(
        fc.constantFrom(...FIXTURES),
        fc.array(aChange, { minLength: 1, maxLength: 4 }),
        (fixture, changes) => {
          let text = fixture;
          for (const { from, length, by } of changes) {
            const start = from % (text.length + 1);
            text = text.slice(0, start) + by + text.slice(start + length);
          }
          isFlowOrErrors(text);
        },
      ),
    ),
  TIMEOUT,
);

/** Letters changed, added, dropped and swapped, by the plainest recursion. */
function distance(from: string, to: string): number {
  if (from === "" || to === "") return from.length + to.length;
  const isSame = from[0] === to[0];
  const isSwap = from.length > 1 && to.length > 1 && from[0] === to[1] && from[1] === to[0];
  return Math.min(
    distance(from.slice(1), to.slice(1)) + (isSame ? 0 : 1),
    distance(from.slice(1), to) + 1,
    distance(from, to.slice(1)) + 1,
    isSwap ? distance(from.slice(2), to.slice(2)) + 1 : Number.POSITIVE_INFINITY,
  );
}

const aShortWord = fc.stringMatching(/^[abc]{1,6}$/);

test(
  "the nearest known word has the fewest letters changed, and is the first of those",
  () =>
    check(
      fc.property(aShortWord, fc.array(aShortWord, { maxLength: 5 }), (word, known) => {
        const limit = Math.max(1, Math.floor(word.length / 3));
        const counts = known.map((other) => distance(word, other));
        const least = Math.min(...counts);
        const isKnown = known.includes(word);
        const wanted = isKnown || least > limit ? undefined : known[counts.indexOf(least)];
        expect(nearest(word, known)).toBe(wanted);
      }),
    ),
  TIMEOUT,
);
