/** All that hands something out: for a mail, as a file, and what if. A part of its own. */
import type { Run, Step } from "../../engine/index.ts";
import type { Shelf } from "../lib/pictures.ts";
import type { Ending } from "./formats.ts";
import { nameOf, toClipboard, USES, type Use } from "./hand-over.ts";
import { mailOf } from "./mail.ts";
import { mailBox } from "./mail-box.ts";
import { passedOf } from "./passed.ts";
import { save } from "./save.ts";
import type { PlayerScreen } from "./screen.ts";
import type { Showing } from "./showing.ts";

/** What is on screen at that moment. */
export interface Place {
  readonly shelf: Shelf;
  readonly now: Showing;
  readonly step: Step | undefined;
}

export class Desk {
  readonly #host: HTMLElement;
  readonly #run: Run;
  readonly #screen: PlayerScreen;
  /** The text that is in the box. */
  #boxed = "";

  constructor(host: HTMLElement, run: Run, screen: PlayerScreen) {
    this.#host = host;
    this.#run = run;
    this.#screen = screen;
  }

  async copy({ shelf, now }: Place, use: Use): Promise<void> {
    const { since, question } = this.#host.dataset;
    const text = mailOf(shelf, this.#run, { ...now, since, question, use });
    const uses = (Object.keys(USES) as Use[]).filter((one) => one !== "question" || question);
    const { shown, parts, tell } = mailBox(text, use, uses);
    this.#screen.box(parts);
    this.#boxed = text;
    this.#screen.say(await toClipboard(text, shown));
    tell(await passedOf(nameOf(this.#run))); // after: a copy may not wait for it
  }

  /** Saves the text that is in the box. */
  saveText({ now, step }: Place): void {
    const name = `${nameOf(this.#run)}-${step?.label ?? now.at}.txt`;
    save({ name, blob: new Blob([this.#boxed], { type: "text/plain" }) });
    this.#screen.say(`Saved as ${name}.`);
  }

  async saveAs({ shelf, now }: Place, ending: Ending): Promise<void> {
    const { fileOf } = await import("./files.ts");
    const wanted = { ...now, since: this.#host.dataset.since };
    const file = await fileOf({ shelf, run: this.#run, wanted }, ending);
    if (typeof file === "object") save(file);
    this.#screen.say(typeof file === "object" ? `Saved as ${file.name}.` : file);
  }

  /**
   * Asks what is to be otherwise; then shows both futures.
   * @param choice which, "" for none yet
   * @param choose is called with the choice that a reader makes
   */
  async whatIf(
    { shelf, now }: Place,
    choice: string,
    choose: (next: string) => void,
  ): Promise<void> {
    const { choicesOf, futuresOf, whatIfBox } = await import("./what-if.ts");
    const choices = choicesOf(this.#run, this.#host.dataset.defects);
    const { at, view } = now;
    const chosen = choices[choice === "" ? -1 : Number(choice)];
    const wish = { at, view, first: shelf.order[0], isWide: this.#screen.isWide() };
    const text = chosen && futuresOf(this.#run, chosen, wish);
    const made = text === undefined ? { step: at } : { step: at, chosen: Number(choice), text };
    const { shown, parts } = whatIfBox(choices, made, choose);
    this.#screen.box(parts);
    this.#boxed = text ?? "";
    this.#screen.say(differenceOf(text ?? ""));
    if (text === undefined) shown.focus();
  }
}

/** What the text says about where its futures part, in one line, to be read out. */
function differenceOf(text: string): string {
  const [found = ""] = /(The first difference|Nothing differs)[\s\S]*?\.(?=\n)/.exec(text) ?? [];
  return found.replace(/\s+/g, " ");
}
