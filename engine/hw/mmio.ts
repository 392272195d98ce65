import { ACTION, assert, cost, plan, record } from "../core/index.ts";
import { REGISTERS } from "../mm/index.ts";
import { deviceActor, type HwPart } from "./part.ts";
import { QM } from "./qm-registers.ts";
import { pack, unpack } from "./register.ts";

/** Pages of BAR 2 that can be mapped: on the second silicon the doorbell is in the second. */
export const REGISTER_PAGES = 2;

const PAGE_BYTES = 4096;

/** The frame of one page of a device's registers. */
export function registerFrame(device: number, page: number): number {
  return REGISTERS + device * REGISTER_PAGES + page;
}

/** Which device a register frame belongs to, and where in BAR 2 it begins; device -1 for none. */
export function registerAt(
  machine: HwPart,
  pfn: number,
): { readonly device: number; readonly offset: number } {
  const place = pfn - REGISTERS;
  const device = Math.floor(place / REGISTER_PAGES);
  const isOne = place >= 0 && device < machine.devices.length;
  return { device: isOne ? device : -1, offset: (place % REGISTER_PAGES) * PAGE_BYTES };
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
 * device sees it later. What is no 64-bit store to the doorbell changes nothing here.
 *
 * @param offset  from the start of BAR 2; @param word  the 64 bits
 */
export function postStore(machine: HwPart, device: number, offset: number, word: bigint): void {
  const isFirst = record(machine.devices, device).version === 1;
  if (offset !== (isFirst ? QM.DOORBELL_V1 : QM.DOORBELL_V2).offset) return;
  const fields = word & 0xffff_ffff_ffffn; // the priority does not count, and 48 bits are exact
  plan(
    machine.agenda,
    cost("doorbell"),
    ACTION.doorbell,
    deviceActor(machine, device),
    Number(fields),
  );
}

/** The device that the running action's doorbell belongs to, and the word. */
export function storeOf(machine: HwPart): { readonly device: number; readonly word: bigint } {
  const { actor, arg } = machine.agenda;
  const device = machine.devices.findIndex((other) => other.actor === actor);
  assert(device >= 0, "a doorbell without a device", actor);
  return { device, word: BigInt(arg) };
}
