/**
 * The player behind a printed list of steps: it runs the flow, and shows any step of it, forwards
 * and backwards. What is on screen is a function of the state below; nothing is undone, only drawn.
 */
import type { ViewTable } from "../../diagrams/index.ts";
import { allSteps, DEPTHS, findStep, followLink, type Run, type Step } from "../../engine/index.ts";
import {
  type Drawing,
  drawingOf,
  type Form,
  NARROW,
  type Shelf,
  type View,
  WIDE,
} from "../lib/pictures.ts";
import type { Desk, Place } from "./desk.ts";
import { fetchRun } from "./flow-source.ts";
import type { Ending } from "./formats.ts";
import { addressOf, linkOf, toClipboard, type Use } from "./hand-over.ts";
import { laneColumn } from "./live.ts";
import { isMatch, readingTime } from "./reading.ts";
import { PlayerScreen, type Shown } from "./screen.ts";
import type { Command, Showing } from "./showing.ts";
import { between } from "./slice.ts";
import { withView } from "./views.ts";

/** Text is a part of its own: the chunk with the engine is for stepping. */
type Plain = typeof import("./mail.ts");

export interface Player {
  do(command: Command, argument?: string): void;
}

/** What a reader is told whose link was made for another run. */
const CHANGED = {
  label: "The story has changed since this link was made. This is the step of that name today.",
  before:
    "The story has changed since this link was made. This is the nearest step before the one it meant.",
  unknown: "This story has no such step. This is its first.",
} as const;

export async function play(host: HTMLElement): Promise<Player> {
  const coming = fetchRun(host.dataset.flow ?? "", host.dataset.framework ?? "");
  const view = (host.dataset.view ?? "sequence") as View;
  const [run, table] = await Promise.all([coming, withView(view, coming)]);
  return new StoryPlayer(host, run, table);
}

class StoryPlayer implements Player {
  readonly #run: Run;
  readonly #host: HTMLElement;
  readonly #screen: PlayerScreen;
  readonly #steps: readonly Step[];
  readonly #commands: Readonly<Record<Command, (argument: string) => void>> = {
    next: () => this.#goTo(this.#after()[0]),
    back: () => this.#goTo(this.#before().at(-1)),
    first: () => this.#goTo(this.#lines()[0]),
    last: () => this.#goTo(this.#lines().at(-1)),
    "key-next": () => this.#goTo(this.#after().find((step) => this.#isKey(step))),
    "key-back": () => this.#goTo(this.#before().findLast((step) => this.#isKey(step))),
    "match-next": () => this.#goTo(this.#after().find((step) => isMatch(step, this.#now.words))),
    "match-back": () => this.#goTo(this.#before().findLast((s) => isMatch(s, this.#now.words))),
    go: (number) => this.#goTo(findStep(this.#run.steps, number), number === this.#now.at),
    follow: (address) => this.#follow(address),
    open: () => this.#openStep(),
    close: () => this.#closeStep(),
    view: (name) => this.#showView(name as View),
    form: (name) => this.#showAs(name as Form),
    find: (words) => (words === "" ? this.#screen.askWords() : this.#show({ words })),
    play: () => (this.#now.isPlaying ? this.#pause() : this.#playOn()),
    copy: () => this.#atDesk((desk, place) => desk.copy(place, "mail")),
    for: (use) => this.#atDesk((desk, place) => desk.copy(place, use as Use)),
    link: () => this.#copyLink(),
    save: (ending) => this.#atDesk((desk, place) => desk.saveAs(place, ending as Ending)),
    "save-text": () => this.#atDesk((desk, place) => desk.saveText(place)),
    "what-if": (choice) =>
      this.#atDesk((desk, place) => {
        return desk.whatIf(place, choice, (next) => this.do("what-if", next));
      }),
    keys: () => this.#screen.toggleMore(true),
    more: () => this.#screen.toggleMore(),
    dismiss: () => this.#screen.dismiss(),
  };
  #now: Showing;
  #shelf: Shelf;
  #plain: Plain | undefined;
  /** The column of the first lane, by the width of the ladder. */
  readonly #lanesAt = new Map<number, number>();
  #desk: Desk | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, run: Run, table: ViewTable) {
    this.#host = host;
    this.#run = run;
    this.#steps = between(run, host.dataset.from, host.dataset.to);
    const at = findStep(run.steps, host.dataset.at ?? "") ?? this.#steps.at(-1);
    const words = "";
    this.#now = {
      at: at?.number ?? "1",
      open: new Set(),
      view: (host.dataset.view ?? "sequence") as View,
      form: "picture",
      words,
      isPlaying: false,
    };
    this.#shelf = { order: (host.dataset.views ?? "sequence").split(" ") as View[], table };
    this.#screen = new PlayerScreen(host, this.#steps, this.#now);
  }

  do(command: Command, argument = ""): void {
    if (command !== "play") this.#pause();
    this.#commands[command](argument);
  }

  /** The listed steps in the order of the list, those of open steps included. */
  #lines(): readonly Step[] {
    const listed = (step: Step): readonly Step[] =>
      this.#now.open.has(step.number) ? [step, ...step.children.flatMap(listed)] : [step];
    return this.#steps.flatMap(listed);
  }

  #before(): readonly Step[] {
    const lines = this.#lines();
    return lines.slice(0, this.#index(lines));
  }

  #after(): readonly Step[] {
    const lines = this.#lines();
    return lines.slice(this.#index(lines) + 1);
  }

  #index(lines: readonly Step[]): number {
    return lines.findIndex(({ number }) => number === this.#now.at);
  }

  #isKey({ label }: Step): boolean {
    return label !== undefined && this.#run.flow.header.show.includes(label);
  }

  /** Shows a step; a second time on the same one opens it. Its parents are opened so that it is listed. */
  #goTo(step: Step | undefined, isAgain = false): void {
    if (!step || isAgain) {
      if (isAgain) this.#openStep();
      else this.#screen.edge();
      return;
    }
    const parts = step.number.split(".");
    const parents = parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("."));
    this.#show({ at: step.number, open: new Set([...this.#now.open, ...parents]) });
  }

  #openStep(): void {
    const step = this.#step();
    const first = step?.children[0];
    if (!step || !first) this.#screen.edge();
    else this.#show({ at: first.number, open: new Set([...this.#now.open, step.number]) });
  }

  #closeStep(): void {
    const { at, open } = this.#now;
    const outer = open.has(at) ? at : at.split(".").slice(0, -1).join(".");
    if (outer === "") {
      this.#screen.edge();
      return;
    }
    const left = [...open].filter((name) => name !== outer && !name.startsWith(`${outer}.`));
    this.#show({ at: outer, open: new Set(left) });
  }

  #step(): Step | undefined {
    return findStep(this.#run.steps, this.#now.at);
  }

  /** Goes where the page's address leads. It may ask for a depth: then all is open to it. */
  #follow(address: string): void {
    const detail = new URLSearchParams(location.search).get("detail");
    const followed = followLink(this.#run.steps, { search: location.search, address });
    if (detail) this.#now = { ...this.#now, open: this.#openTo(detail) };
    this.#goTo(followed?.step ?? this.#step());
    if (followed && followed.kind !== "same") this.#screen.say(CHANGED[followed.kind]);
  }

  #openTo(detail: string): ReadonlySet<string> {
    const depth = DEPTHS.indexOf(detail as Step["depth"]);
    const isShown = (step: Step): boolean => DEPTHS.indexOf(step.depth) <= depth;
    const outer = allSteps(this.#steps).filter(({ children }) => children.some(isShown));
    return new Set(outer.map(({ number }) => number));
  }

  #show(change: Partial<Showing>): void {
    this.#now = { ...this.#now, ...change };
    this.#screen.draw(this.#now, this.#lines(), this.#drawing());
    if (this.#host.classList.contains("whole")) this.#keepAddress();
  }

  async #showView(view: View): Promise<void> {
    const table = await withView(view, this.#run, this.#shelf.table);
    this.#shelf = { ...this.#shelf, table };
    this.#show({ view });
  }

  /** The address of the page is that of the step, so that it can be handed on as it is. */
  #keepAddress(): void {
    const step = this.#step();
    if (step) history.replaceState(null, "", addressOf(step));
  }

  /** In 72 columns where they have room, else in 40 where that can be drawn. */
  #drawing(): Shown {
    const wanted = { ...this.#now, since: this.#host.dataset.since };
    const inColumns = (width: number) => drawingOf(this.#shelf, this.#run, { ...wanted, width });
    const narrow = this.#screen.isWide() ? undefined : inColumns(NARROW);
    const drawn = typeof narrow === "object" ? narrow : inColumns(WIDE);
    if (typeof drawn === "string") return drawn;
    if (this.#now.form === "picture" || !this.#plain) return this.#steady(drawn);
    return { ...drawn, text: this.#plain.textOf(drawn) };
  }

  /** A ladder with its lanes where they stand at the end of the story, so that they stand still. */
  #steady(drawn: Drawing): Shown {
    const { asked } = drawn.picture;
    const last = this.#steps.at(-1);
    if (drawn.view !== "sequence" || !last) return drawn;
    let lanesAt = this.#lanesAt.get(asked);
    if (lanesAt === undefined) {
      const { since } = this.#host.dataset;
      const wanted = { at: last.number, view: drawn.view, since, width: asked };
      const end = drawingOf(this.#shelf, this.#run, wanted);
      lanesAt = typeof end === "string" ? 0 : laneColumn(end.picture);
    }
    lanesAt = Math.max(lanesAt, laneColumn(drawn.picture));
    this.#lanesAt.set(asked, lanesAt);
    return { ...drawn, lanesAt };
  }

  async #plainly(): Promise<Plain> {
    this.#plain ??= await import("./mail.ts");
    return this.#plain;
  }

  async #showAs(form: Form): Promise<void> {
    if (form === "text") await this.#plainly();
    this.#show({ form });
  }

  #playOn(): void {
    const [next] = this.#after();
    const step = this.#step();
    if (!next || !step) {
      this.#pause();
      return;
    }
    this.#show({ isPlaying: true });
    const time = readingTime(step);
    this.#timer = setTimeout(() => {
      this.#show({ at: next.number });
      this.#playOn();
    }, time);
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#now.isPlaying) this.#show({ isPlaying: false });
  }

  /** All that hands something out is fetched when it is first asked for. */
  async #atDesk(does: (desk: Desk, place: Place) => Promise<void> | void): Promise<void> {
    if (!this.#desk) {
      const { Desk } = await import("./desk.ts");
      this.#desk ??= new Desk(this.#host, this.#run, this.#screen);
    }
    await does(this.#desk, { shelf: this.#shelf, now: this.#now, step: this.#step() });
  }

  async #copyLink(): Promise<void> {
    const step = this.#step();
    if (!step) return;
    const link = linkOf(this.#run, step);
    this.#screen.say(await toClipboard(link, this.#screen.showLink(link)));
  }
}
