import type { Asked } from "./arguments.ts";
import type { Driver, FileOps, Reply } from "./file.ts";
import type { TaskPart } from "./part.ts";
import type { Row } from "./routine.ts";

/** The body of a system call: what it returns, or the routine that goes on. */
export type Syscall = <M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked) => Reply;

/**
 * The ways up. A lower room declares what it asks and a number for each who may answer;
 * ops.ts knows who they are and hands this down. It is code, never state.
 */
export interface Ops<M extends TaskPart> {
  readonly file: { readonly [driver in Driver]?: FileOps<M> };
  /** An address space is about to go, before its areas do (mmu_notifier_release). */
  readonly mmRelease?: {
    bivariant(machine: M, ops: Ops<M>, mm: number): void;
  }["bivariant"];
  /** System calls beside SYSCALLS, or in place of them. */
  readonly syscalls?: { readonly [name: string]: Syscall };
  readonly routines: { readonly [routine: string]: { readonly [pc: string]: Row<M> } };
}
