/** States that no call can be tried for: what moves them is taken from the run itself. */

import {
  allSteps,
  DRIVER,
  KIND_NAMES,
  type Machine,
  type Run,
  record,
  type Step,
} from "../../engine/index.ts";
import { callLabel, stepLabel } from "./call-label.ts";
import { eventRow } from "./event-row.ts";
import { queueState } from "./queue.ts";
import { machineAt } from "./recent.ts";
import type { Explored, Move, StateKind } from "./state-kinds.ts";

/** A request from when its slot is free until it is free again lies in this many events. */
const EVENTS_MAX = 200;

/** The last request of a queue before the end of a step: its slot, and when it was stored. */
function lastRequest({ events }: Run, queue: number, until: number) {
  let found: { readonly slot: number; readonly at: number } | undefined;
  for (let at = 0; at < events.count && (events.step[at] as number) <= until; at += 1) {
    const isStored = KIND_NAMES[events.kind[at] as number] === "ring.submit";
    if (!isStored || events.args[4 * at] !== queue) continue;
    found = { slot: events.args[4 * at + 1] as number, at: events.step[at] as number };
  }
  return found;
}

/** The request that a step is about. Nothing where there was none yet. */
export function requestKind(run: Run, queue: number, step: Step): StateKind | undefined {
  const request = lastRequest(run, queue, step.after);
  if (!request) return undefined;
  const { slot, at } = request;
  const stateOf = (machine: Machine) => {
    const state = queueState(machine, queue);
    return state && (state.states.get(slot) ?? "free");
  };
  const name = `the request in slot ${slot} of queue ${queue}`;
  return { name, key: `${name} at ${at}`, stateOf, moves: () => movesOfRequest(run, stateOf, at) };
}

function movesOfRequest(run: Run, stateOf: StateKind["stateOf"], from: number): Explored {
  const told = allSteps(run.steps)
    .filter(({ event, after }) => event !== undefined && after >= from)
    .sort((left, right) => left.after - right.after)
    .slice(0, EVENTS_MAX);
  const states: string[] = [];
  const moves: Move[] = [];
  let was = stateOf(machineAt(run, from - 1));
  if (was !== undefined) states.push(was);
  for (const { event, after } of told) {
    const is = stateOf(machineAt(run, after));
    if (is === undefined || !event || was === is) continue;
    if (!states.includes(is)) states.push(is);
    const label = eventRow(run.machine, event).label;
    if (was !== undefined) moves.push({ from: was, label, to: is, isRefused: false });
    const isOver = moves.length > 1 && is === states[0];
    if (isOver) break;
    was = is;
  }
  return { states, moves };
}

/** A mediated device, from the uuid that is written to the file that is gone in the end. */
export function mdevKind(run: Run, id: number, isAbout: (step: Step) => boolean): StateKind {
  const stateOf = (machine: Machine) => {
    const mdev = machine.mdevs[id];
    if (!mdev) return "not there";
    const device = machine.vfioDevices[mdev.device];
    if (mdev.isGone) return "gone";
    if (mdev.remover >= 0 || device?.isLeaving) return "being removed";
    return (device?.opens ?? 0) > 0 ? "there, open" : "there, not open";
  };
  const name = `mediated device ${run.machine.mdevs[id]?.uuid ?? id}`;
  return { name, key: name, stateOf, moves: () => movesOfStory(run, stateOf, isAbout) };
}

function movesOfStory(
  run: Run,
  stateOf: StateKind["stateOf"],
  isAbout: (step: Step) => boolean,
): Explored {
  const states: string[] = [];
  const moves: Move[] = [];
  for (const step of run.steps) {
    const [from, to] = [step.before, step.after].map((at) => stateOf(machineAt(run, at)));
    if (from === undefined || to === undefined) continue;
    for (const state of step.number === "0" ? [to] : [from, to])
      if (!states.includes(state)) states.push(state);
    const row = step.row === undefined ? undefined : record(run.machine.calls, step.row);
    if (!row || step.number === "0") continue;
    const isAgain = step.half === "second";
    const label = isAgain
      ? stepLabel(run.machine, step, false)
      : callLabel(run.machine, row, false);
    const errno = step.half === "first" ? undefined : row.result?.errno;
    if (errno !== undefined && isAbout(step))
      moves.push({ from, label, to: errno, isRefused: true });
    else if (from !== to) moves.push({ from, label, to, isRefused: false });
  }
  return { states, moves };
}

/** The mediated device that a file of sysfs is about: it makes it, or it removes it. */
export function mdevOfFile(machine: Machine, file: number): number {
  const { driver, object } = record(machine.files, file);
  const attribute = driver === DRIVER.mdevAttribute ? machine.attributes[object] : undefined;
  if (attribute?.kind === "remove") return attribute.mdev;
  if (attribute?.kind !== "create") return -1;
  return machine.mdevs.findLastIndex(({ parent }) => parent === attribute.parent);
}
