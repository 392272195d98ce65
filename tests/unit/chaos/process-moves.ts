import { record } from "../../../engine/index.ts";
import { DRIVER } from "../../../engine/task/index.ts";
import { anFd, descriptors, type Move, QUEUE_FILES } from "./scene.ts";

/** Descriptors and processes. */

/** Processes that live, beside those that the story starts with, at most. */
const LIVING_MAX = 6;

const close: Move = ({ machine, dice, pid, actor }) => {
  const fd = dice.one(descriptors(machine, pid))?.fd;
  return fd === undefined ? `${actor}: close(3)` : `${actor}: close(${fd})`;
};

const openAny: Move = ({ machine, dice, actor }) => {
  const path = dice.one(machine.nodes)?.path ?? "/dev/vfio/vfio";
  const flags = dice.of("O_RDWR", "O_RDWR|O_CLOEXEC", "O_RDONLY", "O_WRONLY");
  return `${actor}: open("${dice.isRare(20) ? "/dev/none" : path}", ${flags})`;
};

const read: Move = (scene) => {
  const { machine, pid, actor } = scene;
  if (descriptors(machine, pid).length === 0) return undefined;
  const { mdevAttribute, spimdevAttribute, uacceAttribute, uacceV3Attribute } = DRIVER;
  const fd = anFd(scene, mdevAttribute, spimdevAttribute, uacceAttribute, uacceV3Attribute);
  return `${actor}: read(${fd}, 16)`;
};

const poll: Move = (scene) => {
  const { actor, dice } = scene;
  const fds = `{fd: ${anFd(scene, ...QUEUE_FILES)}, events: POLLIN}`;
  const list = dice.isRare(4) ? `[${fds}, {fd: -1}, {fd: 5, events: POLLIN}]` : `[${fds}]`;
  const timeout = dice.of(0, 1, 0, -1);
  const result = timeout === 0 ? "" : " <unfinished ...>";
  return `${actor}: poll(${list}, ${dice.isRare(4) ? 3 : 1}, ${timeout})${result}`;
};

const fork: Move = ({ machine, dice, actor }) => {
  const living = machine.tasks.filter(({ state }) => state !== "dead");
  if (living.length >= LIVING_MAX || dice.isRare(5)) return undefined;
  return `${actor}: p${machine.tasks.length}_${machine.calls.length} = fork()`;
};

const execute: Move = ({ actor }) => `${actor}: execve("/bin/true")`;
const exit: Move = ({ actor }) => `${actor}: exit(0)`;

/** Somebody kills somebody else, who may be asleep. The keeper is left: it sweeps. */
const kill: Move = ({ machine, dice, pid, actor }) => {
  const others = [...machine.tasks.keys()].filter((other) => {
    const { name, state } = record(machine.tasks, other);
    return other !== pid && name !== "keeper" && state !== "dead";
  });
  const other = dice.one(others);
  return other === undefined ? undefined : `${actor}: kill(${other})`;
};

const wait: Move = ({ actor, dice }) => `${actor}: wait ${dice.of("20us", "1us", "5us", "5ms")}`;

// biome-ignore format: one call a line
export const PROCESS_MOVES: readonly (readonly [weight: number, move: Move])[] = [
  [7, wait], [4, close], [3, openAny], [2, read], [2, poll], [4, fork], [1, execute], [1, exit],
  [1, kill],
];
