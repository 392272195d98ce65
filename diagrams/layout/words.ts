/**
 * Words in cells: how wide a text is, where it may be broken, and how 7-bit text shows what it
 * cannot hold. Widths are those of the 7-bit form: what fits there fits everywhere.
 */

/** Characters that no terminal shows as themselves: controls, marks of direction, odd blanks. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
/** What `git am --scissors` and b4 take for scissors; in dashes they drop all that stands above. */
const SCISSORS = />(?=[8%])|(?<=[8%])</g;

/** Where a text may well be broken: not behind `=`, and not between a number and its unit or its errno. */
const LOOSER = /(?<!(?:^| )==?) (?!(?<=\d )(?:\w?s|bytes?|pages?|E[A-Z]+)\b)/;
/** Where it is best broken: not in "tail = 1" after a comma or a bracket either. */
const BREAK = new RegExp(`${LOOSER.source}(?!(?<=[,;] \\w+ |\\(\\w+ )= (?!-1 ))`);

/** `\x1b`, `\u00e9`, `\u{1f600}`. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/** Scissors lose a blade to an escape: `>8` is shown as `\x3e8`, `8<` as `8\x3c`. */
function blunt(text: string): string {
  return text.replace(SCISSORS, escaped);
}

/** The text in printable 7-bit characters; whatever else it holds stands there escaped. */
export function plain(text: string): string {
  if (!/[^ -~]|[<>]/.test(text)) return text;
  return blunt(text.replace(/[^ -~]/gu, escaped));
}

/** The text as it is, but for characters that no terminal shows. */
export function visible(text: string): string {
  return blunt(text.replace(new RegExp(UNSEEN, "gu"), escaped));
}

/** The text with single blanks between its words and none around it. */
export function tidy(text: string): string {
  return text.replace(/ +/g, " ").replace(/^ | $/g, "");
}

/** Columns that the text takes. */
export function measure(text: string): number {
  return plain(text).length;
}

/** Would a program eat a line that begins like this? docs/decisions/0006. */
export function isHazard(start: string): boolean {
  return (
    /^[|>:}#]/.test(start) || // mutt: a quotation
    /^\w\S+:(\s|$)/.test(start) || // b4: a trailer
    /^(---|\+\+\+|@@|diff)(\s|$)/.test(start) // patch, checkpatch: a diff
  );
}

/**
 * Breaks a text at its blanks, and what belongs together only where it is wider than `width`.
 * @returns the lines, the least number of them, none for an empty text; `undefined` where a word is
 * wider than `width`. A line that a program would eat is avoided where another break helps.
 */
export function wrap(text: string, width: number): readonly string[] | undefined {
  const words = tidy(text)
    .split(BREAK)
    .flatMap((some) => (measure(some) > width ? some.split(LOOSER) : some))
    .flatMap((some) => (measure(some) > width ? some.split(" ") : some));
  if (words[0] === "") return [];
  const lines: string[][] = [];
  let line: string[] = [];
  let used = -1;
  for (const word of words) {
    const size = measure(word);
    if (size > width) return undefined;
    used += 1 + size;
    if (used > width) {
      lines.push(line);
      const pair = [...line.slice(-1), word];
      const isSaved = isHazard(word) && line.length > 1 && !isHazard(pair[0] as string);
      const isCarried = isSaved && measure(pair.join(" ")) <= width;
      if (isCarried) line.pop();
      line = isCarried ? pair : [word];
      used = measure(line.join(" "));
    } else line.push(word);
  }
  lines.push(line);
  return lines.map((some) => some.join(" "));
}

/** The widest line. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, measure(text)), 0);
}
