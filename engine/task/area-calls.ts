import { ok, PAGE, record, refuse, roundUp, U64_END } from "../core/index.ts";
import {
  adviseFork,
  type Changed,
  type ForkAdvice,
  isOverLimit,
  lockedPages,
  lockRange,
  moveArea,
  protect,
} from "../mm/index.ts";
import { type Asked, intOf, wordOf } from "./arguments.ts";
import { getFile, type Reply } from "./file.ts";
import { FLAG } from "./flag.ts";
import { madvise } from "./memory-calls.ts";
import type { Ops, Syscall } from "./ops.ts";
import type { TaskPart } from "./part.ts";
import { dropFiles } from "./process.ts";
import { PROCESS_CALLS } from "./process-calls.ts";

/** Files of areas that were split are held once more for each piece, also where the rest is refused. */
function settled(machine: TaskPart, { held, refusal }: Changed): Reply {
  for (const file of held) getFile(machine, file);
  return refusal ?? ok(0);
}

/** mprotect(addr, length, prot). Refuses: as `protect`. */
function mprotect<M extends TaskPart>(machine: M, _ops: Ops<M>, asked: Asked): Reply {
  const { args } = asked;
  const { mm } = record(machine.tasks, asked.pid);
  const wish = { start: wordOf(args, 0), length: wordOf(args, 1), prot: intOf(args, 2) };
  return settled(machine, protect(machine, mm, wish));
}

const ADVICE: { readonly [advice: number]: ForkAdvice } = {
  [FLAG.MADV_DONTFORK]: "DONTFORK",
  [FLAG.MADV_DOFORK]: "DOFORK",
  [FLAG.MADV_WIPEONFORK]: "WIPEONFORK",
  [FLAG.MADV_KEEPONFORK]: "KEEPONFORK",
};

/** madvise about fork. @returns undefined for another advice. Refuses: as `adviseFork`. */
function madviseFork(machine: TaskPart, { pid, args }: Asked): Reply | undefined {
  const advice = ADVICE[intOf(args, 2)];
  if (advice === undefined) return undefined;
  const { mm } = record(machine.tasks, pid);
  const wish = { start: wordOf(args, 0), length: wordOf(args, 1), advice };
  return settled(machine, adviseFork(machine, mm, wish));
}

/** A word of 64 bits, to the last byte. */
function exactOf(args: Asked["args"], at: number): bigint {
  return BigInt.asUintN(64, BigInt((args[at] ?? 0) as number | bigint));
}

/** The pages that an address and a length touch; of a length that wraps a small one is left. */
function pagesOf(args: Asked["args"]): { readonly start: number; readonly end: number } {
  const page = BigInt(PAGE);
  const at = exactOf(args, 0);
  const offset = at % page;
  const pages = BigInt.asUintN(64, exactOf(args, 1) + offset + page - 1n) / page;
  const start = Number(at - offset);
  return { start, end: start + Number(pages) * PAGE };
}

/**
 * mlock(addr, length). Pages of the range that are locked already do not count twice.
 *
 * Refuses: EPERM without CAP_IPC_LOCK where nothing may be locked; ENOMEM where locked_vm would
 * pass RLIMIT_MEMLOCK, without CAP_IPC_LOCK; then as `lockRange`.
 * Source: mm/mlock.c do_mlock v4.18
 */
function mlock<M extends TaskPart>(machine: M, _ops: Ops<M>, { pid, args }: Asked): Reply {
  const { mm, creds, limits } = record(machine.tasks, pid);
  if (limits.memlock === 0 && !creds.root) return refuse("EPERM", "nothing may be locked");
  const range = pagesOf(args);
  const limit = Math.floor(limits.memlock / PAGE);
  const more = (range.end - range.start) / PAGE - lockedPages(machine, mm, range);
  if (isOverLimit(machine, mm, more, limit) && !creds.root)
    return refuse("ENOMEM", "over RLIMIT_MEMLOCK");
  return settled(machine, lockRange(machine, mm, { ...range, isLock: true }));
}

/** munlock(addr, length). Refuses: as `lockRange`. */
function munlock<M extends TaskPart>(machine: M, _ops: Ops<M>, { pid, args }: Asked): Reply {
  const { mm } = record(machine.tasks, pid);
  return settled(machine, lockRange(machine, mm, { ...pagesOf(args), isLock: false }));
}

/**
 * mremap(old address, old length, new length, flags, new address).
 *
 * Refuses: EINVAL for unknown flags, or FIXED without MAYMOVE; then as `moveArea`.
 */
function mremap<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const flags = intOf(args, 3);
  const { MREMAP_MAYMOVE, MREMAP_FIXED } = FLAG;
  const isFixed = (flags & MREMAP_FIXED) !== 0;
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || (isFixed && !mayMove)) {
    return refuse("EINVAL", "flags that do not go together");
  }
  const { mm, creds, limits } = record(machine.tasks, pid);
  const moved = moveArea(machine, mm, {
    from: wordOf(args, 0),
    oldLength: roundUp(wordOf(args, 1)) % U64_END,
    newLength: roundUp(wordOf(args, 2)) % U64_END,
    mayMove,
    mayTakeFirst: creds.root,
    ...(creds.root ? {} : { mostLocked: Math.floor(limits.memlock / PAGE) }),
    ...(isFixed ? { at: wordOf(args, 4) } : {}),
  });
  for (const file of moved.held) getFile(machine, file);
  dropFiles(machine, ops, moved.loose);
  return moved.there;
}

/** Calls that change what areas allow, where they lie, and what fork does with them; and PROCESS_CALLS. */
export const AREA_CALLS: { readonly [name: string]: Syscall } = {
  mprotect,
  mremap,
  madvise: (machine, _ops, asked) => madvise(asked, () => madviseFork(machine, asked)),
  mlock,
  munlock,
  ...PROCESS_CALLS,
};
