/** Ends a command: one clear line for the person who typed it, and the exit code. */
export class Stop extends Error {
  /** 1: it ran and the answer is no. 2: bad usage or bad input. */
  readonly exit: 1 | 2;
  /** A word that is not known, and those that are: the nearest is named. */
  readonly hint: Hint | undefined;
  /** The message begins with file and line, as editors read them. */
  readonly isPlaced: boolean;

  constructor(exit: 1 | 2, message: string, more: { hint?: Hint | undefined; isPlaced?: boolean }) {
    super(message);
    this.exit = exit;
    this.hint = more.hint;
    this.isPlaced = more.isPlaced ?? false;
  }
}

export interface Hint {
  readonly word: string;
  readonly known: readonly string[];
}

/** The answer is no. */
export function no(message: string): Stop {
  return new Stop(1, message, {});
}

/** Bad usage or bad input. */
export function bad(message: string, hint?: Hint): Stop {
  return new Stop(2, message, { hint });
}

/** Bad input, and the message says in which line of which file. */
export function badLine(message: string): Stop {
  return new Stop(2, message, { isPlaced: true });
}

/** More of a word than this helps nobody. */
const SHOWN_MAX = 60;

/** A word as a message shows it: in quotes, on one line, 7-bit, not too long. */
export function quote(word: string): string {
  const start = word.slice(0, SHOWN_MAX);
  return `"${printable(start)}${start.length < word.length ? "..." : ""}"`;
}

/** Whatever a terminal would act on, a line break too, shows as \u{hex}. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
