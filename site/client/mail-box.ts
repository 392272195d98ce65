/** What goes into a mail, as it will arrive: byte for byte, with rules where mails and terminals end. */
import { breaches, formatBreach } from "../../diagrams/index.ts";
import { element } from "./elements.ts";
import { USES, type Use } from "./hand-over.ts";

/** A mail, a quoted mail, a terminal. */
const RULES = [72, 75, 80] as const;

export interface Boxed {
  /** What is selected where there is no clipboard. */
  readonly shown: HTMLElement;
  readonly parts: readonly HTMLElement[];
}

/** @param uses those that there is something for */
export function mailBox(text: string, use: Use, uses: readonly Use[]): Boxed {
  const head = element("p", {});
  for (const other of uses) {
    const turn = element(
      "button",
      { type: "button", "data-do": "for", "data-with": other },
      USES[other],
    );
    turn.setAttribute("aria-pressed", String(other === use));
    head.append(turn);
  }
  head.append(element("button", { type: "button", "data-do": "save-text" }, "Save"));
  const shown = element("pre", { tabindex: "0" }, text);
  const rules = RULES.map((column) =>
    element("span", { class: `rule at-${column}` }, String(column)),
  );
  const sheet = element("div", { class: "sheet" }, ...rules, shown);
  const scroll = element("div", { class: "scroll" }, sheet);
  const about = element("p", { class: "about" }, aboutText(text, use));
  if (/^ {2}(\[\d+\] )?wd /m.test(text)) {
    about.append(" In this project's folder wd is ", element("code", {}, "npm run -s wd --"), ".");
  }
  return { shown, parts: [head, about, scroll] };
}

/** "19 lines, 69 columns, ASCII, linted here." */
function aboutText(text: string, use: Use): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const columns = Math.max(...lines.map((line) => line.length));
  const charset = /^[\n -~]*$/.test(text) ? "ASCII" : "not ASCII";
  const quotes = use === "question";
  const [first] = breaches(text, RULES[0], { for: use === "commit" ? "commit" : "mail", quotes });
  const verdict = first ? formatBreach(first) : "linted here";
  return `${lines.length} lines, ${columns} columns, ${charset}, ${verdict}.`;
}
