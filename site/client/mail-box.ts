/** What goes into a mail, as it will arrive: byte for byte, with rules where mails and terminals end. */
import { aboutMail, type Passed } from "../../diagrams/index.ts";
import { element } from "./elements.ts";
import { USES, type Use } from "./hand-over.ts";

/** A mail, a quoted mail, a terminal. */
const RULES = [72, 75, 80] as const;

export interface Boxed {
  /** What is selected where there is no clipboard. */
  readonly shown: HTMLElement;
  readonly parts: readonly HTMLElement[];
  /** Says what is known of the text: of a flow, which texts passed git, b4 and checkpatch. */
  readonly tell: (passed: Passed | undefined) => void;
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
  const said = element("span", {});
  const goal = use === "commit" ? "commit" : "mail";
  const tell = (passed?: Passed) => {
    said.textContent = aboutMail(text, { for: goal, quotes: use === "question", passed });
  };
  tell();
  const about = element("p", { class: "about" }, said);
  if (/(?:^ {2}|: )wd [a-z]/m.test(text)) {
    about.append(" In this project's folder wd is ", element("code", {}, "npm run -s wd --"), ".");
  }
  return { shown, parts: [head, about, scroll], tell };
}
