import { INVARIANTS, type InvariantName } from "../../../engine/check/index.ts";
import type { Machine } from "../../../engine/index.ts";
import { record } from "../../../engine/index.ts";
import { advance } from "./advance.ts";
import { isAllowed, look, mayCrash, mayStay, type Story } from "./allowed.ts";
import { Dice } from "./dice.ts";
import { counts, differences, withoutPeople } from "./left.ts";
import { MEMORY_MOVES } from "./memory-moves.ts";
import { writableTwice } from "./privacy.ts";
import { PROCESS_MOVES } from "./process-moves.ts";
import { QUEUE_MOVES } from "./queue-moves.ts";
import { type Move, ready, type Scene } from "./scene.ts";
import { Teller } from "./teller.ts";
import { VFIO_MOVES } from "./vfio-moves.ts";

/** A story by numbers: who does what, and in which order everybody goes in the end. */
export interface Plot {
  readonly header: readonly string[];
  readonly isGentle: boolean;
  /** So many of the first turns are steps of one program on its way to a request. */
  readonly eager: number;
  /** For each statement, what to choose by. */
  readonly turns: readonly (readonly number[])[];
  readonly wishes: readonly number[];
  readonly farewell: readonly number[];
}

/** The keeper has nothing of its own: it ends the others, and removes what they made. */
const KEEPER = "keeper";
const PROLOGUE = [`root: ${KEEPER} = fork()`, "app: wait 1ns", "next: wait 1ns"] as const;

const MOVES: readonly Move[] = [
  ...MEMORY_MOVES,
  ...VFIO_MOVES,
  ...QUEUE_MOVES,
  ...PROCESS_MOVES,
].flatMap(([weight, move]) => Array<Move>(weight).fill(move));

/** Time for all that is under way. */
const REST = `${KEEPER}: wait 50ms`;

/** Of a hundred statements, so many are a step on the way. */
const ADVANCES = 45;

/** Moves tried until one has something to say. */
const TRIES = 8;

const NAMES = Object.keys(INVARIANTS) as readonly InvariantName[];

/** What is broken and nobody listed, in words. */
export function watch(story: Story): (machine: Machine) => string | undefined {
  return (machine) => {
    look(machine, story);
    for (const name of NAMES) {
      const said = INVARIANTS[name](machine);
      if (said !== undefined && !isAllowed(machine, story, name)) return `${name}: ${said}`;
    }
    return undefined;
  };
}

/** Who speaks: mostly app, which is the first of those that are no root. */
function speaker(machine: Machine, dice: Dice): number | undefined {
  const all = ready(machine).filter((pid) => record(machine.tasks, pid).name !== KEEPER);
  const programs = all.filter((pid) => record(machine.tasks, pid).name !== "root");
  return dice.roll(8) < 5 && programs.length > 0 ? programs[0] : dice.one(all);
}

/** Who makes the first steps: without an IOMMU, VFIO is for root alone. */
function beginner({ machine, told }: Teller): number | undefined {
  const { framework, iommus } = told.cast.main.header;
  const isForRoot = iommus.length === 0 && framework.endsWith("mdev");
  const name = isForRoot ? "root" : "app";
  return ready(machine).find((pid) => record(machine.tasks, pid).name === name);
}

/** One statement, if somebody can speak. */
function turn(teller: Teller, numbers: readonly number[], how: TurnWish): void {
  const { machine } = teller;
  const dice = new Dice(numbers);
  const isNext = dice.roll(100) < ADVANCES || how.isEager;
  const pid = (how.isEager ? beginner(teller) : undefined) ?? speaker(machine, dice);
  if (pid === undefined) {
    teller.say(REST);
    return;
  }
  const { header } = teller.told.cast.main;
  const actor = record(machine.tasks, pid).name;
  const scene: Scene = { machine, dice, header, pid, actor, isGentle: how.isGentle };
  let line = isNext ? advance(scene) : undefined;
  for (let tried = 0; line === undefined && tried < TRIES; tried += 1) {
    line = dice.one(MOVES)?.(scene);
  }
  if (line !== undefined) teller.say(line);
}

interface TurnWish {
  readonly isGentle: boolean;
  readonly isEager: boolean;
}

/** Everybody but the keeper exits or is killed, in any order. */
function sayFarewell(teller: Teller, farewell: readonly number[]): void {
  const dice = new Dice(farewell);
  const { machine } = teller;
  teller.beFair();
  teller.say(REST);
  const sleeper = overslept(machine);
  if (sleeper !== undefined) teller.wrong(`${sleeper} sleeps, and its request is done`);
  const alive = (): number[] =>
    [...machine.tasks.keys()].filter((pid) => {
      const { name, state } = record(machine.tasks, pid);
      return name !== KEEPER && state !== "dead";
    });
  // A removal goes on when those who have the device are gone: it is asked a second time.
  for (const round of [1, 2]) {
    const waiting: number[] = [];
    for (let left = alive(); left.length > waiting.length && !machine.end; left = alive()) {
      const pid = dice.one(left.filter((one) => !waiting.includes(one))) as number;
      const { name, state } = record(machine.tasks, pid);
      const mayExit = state === "idle" && dice.roll(2) === 0;
      teller.say(mayExit ? `${name}: exit(0)` : `${KEEPER}: kill(${pid})`);
      teller.say(REST);
      if (!alive().includes(pid)) continue;
      if (round === 2 || !isWaiting(machine, pid)) teller.wrong(`${name} does not go`);
      waiting.push(pid);
    }
  }
  sweep(teller);
  teller.settle();
}

/** Who waits for a request that is done, and was not woken. */
function overslept({ tasks, waits, queues }: Machine): string | undefined {
  const found = waits.find(({ queue, pid }) => {
    const { state, stack } = record(tasks, pid);
    const isAsleep = state === "asleep" && stack.at(-1)?.routine === "compress";
    return isAsleep && queues.updated[queue] === 1;
  });
  return found && record(tasks, found.pid).name;
}

/** Is it in a sleep that no signal ends? */
function isWaiting({ tasks }: Machine, pid: number): boolean {
  const { state, isDeaf } = record(tasks, pid);
  return state === "asleep" && isDeaf === true;
}

/** Every mediated device is removed, and then the keeper goes too. */
function sweep(teller: Teller): void {
  const { machine } = teller;
  const keeper = machine.tasks.findIndex(({ name }) => name === KEEPER);
  for (const { path } of machine.nodes.filter(({ path: name }) => name.endsWith("/remove"))) {
    teller.say(`${KEEPER}: open("${path}", O_WRONLY)`);
    const fd = record(machine.tasks, keeper).fds.findLastIndex((file) => {
      return file >= 0 && machine.files[file]?.path === path;
    });
    if (fd >= 0) teller.say(`${KEEPER}: write(${fd}, "1", 1)`);
  }
  teller.say(`${KEEPER}: exit(0)`);
}

/**
 * Tells a story to its end. Throws `Wrong`, with the story as a flow, where something must not be.
 *
 * @param between  called before each statement, with its number
 */
export function play(plot: Plot, between?: (teller: Teller, turn: number) => void): Teller {
  const { header, wishes, isGentle } = plot;
  const teller = new Teller({ header, prologue: PROLOGUE, wishes, watch: watch({ isGentle }) });
  const before = withoutPeople(counts(teller.machine));
  for (const [at, numbers] of plot.turns.entries()) {
    between?.(teller, at);
    turn(teller, numbers, { isGentle, isEager: at < plot.eager });
    const said = writableTwice(teller.machine);
    if (said !== undefined) teller.wrong(said);
  }
  sayFarewell(teller, plot.farewell);
  const { end } = teller.machine;
  if (end?.kind === "limit") teller.wrong(`limit: ${end.why}`);
  if (end && !mayCrash(teller.machine, end.why)) teller.wrong(`BUG ${end.why}`);
  if (end) return teller;
  const left = differences(before, counts(teller.machine))
    .filter(({ name }) => !mayStay(teller.machine, name))
    .map((one) => `${one.name}: ${one.before}, then ${one.after}`);
  if (left.length > 0) teller.wrong(`left behind: ${left.join("; ")}`);
  return teller;
}
