import { ACTION, assert, cost, hasDefect, plan, record } from "../core/index.ts";
import { REGISTERS } from "../mm/index.ts";
import type { HwPart } from "./part.ts";
import { QM } from "./qm-registers.ts";
import { pack, unpack } from "./register.ts";

/** Pages of BAR 2 that can be mapped: on the second silicon the doorbell is in the second. */
export const REGISTER_PAGES = 2;

/** Pages of registers that a device may have at most: a network card has one for each ring. */
const DEVICE_PAGES = 64;

const PAGE_BYTES = 4096;
const U32_END = 4_294_967_296;

/** Above the pages of devices: those that a queue has for itself. */
const OWN = REGISTERS + 65_536;

/** The frame of one page of a device's registers. */
export function registerFrame(device: number, page: number): number {
  return REGISTERS + device * DEVICE_PAGES + page;
}

/**
 * The frame of one page of the registers that a queue's file maps. Early silicon has one doorbell
 * page for all queues (D14); with D14 mended each queue has its own, which rings no other.
 */
export function doorbellFrame(machine: HwPart, queue: number, page: number): number {
  if (!hasDefect(machine, "D14")) return OWN + queue * REGISTER_PAGES + page;
  return registerFrame(machine.queues.device[queue] as number, page);
}

/** A page of registers. */
export interface RegisterPage {
  /** -1 for none. */
  readonly device: number;
  /** Where in BAR 2 it begins. */
  readonly offset: number;
  /** Whose own page it is; -1 where all queues share it. */
  readonly queue: number;
}

/** What a register frame belongs to. */
export function registerAt(machine: HwPart, pfn: number): RegisterPage {
  const isOwn = pfn >= OWN;
  const at = pfn - (isOwn ? OWN : REGISTERS);
  const pages = isOwn ? REGISTER_PAGES : DEVICE_PAGES;
  const place = Math.floor(at / pages);
  const queue = isOwn ? place : -1;
  const device = isOwn ? (machine.queues.device[place] ?? -1) : place;
  const isOne = at >= 0 && device < machine.devices.length;
  return { device: isOne ? device : -1, offset: (at % pages) * PAGE_BYTES, queue };
}

/** What a doorbell says: whose index moves, and where to. */
export interface Doorbell {
  readonly qn: number;
  readonly cmd: number;
  readonly index: number;
}

/** Where the doorbell of that silicon is, from the start of BAR 2, and the word to store there. */
export function writeDoorbell(
  version: 1 | 2,
  { qn, cmd, index }: Doorbell,
): { readonly offset: number; readonly word: bigint } {
  if (version === 1) {
    const { DOORBELL_V1 } = QM;
    return { offset: DOORBELL_V1.offset, word: pack(DOORBELL_V1, { qn, cmd, index, priority: 0 }) };
  }
  const { DOORBELL_V2 } = QM;
  const word = pack(DOORBELL_V2, { sqn: qn, cmd, index, priority: 0 });
  return { offset: DOORBELL_V2.offset, word };
}

/** The word as the device takes it apart. */
export function readDoorbell(machine: HwPart, device: number, word: bigint): Doorbell {
  if (record(machine.devices, device).version === 1) return unpack(QM.DOORBELL_V1, word);
  const { sqn, cmd, index } = unpack(QM.DOORBELL_V2, word);
  return { qn: sqn, cmd, index };
}

/**
 * A store of the CPU to a register page leaves for the device. It is posted: the CPU goes on, the
 * device sees it later. What is no 64-bit store to the doorbell changes nothing here, nor does one
 * that names another queue than its page is for. A network card looks at the low 32 bits, and decides
 * itself which register that is.
 *
 * @param at  where it goes, the offset from the start of the registers; @param word  the 64 bits
 */
export function postStore(
  machine: HwPart,
  { device, offset, queue }: RegisterPage,
  word: bigint,
): void {
  const { version, kind, actor } = record(machine.devices, device);
  if (kind === "nic") {
    const arg = offset * U32_END + Number(word & 0xffff_ffffn);
    plan(machine.agenda, cost("doorbell"), ACTION.nic, actor, arg);
    return;
  }
  if (queue >= 0 && readDoorbell(machine, device, word).qn !== machine.queues.qn[queue]) return;
  const isFirst = version === 1;
  if (offset !== (isFirst ? QM.DOORBELL_V1 : QM.DOORBELL_V2).offset) return;
  const fields = word & 0xffff_ffff_ffffn; // the priority does not count, and 48 bits are exact
  plan(machine.agenda, cost("doorbell"), ACTION.doorbell, actor, Number(fields));
}

/** The device that the running action's doorbell belongs to, and the word. */
export function storeOf(machine: HwPart): { readonly device: number; readonly word: bigint } {
  const { actor, arg } = machine.agenda;
  const device = machine.devices.findIndex((other) => other.actor === actor);
  assert(device >= 0, "a doorbell without a device", actor);
  return { device, word: BigInt(arg) };
}
