import { type Entry, parseFlow, tellStory } from "../../../engine/flow/index.ts";
import {
  deaf,
  enabled,
  type Machine,
  OPS,
  playFlow,
  readFlow,
  step,
  type Told,
} from "../../../engine/index.ts";

/** More steps than this after one statement, and it never ends. */
const STEPS_MAX = 20_000;

/** What to ask after every step: what is wrong, in words. */
export type Watch = (machine: Machine) => string | undefined;

/** Something that must not be, and the flow that shows it. */
export class Wrong extends Error {
  constructor(what: string, flow: string) {
    super(`${what}\n\n${flow}`);
  }
}

export interface TellerWish {
  /** The lines of a header, without a title. */
  readonly header: readonly string[];
  /** The first lines: they name the processes that the story starts with. */
  readonly prologue: readonly string[];
  readonly watch?: Watch;
  /** Which of the enabled actions each step takes, over and over; time order where empty. */
  readonly wishes?: readonly number[];
}

/**
 * A story that is made up while it is told: each statement goes the way that a line of a flow file
 * goes, and the next one may depend on what came of it. What was told is a flow file.
 */
export class Teller {
  readonly lines: string[] = [];
  readonly picks: number[] = [];
  readonly told: Told;
  #machine: Machine;
  readonly #wish: TellerWish;
  readonly #rows: number[] = [];
  #isFair = false;

  constructor(wish: TellerWish) {
    this.#wish = wish;
    this.lines.push(...wish.prologue);
    const read = readFlow({ text: this.flow(), file: "chaos.flow" }, new Map());
    if (!read.ok) throw new Error(`${JSON.stringify(read.errors)}\n${this.flow()}`);
    this.told = read.told;
    this.#machine = playFlow(read.told).machineAt(0);
    this.#run("the start");
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** All that was told, as a flow file. */
  flow(): string {
    const { header } = this.#wish;
    return `${["title      A story that nobody wrote", ...header, "", ...this.lines].join("\n")}\n`;
  }

  /** Tells one statement, and runs until it has returned or sleeps. */
  say(line: string): void {
    if (this.#machine.end) return;
    const { machine } = this;
    (machine.script as Entry[]).push(entryOf(this.#wish.header, line, this.lines.length));
    this.lines.push(line);
    machine.rows.push(-1);
    machine.story.isOver = false;
    // As the last line's own step would have gone on, had it known this one.
    tellStory(machine, OPS);
    this.#run(line);
  }

  /** From here on nobody is kept waiting: each step is the one that is due. */
  beFair(): void {
    this.#isFair = true;
  }

  /** Everything that is under way comes to its end. */
  settle(): void {
    for (let taken = 0; this.#step(); taken += 1) {
      if (taken > STEPS_MAX) this.wrong("it never comes to rest");
    }
  }

  /** Goes on as another machine, which must be the same one. */
  become(machine: Machine): void {
    this.#machine = machine;
  }

  wrong(what: string): never {
    // A flow cannot say them yet: `runFlow` takes them as an option.
    const picks = this.picks.some((pick) => pick > 0) ? `## picks ${this.picks.join(" ")}\n` : "";
    throw new Wrong(what, `${this.flow()}${picks}`);
  }

  #run(line: string): void {
    for (let taken = 0; !this.#machine.story.isOver; taken += 1) {
      if (taken > STEPS_MAX) this.wrong(`it never ends: ${line}`);
      if (this.#step()) continue;
      if (this.#machine.end) return;
      this.wrong(`it never returns, and nothing else can happen: ${line}`);
    }
  }

  #step(): boolean {
    const { machine } = this;
    const { wishes = [], watch } = this.#wish;
    enabled(machine, this.#rows);
    const wanted = this.#isFair ? 0 : (wishes[this.picks.length % Math.max(1, wishes.length)] ?? 0);
    const pick = this.#rows.length > 0 ? wanted % this.#rows.length : 0;
    if (!this.#try(pick)) return false;
    this.picks.push(pick);
    const said = watch?.(machine);
    if (said !== undefined) this.wrong(said);
    return true;
  }

  #try(pick: number): boolean {
    try {
      return step(this.#machine, deaf(), pick);
    } catch (error) {
      return this.wrong(`the model is wrong: ${error instanceof Error ? error.stack : error}`);
    }
  }
}

/** @param at  how many lines were told before it */
function entryOf(header: readonly string[], line: string, at: number): Entry {
  const head = `title T\n${header.join("\n")}\n`;
  const parsed = parseFlow(`${head}${"\n".repeat(at + 1)}${line}\n`, "chaos.flow");
  const item = parsed.ok ? parsed.flow.items.find(({ kind }) => kind === "statement") : undefined;
  if (item?.kind !== "statement") throw new Error(`not a statement: ${line}`);
  return { item, file: "chaos.flow", isGiven: false };
}
