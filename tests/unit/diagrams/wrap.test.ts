/** Where a text is broken: at what parts its words, and elsewhere only where there is no other way. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { measure, wrap } from "../../../diagrams/layout/words.ts";

const CASES: readonly (readonly [string, number, readonly string[]])[] = [
  ["ioctl MAP_DMA, 1 page = EEXIST", 24, ["ioctl MAP_DMA, 1 page", "= EEXIST"]],
  ["store doorbell, tail = 1", 22, ["store doorbell,", "tail = 1"]],
  ["After @fault (wd_recv = -EIO).", 24, ["After @fault", "(wd_recv = -EIO)."]],
  ["open, close, ioctl = -1 EINVAL", 20, ["open, close, ioctl", "= -1 EINVAL"]],
  ["write create, 36 bytes", 16, ["write create,", "36 bytes"]],
  ["it took 4.11 us in all", 14, ["it took", "4.11 us in all"]],
  ["count(syscall) == 0 holds", 17, ["count(syscall)", "== 0 holds"]],
  ["page 40 pages the rest", 9, ["page", "40 pages", "the rest"]],
  ["7 users share it", 8, ["7 users", "share it"]],
  ["X = refused", 40, ["X = refused"]],
  ["= 12345", 5, ["=", "12345"]],
  ["tail = 123456", 8, ["tail", "= 123456"]],
  ["4096 bytes", 6, ["4096", "bytes"]],
  ["(b = long-name now", 11, ["(b", "= long-name", "now"]],
];

test.each(CASES)("%s, in %i columns", (text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});

const A_WORD = fc.constantFrom(
  "=",
  "==",
  "12",
  "bytes",
  "us",
  "-1",
  "EBUSY",
  "tail",
  "a,",
  "(b",
  "long-name",
);

test("every word is there, in its order; a pair is parted only where it is wider than a line", () => {
  const seed = Number(process.env.FUZZ_SEED ?? 20181);
  fc.assert(
    fc.property(
      fc.array(A_WORD, { minLength: 1 }),
      fc.integer({ min: 9, max: 30 }),
      (words, width) => {
        const lines = wrap(words.join(" "), width) ?? [];
        expect(lines.join(" ")).toBe(words.join(" "));
        for (const [at, line] of lines.entries()) {
          expect(measure(line)).toBeLessThanOrEqual(width);
          const next = lines[at + 1]?.split(" ") ?? [];
          const last = line.split(" ").at(-1) ?? "";
          // Two that belong together are one piece with all that they belong to.
          if (next[0] && /^==?$/.test(last)) expect(run(words, width)).toBe(true);
        }
      },
    ),
    { seed, numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
  );
});

/** Is there a run of words that belong together, too wide for one line? */
function run(words: readonly string[], width: number): boolean {
  let size = 0;
  return words.some((word, at) => {
    const before = words[at - 1] ?? "";
    const isPart =
      /^==?$/.test(before) || (/^-?\d+$/.test(before) && /^(bytes|us|EBUSY)$/.test(word));
    size = isPart ? size + 1 + word.length : word.length;
    return size > width;
  });
}
