import type { Step } from "../../engine/index.ts";

const WORD_MS = 300;
const LEAST_MS = 1500;

/** How long it takes to read a step's line and caption, in milliseconds. */
export function readingTime({ text, caption }: Step): number {
  const words = [text, ...caption].join(" ").split(/\s+/).length;
  return Math.max(LEAST_MS, words * WORD_MS);
}

/** Whether a step's line or caption says the words. No words match every refusal and fault. */
export function isMatch({ text, caption }: Step, words: string): boolean {
  const said = [text, ...caption].join(" ").toLowerCase();
  return words === ""
    ? /= -1? ?E[A-Z]|fault|SIGSEGV|BUG/i.test(said)
    : said.includes(words.toLowerCase());
}
