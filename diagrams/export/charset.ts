/** Glyphs of the text export, in 7 bits and beyond. */

export interface Charset {
  readonly upright: string;
  readonly level: string;
  readonly arrowRight: string;
  readonly arrowLeft: string;
  readonly dash: string;
  readonly rule: string;
  readonly idle: string;
  readonly pointer: string;
  readonly passed: string;
  readonly refused: string;
  readonly current: string;
  /** By the directions that lines leave in: up 1, right 2, down 4, left 8. */
  readonly joints: readonly string[];
  /** How a stroke's own spelling is shown, where not as it is. */
  readonly signs: Readonly<Record<string, string>>;
}

export const ASCII: Charset = {
  upright: "|",
  level: "-",
  arrowRight: ">",
  arrowLeft: "<",
  dash: "-",
  rule: "=",
  idle: ".",
  pointer: "^",
  passed: "o",
  refused: "X",
  current: ">",
  joints: Array.from({ length: 16 }, () => "+"),
  signs: {
    "\\": "+",
    "─": "-",
    "═": "=",
    "━": "#",
    "╌": "-",
    "│": "|",
    ...Object.fromEntries([..."┌┐└┘├┤┬┴┼"].map((joint) => [joint, "+"])),
  },
};

export const UNICODE: Charset = {
  ...ASCII,
  upright: "│",
  level: "─",
  arrowRight: "►",
  arrowLeft: "◄",
  dash: "╌",
  rule: "═",
  idle: "·",
  pointer: "▲",
  current: "►",
  joints: [..." ╵╶└╷│┌├╴┘─┴┐┤┬┼"],
  // Bars, dots and folds stay as they are: a legend says what one of them is.
  signs: { "\\": "└", "+": "┴", "-": "─", ">": "►", "<": "◄", "!": "│" },
};
