import { PAGE, record } from "../core/index.ts";
import { NIC_RINGS } from "./nic-part.ts";
import { NIC_REGISTER, RING_STRIDE } from "./nic-registers.ts";
import type { HwPart } from "./part.ts";

/** Where the registers of a ring are. */
export interface RingPlace {
  /** The page of the card's registers. */
  readonly page: number;
  /** Bytes from the start of that page. */
  readonly offset: number;
}

/**
 * Where a ring's registers are. On the first silicon all rings share one page, as on the 82599; on
 * the second each ring has a page to itself, which is what it takes to lend one and no other.
 */
export function ringPlace(version: 1 | 2, number: number): RingPlace {
  return version === 1 ? { page: 0, offset: number * RING_STRIDE } : { page: number, offset: 0 };
}

/** A store to a register of the card, taken apart. */
export interface RingStore {
  readonly number: number;
  readonly register: keyof typeof NIC_REGISTER;
  readonly value: number;
}

/** @param arg  where the store went, above the 32 bits that were stored: as `postStore` files it */
export function ringStore(machine: HwPart, device: number, arg: number): RingStore | undefined {
  const { version, queueCount } = record(machine.devices, device);
  const offset = Math.floor(arg / U32_END);
  const within = offset % (version === 1 ? RING_STRIDE : PAGE);
  const number = Math.floor(offset / (version === 1 ? RING_STRIDE : PAGE));
  if (number >= Math.min(queueCount, NIC_RINGS.most)) return undefined;
  for (const register of ["RDT", "TDT"] as const) {
    if (NIC_REGISTER[register] === within) return { number, register, value: arg % U32_END };
  }
  return undefined;
}

const U32_END = 4_294_967_296;
