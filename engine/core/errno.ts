import type { Kernel } from "./kernel.ts";

/** Numbers of include/uapi/asm-generic/errno-base.h and errno.h. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
  EOVERFLOW: 75,
  ETIMEDOUT: 110,
} as const;

export type ErrnoName = keyof typeof ERRNO;

/** The modelled kernel said no. `why` names the check that refused, for the reader. */
export interface Refusal {
  readonly ok: false;
  readonly errno: ErrnoName;
  readonly why: string;
  /** What was refused further in, where the errno was replaced on the way out. */
  readonly from?: Refusal;
}

/** The modelled kernel crashed, and the run ends. Passed outwards like a refusal, never replaced. */
export interface Bug {
  readonly ok: false;
  readonly errno: "BUG";
  readonly why: string;
}

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T> = Ok<T> | Refusal | Bug;

/** It worked, and there is nothing to say. */
export const OK: Ok<void> = Object.freeze({ ok: true, value: undefined });

/** The value of most system calls that worked: 0. */
export const ZERO: Ok<number> = Object.freeze({ ok: true, value: 0 });

/** A call that worked, and what it gives. */
export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

/** A call that is refused. @param why  the check that said no, in lower case, no full stop */
export function refuse(errno: ErrnoName, why: string): Refusal {
  return Object.freeze({ ok: false, errno, why });
}

/** The modelled kernel crashes (BUG); `why` is what its log would say. The run is over. */
export function bug(why: string): Bug {
  return Object.freeze({ ok: false, errno: "BUG", why });
}

/** Puts another errno in place of `inner`, as a caller does that says "it failed" and not why. */
export function replace(inner: Refusal | Bug, errno: ErrnoName, why: string): Refusal | Bug {
  if (inner.errno === "BUG") return inner;
  return Object.freeze({ ok: false, errno, why, from: inner as Refusal });
}

/** One check of one call. The list is in the kernel's order. */
export interface Check<Input> {
  readonly errno: ErrnoName;
  readonly why: string;
  /** A row of the conformance table, or `path symbol tag-or-commit`. */
  readonly source: string;
  /** The kernels that make this check; all where absent. */
  readonly kernels?: readonly Kernel[];
  readonly refuses: (input: Input) => boolean;
}

/** Asks the checks in order. @returns the first that refuses, as a refusal, or undefined */
export function firstRefusal<Input>(
  checks: readonly Check<Input>[],
  kernel: Kernel,
  input: Input,
): Refusal | undefined {
  for (const check of checks) {
    if (check.kernels && !check.kernels.includes(kernel)) continue;
    if (check.refuses(input)) return refuse(check.errno, check.why);
  }
  return undefined;
}
