import { describe, expect, test } from "vitest";
import { formatError, parseFlow, printFlow } from "../../../engine/flow/index.ts";

const HEADER = `title      T
kernel     v4.18
framework  spimdev
device     hisi_zip-0 kind=zip
`;

/** Milliseconds. All of these take less than a tenth of a second; what hangs takes for ever. */
const TIMEOUT = 5_000;

describe("limits", () => {
  // biome-ignore format: one case a line
  const HOSTILE: readonly (readonly [what: string, text: string, error: RegExp])[] = [
    ["too many characters", "a".repeat(1_000_001), /^f:1:1: expected at most 1000000 characters, found 1000001$/],
    ["too many lines", "\n".repeat(10_002), /^f:10001:1: expected at most 10000 lines, found 10002$/],
    ["calls in calls", `${HEADER}app: ${"f(".repeat(4_000)}`, /: expected at most 32 levels, found one more$/],
    ["brackets in brackets", `${HEADER}app: f(${"(".repeat(9_000)}`, /: expected at most 32 levels, found one more$/],
    ["lists in structs", `${HEADER}app: f(${"[{a:".repeat(2_000)}`, /: expected at most 32 levels, found one more$/],
    ["terms in a row", `${HEADER}app: f(${"a+".repeat(4_000)}`, /: expected at most 32 levels, found one more$/],
    ["members of members", `${HEADER}app: f(f()${".a".repeat(4_000)}`, /: expected at most 32 levels, found one more$/],
    ["a name like many devices", `${HEADER}app: f(${"hisi_zip-".repeat(4_000)}`, /: expected at most 32 levels, found one more$/],
    ["words without end", `${HEADER}app: f(${"a,".repeat(400_000)}`, /: expected at most 10000 words in a statement, found one more$/],
    ["digits without end", `${HEADER}app: f(${"9".repeat(900_000)}`, /: expected a number below 2\^64/],
    ["a string without end", `${HEADER}app: f("${"x\\n".repeat(300_000)}`, /: expected a string that ends in "/],
    ["quotes", `${HEADER}app: ${'"'.repeat(9_000)}`, /: expected a call, found the string /],
    ["lines that go on", `${HEADER}app: f(${"\n ".repeat(9_000)}`, /: expected a value or "\)"/],
    ["a caption without end", `${HEADER}${`# ${"x ".repeat(40)}\n`.repeat(9_000)}`, /: expected a statement below its caption/],
    ["words in a header", `title T\ngiven ${"a ".repeat(400_000)}!`, /: expected the name of a flow, found "!"$/],
    ["labels nearly known", `${HEADER}${Array.from({ length: 9_000 }, (_, k) => `a: f()@${"x".repeat(55)}${k}\n`).join("")}expect f(since @${"x".repeat(55)}y) == 0`, /: expected a label of this flow/],
  ];

  test.each(HOSTILE)(
    "%s: one clear line, at once",
    (_what, text, error) => {
      const parsed = parseFlow(text, "f");
      const [first] = parsed.ok ? [] : parsed.errors;
      expect(first && formatError(first)).toMatch(error);
    },
    2_000,
  );

  test("32 levels are read, and printed", () => {
    const line = `app: f(${"[".repeat(30)}${"]".repeat(30)})`;
    const parsed = parseFlow(`${HEADER}${line}\n`, "f");
    expect(parsed.ok && printFlow(parsed.flow)).toBe(`${HEADER}${line}\n`);
  });

  test(
    "a long flow is read at once",
    () => {
      const lines = Array.from({ length: 9_000 }, (_, k) => `app: n${k} = f(n${k}, 4K)   @l${k}\n`);
      const parsed = parseFlow(`${HEADER}${lines.join("")}`, "f");
      expect(parsed.ok && parsed.flow.items).toHaveLength(9_000);
    },
    TIMEOUT,
  );
});
