import {
  ACTION,
  assert,
  type CallKind,
  type CallResult,
  ns,
  openCall,
  plan,
  record,
  STORY,
  type Value,
} from "../core/index.ts";
import type { EngineOps } from "../hw/index.ts";
import { begin, type Frame, type Ops } from "../task/index.ts";
import { copyUserQueues, LIBRARY_CALLS } from "../user/index.ts";
import type { Call, Statement } from "./ast.ts";
import { tellDevice } from "./device-statement.ts";
import { evaluate } from "./evaluate.ts";
import { fail, judgeExpect, judgeStatement, rowOf } from "./judge.ts";
import type { FlowPart } from "./part.ts";
import { GIVEN_MAX, misfit, textIn } from "./signature.ts";

/** The first action of every run. */
export function startStory(machine: FlowPart): void {
  plan(machine.agenda, ns(0), ACTION.story, STORY, -1, -1);
}

/**
 * Goes on with the story: judges what came to its end, then takes entries until one takes time.
 * Called when a task has become idle, fallen asleep or died.
 */
export function tellStory<M extends FlowPart>(machine: M, ops: Ops<M> & EngineOps): void {
  const { story } = machine;
  if (story.isOver || !isReady(machine)) return;
  if (story.entry >= 0) settle(machine);
  while (story.cursor < machine.script.length) {
    const at = story.cursor;
    const entry = record(machine.script, at);
    if (entry.item.kind === "expect") judgeExpect(machine, entry, speaker(machine));
    else if (entry.item.kind === "statement" && !start(machine, ops, at, entry.item)) return;
    if (machine.end) return;
    story.cursor = at + 1;
    if (story.entry >= 0) return;
  }
  story.isOver = true;
}

/**
 * The kernel has crashed. The statement that it crashed in is judged, and the expectations right
 * behind it. The story is over if it has nothing more to tell.
 */
export function endStory(machine: FlowPart): void {
  const { story } = machine;
  if (story.isOver) return;
  if (story.entry >= 0) settle(machine);
  while (story.cursor < machine.script.length) {
    const entry = record(machine.script, story.cursor);
    if (entry.item.kind === "statement") return;
    if (entry.item.kind === "expect") judgeExpect(machine, entry, speaker(machine));
    story.cursor += 1;
  }
  story.isOver = true;
}

/** Is the call that the story waits for over, or asleep as the flow says it will be? */
function isReady(machine: FlowPart): boolean {
  const { entry, pid } = machine.story;
  if (entry < 0) return true;
  const { state } = record(machine.tasks, pid);
  if (state === "idle" || state === "dead") return true;
  const item = record(machine.script, entry).item as Statement;
  return state === "asleep" && item.result?.kind === "unfinished";
}

/** The process in whose names an `expect` is read: who spoke last, else the first of the story. */
function speaker(machine: FlowPart): number {
  for (let at = machine.story.cursor - 1; at >= 0; at -= 1) {
    const { item } = record(machine.script, at);
    if (item.kind !== "statement" || item.actor === "root") continue;
    const pid = pidOf(machine, item.actor);
    if (pid >= 0) return pid;
  }
  return 0;
}

function pidOf(machine: FlowPart, name: string): number {
  return machine.tasks.findIndex((task) => task.name === name);
}

/** The statement is over: its result is judged, and its name bound. */
function settle(machine: FlowPart): void {
  const { story } = machine;
  const entry = record(machine.script, story.entry);
  const row = rowOf(machine, story.entry);
  const item = entry.item as Statement;
  if (row) {
    judgeStatement(machine, entry, story.pid, row);
    const { result } = row;
    if (result && returnedWell(result)) {
      // What a call of the library has filled in is named by its handle.
      const value = row.kind === "library" ? (result.written?.fd ?? result.value) : result.value;
      if (item.bind !== undefined) bindName(machine, story.pid, item.bind, value);
      if (row.call === "fork") giveCopies(machine, story.pid, result.value);
    }
  }
  story.entry = -1;
  story.pid = -1;
}

/** It came back, and with no error: there is a value to bind. */
function returnedWell({ errno, signal, bug }: CallResult): boolean {
  return errno === undefined && signal === undefined && bug === undefined;
}

/** What a child has of its parent's: its names, and the library's state in its memory. */
function giveCopies(machine: FlowPart, parent: number, child: number): void {
  machine.names[child] = { ...machine.names[parent] };
  copyUserQueues(machine, parent, child);
}

function bindName(machine: FlowPart, pid: number, name: string, value: Value): void {
  machine.names[pid] = { ...machine.names[pid], [name]: value };
}

/** Begins a statement. @returns false where it must wait for its process first */
function start(machine: FlowPart, ops: EngineOps, at: number, item: Statement): boolean {
  const entry = record(machine.script, at);
  if (item.label !== undefined) mark(machine, item.label);
  const device = machine.devices.findIndex(({ name }) => name === item.actor);
  if (device >= 0) {
    const { action } = item;
    const args = action.kind === "call" ? argsOf(machine, at, speaker(machine), action.call) : [];
    if (args) tellDevice(machine, ops, at, { device, speaker: speaker(machine), args });
    return true;
  }
  const pid = pidOf(machine, item.actor);
  if (pid < 0) {
    fail(machine, entry, {
      expected: `a process ${item.actor}`,
      got: "it was not forked",
      chain: [],
    });
    return true;
  }
  const { state } = record(machine.tasks, pid);
  if (item.action.kind === "resumed") return resume(machine, at, pid, item.action.name);
  if (state === "dead") {
    fail(machine, entry, {
      expected: "a process that lives",
      got: `${item.actor} is dead`,
      chain: [],
    });
    return true;
  }
  if (state !== "idle") return comeBack(machine, pid);
  const frame = frameFor(machine, at, pid, item);
  if (!frame) return true;
  machine.story.entry = at;
  machine.story.pid = pid;
  begin(machine, pid, frame);
  return true;
}

/** The statement's process is still busy with an earlier one: come back when it is not. */
function comeBack(machine: FlowPart, pid: number): boolean {
  machine.story.pid = pid;
  return false;
}

function mark(machine: FlowPart, label: string): void {
  if (machine.marks.some((other) => other.label === label)) return;
  machine.marks.push({ label, calls: machine.calls.length, counts: Array.from(machine.counts) });
}

/** `<... write resumed> = 1`: waits until the call that slept has returned, and judges it. */
function resume(machine: FlowPart, at: number, pid: number, name: string): boolean {
  const { actor, state } = record(machine.tasks, pid);
  const earlier = machine.rows.findLastIndex((row, entry) => {
    const { item } = record(machine.script, entry);
    const isUnfinished = item.kind === "statement" && item.result?.kind === "unfinished";
    return row >= 0 && isUnfinished && record(machine.calls, row).actor === actor;
  });
  const row = machine.rows[earlier] ?? -1;
  if (row < 0 || record(machine.calls, row).call !== name) {
    const got = row < 0 ? "none" : `${record(machine.calls, row).call}()`;
    const entry = record(machine.script, at);
    fail(machine, entry, { expected: `a ${name}() that is unfinished`, got, chain: [] });
    return true;
  }
  machine.rows[at] = row;
  machine.story.entry = at;
  machine.story.pid = pid;
  if (state === "idle" || state === "dead") settle(machine);
  return true;
}

/** The first frame of a statement's call, with its row open. */
function frameFor(machine: FlowPart, at: number, pid: number, item: Statement): Frame | undefined {
  const { action } = item;
  assert(action.kind !== "resumed", "a call that resumes is none that begins");
  if (action.kind === "wait") {
    const row = open(machine, at, pid, { name: "wait", kind: "library", args: [] });
    return { routine: "wait", pc: "wait", call: row, numbers: [Number(action.span.value)] };
  }
  if (action.kind === "wait-until") {
    const { query } = action;
    const isLibrary = query.kind === "call" && isLibraryCall(query.name);
    const args = isLibrary ? argsOf(machine, at, pid, query) : [];
    if (!args) return undefined;
    const name = isLibrary ? query.name : "wait";
    const row = open(machine, at, pid, { name, kind: "library", args });
    const until = machine.agenda.now + Number(action.within.value);
    return { routine: "wait", pc: isLibrary ? "poll" : "ask", call: row, numbers: [until, 0] };
  }
  const { call: wanted } = action;
  const args = wanted.name === "fork" ? [item.bind ?? "child"] : argsOf(machine, at, pid, wanted);
  if (!args) return undefined;
  const isLibrary = isLibraryCall(wanted.name);
  const kind: CallKind = isLibrary ? "library" : "syscall";
  const row = open(machine, at, pid, { name: wanted.name, kind, args });
  if (isLibrary) return { routine: "library", pc: wanted.name, call: row, numbers: [] };
  return {
    routine: wanted.name === "exit" ? "exit" : "syscall",
    pc: "enter",
    call: row,
    numbers: [],
  };
}

function isLibraryCall(name: string): boolean {
  return (LIBRARY_CALLS as readonly string[]).includes(name);
}

function argsOf(machine: FlowPart, at: number, pid: number, wanted: Call): Value[] | undefined {
  const values: Value[] = [];
  for (const arg of wanted.args) {
    const value = evaluate(machine, pid, arg);
    if (!value.ok) {
      const entry = record(machine.script, at);
      fail(machine, entry, { expected: "an argument with a value", got: value.why, chain: [] });
      return undefined;
    }
    values.push(value.value);
  }
  machine.story.given += textIn(values);
  const isMuch = machine.story.given > GIVEN_MAX;
  const much = { expected: `at most ${GIVEN_MAX} characters of text in a story`, got: "more" };
  const wrong = isMuch ? much : misfit(wanted.name, values);
  if (!wrong) return values;
  fail(machine, record(machine.script, at), { ...wrong, chain: [] });
  return undefined;
}

function open(
  machine: FlowPart,
  statement: number,
  pid: number,
  {
    name,
    kind,
    args,
  }: { readonly name: string; readonly kind: CallKind; readonly args: readonly Value[] },
): number {
  const { actor } = record(machine.tasks, pid);
  const { agenda } = machine;
  const speaking = agenda.actor;
  agenda.actor = actor; // the call is the process's, though the story begins it
  const row = openCall(machine, { call: name, kind, actor, parent: -1, statement, args });
  agenda.actor = speaking;
  machine.rows[statement] = row;
  return row;
}
