import type { Header } from "../../../engine/flow/ast.ts";
import { type Machine, PAGE, record } from "../../../engine/index.ts";
import { DRIVER, type Driver } from "../../../engine/task/index.ts";
import { placeOf } from "../../../engine/user/index.ts";
import type { Dice } from "./dice.ts";

/** What a call may name: it looks at the machine, so that most calls get somewhere. */
export interface Scene {
  readonly machine: Machine;
  readonly dice: Dice;
  readonly header: Header;
  /** Who calls. */
  readonly pid: number;
  readonly actor: string;
  /** Nothing moves a page away from under a device. */
  readonly isGentle: boolean;
}

/** One statement, or none where the machine has nothing for it. */
export type Move = (scene: Scene) => string | undefined;

export interface Descriptor {
  readonly fd: number;
  readonly driver: Driver;
  readonly object: number;
}

/** The open descriptors of a process that lead to one of these drivers. */
export function descriptors(machine: Machine, pid: number, ...drivers: Driver[]): Descriptor[] {
  return record(machine.tasks, pid).fds.flatMap((file, fd) => {
    if (file < 0) return [];
    const { driver, object } = record(machine.files, file);
    return drivers.length === 0 || drivers.includes(driver) ? [{ fd, driver, object }] : [];
  });
}

/** Drivers whose files stand for a queue. */
export const QUEUE_FILES: readonly Driver[] = [
  DRIVER.spimdevQueue,
  DRIVER.uacceQueue,
  DRIVER.uacceV3Queue,
  DRIVER.ioctlDevice,
  DRIVER.vfioDevice,
];

/** One of the caller's descriptors for it; now and then any number. */
export function anFd({ machine, dice, pid }: Scene, ...drivers: Driver[]): number {
  if (dice.isRare(24)) return dice.of(3, 4, 5, 0, -1, 99);
  const all = descriptors(machine, pid);
  const right = all.filter(({ driver }) => drivers.includes(driver));
  return (dice.one(right.length > 0 ? right : all)?.fd ?? 3) as number;
}

/** A call that makes little sense without such a descriptor: then it is rare. */
export function having(move: Move, ...drivers: Driver[]): Move {
  return (scene) => {
    const { machine, pid, dice } = scene;
    const has = descriptors(machine, pid, ...drivers).length > 0;
    return has || dice.isRare(16) ? move(scene) : undefined;
  };
}

/** Does the caller's own library know a queue behind this descriptor? */
export function isOpened({ machine, pid }: Scene, fd: number): boolean {
  return placeOf(machine, pid, fd) >= 0;
}

export function hexOf(address: number | bigint): string {
  return `0x${address.toString(16)}`;
}

export const EDGES: readonly bigint[] = [
  0n,
  0x1000n,
  0xffff_ffff_f000n,
  0x1_0000_0000_0000n,
  0x7fff_ffff_ffff_f000n,
  0xffff_ffff_ffff_f000n,
  0xffff_ffff_ffff_ffffn,
  0x7eff_ff00n,
];

/** Areas of the caller; with `isOwn` only ordinary memory. */
export function areas({ machine, pid }: Scene, isOwn: boolean) {
  const { vmas } = record(machine.mms, record(machine.tasks, pid).mm);
  return isOwn ? vmas.filter(({ backing }) => backing.kind !== "device") : vmas;
}

/** An address in an area, mostly of ordinary memory, mostly its start; rarely an edge of the space. */
export function anAddress(scene: Scene): string {
  const { dice } = scene;
  if (dice.isRare(20)) return hexOf(dice.one(EDGES) ?? 0n);
  const own = areas(scene, !dice.isRare(8));
  const area = dice.one(own);
  if (!area) return "0x40000000";
  const page = dice.roll(Math.min(8, (area.end - area.start) / PAGE));
  return hexOf(area.start + page * PAGE + (dice.isRare(16) ? 1 : 0));
}

/** A length in bytes: mostly a few pages, and never so many that a story is about nothing else. */
export function aLength({ dice }: Scene): string {
  return dice.of("4K", "8K", "12K", "4K", "16K", "8K", "4K", "64K", "4097", "0");
}

/** Tasks that may make a call now. */
export function ready(machine: Machine): number[] {
  return [...machine.tasks.keys()].filter((pid) => record(machine.tasks, pid).state === "idle");
}
