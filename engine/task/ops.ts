import type { Driver, FileOps } from "./file.ts";
import type { TaskPart } from "./part.ts";
import type { Row } from "./routine.ts";

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
  readonly routines: { readonly [routine: string]: { readonly [pc: string]: Row<M> } };
}
