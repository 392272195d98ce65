import { ERRNO } from "../core/index.ts";
import { FLAG, POLL, RLIMIT } from "../task/index.ts";
import { VFIO } from "../vfio/index.ts";

/** Constants that a flow may write beside ioctl commands, with their numbers. */
export const CONSTANTS: { readonly [name: string]: number } = {
  ...FLAG,
  ...VFIO,
  ...POLL,
  ...RLIMIT,
  NULL: 0,
  SIGKILL: 9,
  SIGSEGV: 11,
};

export function isErrno(name: string): name is keyof typeof ERRNO {
  return Object.hasOwn(ERRNO, name);
}
