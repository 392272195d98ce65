import { assert, Bytes, emit, OK, type Result, record, Vaddr } from "../core/index.ts";
import { postStore, registerAt } from "../hw/index.ts";
import { faultIn, isRegister, readMemory, writeMemory } from "../mm/index.ts";
import { done, killTask, type Next, type Ops } from "../task/index.ts";
import type { UserPart } from "./part.ts";

/** Stores of a program to its own memory. Refuses: EFAULT, which for a program is SIGSEGV. */
export function storeBytes(
  machine: UserPart,
  pid: number,
  va: number,
  bytes: Uint8Array,
): Result<void> {
  return writeMemory(machine, record(machine.tasks, pid).mm, va, bytes);
}

/** Loads of a program. Refuses: EFAULT, which for a program is SIGSEGV. */
export function loadBytes(
  machine: UserPart,
  pid: number,
  va: number,
  size: number,
): Result<Uint8Array> {
  return readMemory(machine, record(machine.tasks, pid).mm, va, size);
}

/** One 64-bit store to a page of device registers. Refuses: EFAULT, which is SIGSEGV. */
export function storeRegister(
  machine: UserPart,
  pid: number,
  va: number,
  word: bigint,
): Result<void> {
  const pfn = faultIn(machine, record(machine.tasks, pid).mm, va, true);
  if (!pfn.ok) return pfn;
  if (!isRegister(pfn.value)) {
    const bytes = new Uint8Array(8);
    for (let at = 0; at < 8; at += 1) bytes[at] = Number((word >> BigInt(8 * at)) & 0xffn);
    return storeBytes(machine, pid, va, bytes);
  }
  const page = registerAt(machine, pfn.value);
  assert(page.device >= 0, "a register page of no device", pfn.value);
  postStore(machine, { ...page, offset: page.offset + (va % 4096) }, word);
  return OK;
}

/**
 * A store that a story writes down, and tells. Eight bytes are one store of 64 bits, which a device
 * register takes. Refuses: EFAULT, which is SIGSEGV; ENOMEM.
 */
export function storeOwn(
  machine: UserPart,
  pid: number,
  va: number,
  bytes: Uint8Array,
): Result<void> {
  if (bytes.length !== 8) {
    const stored = storeBytes(machine, pid, va, bytes);
    if (stored.ok) told(machine, "cpu.write", va, bytes.length);
    return stored;
  }
  const word = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const stored = storeRegister(machine, pid, va, word);
  if (!stored.ok) return stored;
  const pfn = faultIn(machine, record(machine.tasks, pid).mm, va, true);
  const device = pfn.ok ? registerAt(machine, pfn.value).device : -1;
  if (machine.devices[device]?.kind !== "nic") told(machine, "cpu.write", va, bytes.length);
  else emit(machine, "ring.doorbell", device, -1, Number(word % 4_294_967_296n));
  return stored;
}

/** The program touched what it must not: it is killed, and its call never returns. */
export function fault<M extends UserPart>(machine: M, ops: Ops<M>, pid: number, va: number): Next {
  emit(machine, "mm.signal", Vaddr(va), 11);
  killTask(machine, ops, pid, "SIGSEGV");
  return done({ value: -1, signal: "SIGSEGV" });
}

/** Says that the program wrote to, or read from, its own memory. */
export function told(
  machine: UserPart,
  kind: "cpu.write" | "cpu.read",
  va: number,
  size: number,
): void {
  emit(machine, kind, Vaddr(va), Bytes(size));
}
