/** Any step, any view, any width, of any story: a drawing or one clear line, never a throw. */

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  breaches,
  type DrawOptions,
  draw,
  ladderAt,
  toAscii,
  toMermaid,
  toSvg,
  VIEWS,
} from "../../../diagrams/index.ts";
import { allSteps, type Run, runFlow } from "../../../engine/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { aBadStory } from "../machine/arbitrary-story.ts";
import { LIBRARY, NAMES, runOf } from "./runs.ts";

const aView = fc.constantFrom(...VIEWS, undefined);
const aDetail = fc.constantFrom("story", "calls", "kernel", undefined);
const aWidth = fc.oneof(fc.constantFrom(40, 72, 75, 80), fc.integer({ min: 1, max: 120 }));

/** Places of steps, as a share of those that there are, and addresses that nobody wrote. */
const anAddress = fc.oneof(
  { weight: 6, arbitrary: fc.nat(9999) },
  fc.constantFrom("", "@", "@nobody", "99", "1.99", "-1", "1..2", "@send.9", "__proto__", "\n"),
);

interface Wish {
  readonly at: number | string;
  readonly from: number | string | undefined;
  readonly view: DrawOptions["view"];
  readonly detail: DrawOptions["detail"];
  readonly width: number;
}

const aWish: fc.Arbitrary<Wish> = fc.record({
  at: anAddress,
  from: fc.option(anAddress, { nil: undefined, freq: 2 }),
  view: aView,
  detail: aDetail,
  width: aWidth,
});

function optionsOf(run: Run, { at, from, view, detail, width }: Wish): DrawOptions {
  const numbers = allSteps(run.steps).map(({ number }) => number);
  const address = (some: number | string) =>
    typeof some === "string" ? some : (numbers[some % numbers.length] ?? "0");
  return {
    at: address(at),
    width,
    ...(from === undefined ? {} : { from: address(from) }),
    ...(view ? { view } : {}),
    ...(detail ? { detail } : {}),
  };
}

/** A whole picture that keeps the contract in the width that was asked for, or why not. */
function isAnswered(run: Run, wish: Wish): void {
  const options = optionsOf(run, wish);
  const drawn = draw(run, options);
  if (!drawn.ok) {
    expect(drawn.message).toMatch(/^[ -~]+$|^no step \n/);
    if (drawn.kind !== "narrow") return;
    expect(drawn.needs).toBeGreaterThan(wish.width);
    expect(draw(run, { ...options, width: drawn.needs ?? 0 }).ok).toBe(true);
    return;
  }
  const text = toAscii(drawn.picture);
  if (!text.ok) throw new Error(text.message);
  expect(breaches(text.text, wish.width, { for: "mail" })).toEqual([]);
  const svg = toSvg(drawn.picture, { profile: "kernel", title: "a", desc: "b" });
  expect(svg.ok ? "" : svg.message).toBe("");
  const made = ladderAt(run, options);
  if (made.ok) expect(toMermaid(made.ladder)).toMatch(/^sequenceDiagram\n/);
}

test(
  "every story of the project is drawn at any step, or refused in one line",
  () =>
    check(
      fc.property(fc.constantFrom(...NAMES), aWish, (name, wish) => isAnswered(runOf(name), wish)),
    ),
  TIMEOUT,
);

test(
  "so is a story with lines moved, dropped and made hostile",
  () =>
    check(
      fc.property(aBadStory, fc.array(aWish, { minLength: 1, maxLength: 4 }), (text, wishes) => {
        const result = runFlow({ text, file: "f.flow" }, LIBRARY);
        if (!result.ok) return;
        for (const wish of wishes) isAnswered(result.run, wish);
      }),
    ),
  TIMEOUT,
);

test("the same run and wish give the same picture, and drawing leaves the run alone", () => {
  for (const name of NAMES) {
    const run = runOf(name);
    const [text] = [LIBRARY.get(name) ?? ""];
    const again = runFlow({ text, file: `${name}.flow` }, LIBRARY);
    const { number } = run.steps.at(-1) ?? { number: "0" };
    const pictures = [run, run, again.ok ? again.run : run].map((some) =>
      draw(some, { at: number }),
    );
    const [first, second, third] = pictures.map((some) => (some.ok ? some.picture : some.message));
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  }
});
