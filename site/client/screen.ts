/** What the player shows: one element for each part, drawn anew from what is to be shown. */
import { type Selection, select } from "d3";
import type { Step } from "../../engine/index.ts";
import { type Drawing, PARTS } from "../lib/pictures.ts";
import { captionNodes, element } from "./elements.ts";
import { addressOf } from "./hand-over.ts";
import { holdLaneNames } from "./lane-names.ts";
import { showLive } from "./live.ts";
import { isMatch } from "./reading.ts";
import type { Showing } from "./showing.ts";

/** A drawing, as text where that is wanted; or what is in its way. */
export type Shown = (Drawing & { readonly text?: string; readonly lanesAt?: number }) | string;

export class PlayerScreen {
  readonly #host: HTMLElement;
  readonly #steps: readonly Step[];
  readonly #said: HTMLElement;
  readonly #picture: HTMLElement;
  readonly #list: HTMLElement;
  readonly #position: HTMLElement;
  /** It stays the same button, so that the focus stays on it. */
  readonly #inside = element("button", { type: "button", "data-do": "open" });
  readonly #status = element("p", { role: "status", class: "status" });
  #more: HTMLElement | undefined;
  /** What More is made of, once it was opened; and what was drawn last. */
  #parts: typeof import("./more.ts") | undefined;
  #now: Showing;
  #mail: HTMLElement | undefined;

  constructor(host: HTMLElement, steps: readonly Step[], now: Showing) {
    this.#now = now;
    this.#host = host;
    this.#steps = steps;
    this.#said = part(host, ".said");
    this.#picture = part(host, ".picture");
    this.#list = part(host, ".run");
    this.#position = part(host, ".position");
    this.#said.setAttribute("aria-live", "polite");
    part(host, ".deeper").prepend(this.#inside);
    part(host, ".controls").append(this.#status);
    this.#picture.addEventListener("scroll", () => holdLaneNames(this.#picture));
    host.classList.add("awake");
  }

  /** Whether 72 columns have room; a phone gets the same layout in 40. */
  isWide(): boolean {
    const probe = element("span", { class: "probe" }, "0".repeat(72));
    this.#picture.append(probe);
    const isWide = probe.offsetWidth <= this.#picture.clientWidth;
    probe.remove();
    return isWide;
  }

  draw(now: Showing, lines: readonly Step[], drawing: Shown): void {
    const at = lines.findIndex(({ number }) => number === now.at);
    const step = lines[at] ?? (lines[0] as Step);
    this.#drawList(now, step);
    this.#drawViews(typeof drawing === "string" ? now.view : drawing.view);
    this.#drawPicture(drawing, step);
    this.#drawCaption(now, step);
    const story = this.#steps.findIndex(({ number }) => number === now.at.split(".")[0]) + 1;
    const inside = now.at.split(".").slice(1);
    this.#position.textContent = `${[story, ...inside].join(".")} of ${this.#steps.length}`;
    this.#enable("back", at > 0);
    this.#enable("next", at < lines.length - 1);
    this.#status.textContent = "";
    this.#mail?.remove();
    this.#now = { ...now, view: typeof drawing === "string" ? now.view : drawing.view };
    if (this.#more) this.#refreshMore(this.#now);
  }

  say(words: string): void {
    this.#status.textContent = words;
  }

  /** There is no step further on. */
  edge(): void {
    this.say("No further step that way.");
  }

  /** What is typed while the field is fetched belongs into it, and no key is a command but Tab and Escape. */
  async askWords(): Promise<void> {
    let typed = "";
    const keep = (event: KeyboardEvent): void => {
      const { key } = event;
      if (/^(Tab|Escape)$/.test(key) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (key.length === 1) typed += key;
      if (key === "Backspace") typed = typed.slice(0, -1);
      event.preventDefault();
      event.stopImmediatePropagation(); // the host itself may have the focus
    };
    this.#host.addEventListener("keydown", keep, true);
    await this.toggleMore(true).finally(() => {
      this.#host.removeEventListener("keydown", keep, true);
    });
    const field = this.#more?.querySelector<HTMLInputElement>("input[type=search]");
    field?.focus();
    if (!field || typed === "") return;
    field.value = typed;
    field.dispatchEvent(new Event("input"));
  }

  async toggleMore(isForced = false): Promise<void> {
    if (this.#more && !isForced) {
      this.#closeMore();
    } else if (!this.#more) {
      this.#parts ??= await import("./more.ts");
      this.#more ??= this.#parts.morePanel(this.#host);
      part(this.#host, ".controls").after(this.#more);
      this.#refreshMore(this.#now);
    }
    const button = this.#host.querySelector('[data-do="more"]');
    button?.setAttribute("aria-expanded", String(this.#more !== undefined));
  }

  #closeMore(): void {
    this.#more?.remove();
    this.#more = undefined;
  }

  /** Takes away what was opened above the picture. */
  dismiss(): void {
    if (this.#mail?.contains(document.activeElement)) this.#host.focus(); // keys go on
    this.#mail?.remove();
    if (this.#more) void this.toggleMore();
    this.say("");
  }

  showLink(link: string): HTMLElement {
    const shown = element("pre", { tabindex: "0" }, link);
    this.box([element("p", {}, "Link to this step"), shown]);
    return shown;
  }

  /** Shows something above the picture, until the next step. */
  box(parts: readonly HTMLElement[]): void {
    this.#mail?.remove();
    this.#mail = element("div", { class: "mail" }, ...parts);
    part(this.#host, ".controls").after(this.#mail);
    this.#mail.scrollIntoView({ block: "nearest" });
  }

  #enable(command: string, can: boolean): void {
    const button = this.#host.querySelector(`.controls [data-do="${command}"]`);
    button?.setAttribute("aria-disabled", String(!can));
  }

  #drawViews(shown: string): void {
    for (const button of this.#host.querySelectorAll<HTMLElement>('[data-do="view"]'))
      button.setAttribute("aria-pressed", String(button.dataset.with === shown));
  }

  #drawPicture(drawing: Shown, step: Step): void {
    const label = `Step ${step.number}: ${step.caption.join(" ") || step.text}`;
    if (typeof drawing === "string") {
      this.#picture.replaceChildren(element("p", { class: "kicker" }, drawing));
      return;
    }
    if (drawing.text === undefined) {
      const { lanesAt = 0 } = drawing;
      showLive(this.#picture, drawing.picture, { label, parts: PARTS, lanesAt });
      return;
    }
    const pre = element("pre", {}, drawing.text);
    const inner = element("div", { role: "img", "aria-label": label }, pre);
    this.#picture.replaceChildren(element("div", { class: "drawing" }, inner));
  }

  #drawCaption(now: Showing, step: Step): void {
    const number = element("span", { class: "number" }, step.number);
    const call = element("p", { class: "call" }, number, " ", element("code", {}, step.text));
    const parts: HTMLElement[] = [call, ...step.caption.map((text) => captionNodes(text))];
    const outer = this.#steps.find(({ number }) => step.number.startsWith(`${number}.`));
    if (outer)
      parts.push(element("p", { class: "kicker" }, `Inside step ${outer.number}: ${outer.text}`));
    if (step.source) parts.push(element("p", { class: "kicker" }, step.source));
    this.#said.replaceChildren(...parts);
    const count = step.children.length;
    const isOpen = now.open.has(step.number);
    this.#inside.textContent = isOpen ? "Close this step" : `Look inside (${count})`;
    this.#inside.dataset.do = isOpen ? "close" : "open";
    this.#inside.setAttribute("aria-disabled", String(count === 0));
  }

  /** The printed list stays; what is inside open steps is added, and the current line is marked. */
  #drawList(now: Showing, step: Step): void {
    this.#list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    for (const outer of this.#steps) {
      const item = this.#list.querySelector<HTMLElement>(`[data-number="${outer.number}"]`);
      if (item) this.#drawInner(select(item), outer, now);
    }
    this.#picture.scrollTop = now.view === "sequence" ? this.#picture.scrollHeight : 0;
    holdLaneNames(this.#picture);
    const current = this.#list.querySelector<HTMLElement>(`[data-number="${step.number}"]`);
    current?.setAttribute("aria-current", "step");
    this.#keepInSight(current?.querySelector(".call"));
  }

  /** Beside the picture the list follows the step; on a phone the picture comes back into sight. */
  #keepInSight(line: Element | null | undefined): void {
    const picture = this.#picture.getBoundingClientRect();
    const isBeside = this.#list.getBoundingClientRect().right <= picture.left;
    if (isBeside) line?.scrollIntoView({ block: "nearest" });
    else if (picture.bottom < 0) this.#picture.scrollIntoView({ block: "nearest" });
  }

  #drawInner(
    item: Selection<HTMLElement, unknown, null, undefined>,
    step: Step,
    now: Showing,
  ): void {
    item.select(".call").classed("match", now.words !== "" && isMatch(step, now.words));
    const isOpen = now.open.has(step.number);
    const list = item
      .selectAll<HTMLOListElement, Step>(":scope > ol")
      .data(isOpen ? [step] : [])
      .join("ol");
    const items = list
      .selectAll<HTMLElement, Step>(":scope > li")
      .data(step.children, (child) => child?.number ?? "")
      .join((enter) => {
        const made = enter.append<HTMLElement>("li").attr("data-number", ({ number }) => number);
        const call = made.append("p").attr("class", "call");
        call.attr("data-number", ({ number }) => number);
        const link = call.append("a").attr("href", addressOf);
        link.append("code").text(({ text }) => text);
        return made;
      });
    const draw = (child: Step, node: HTMLElement): void =>
      this.#drawInner(select<HTMLElement, unknown>(node), child, now);
    items.each(function (child) {
      draw(child, this);
    });
  }

  #refreshMore(now: Showing): void {
    if (this.#more) this.#parts?.showFormats(this.#more, now.view);
    const play = this.#more?.querySelector('[data-do="play"]');
    if (play) play.textContent = now.isPlaying ? "Pause" : "Play";
    for (const button of this.#more?.querySelectorAll('[data-do="form"]') ?? []) {
      const isChosen = (button as HTMLElement).dataset.with === now.form;
      button.setAttribute("aria-pressed", String(isChosen));
    }
  }
}

function part(host: HTMLElement, selector: string): HTMLElement {
  const found = host.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector} in the player`);
  return found;
}
