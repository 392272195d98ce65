import type { Span } from "../core/index.ts";
import type { DeviceKind, HwPart, Job } from "./part.ts";

/** A range of memory that a request names: the engine reads it, a page at a time. */
export interface Input {
  readonly iova: number;
  readonly length: number;
  /** A row of DMA_WHAT. */
  readonly what: number;
}

/** What a request asks for, as its engine understands it. Addresses are device addresses. */
export interface Order {
  /** In the order in which they are read; none of length 0. */
  readonly inputs: readonly Input[];
  readonly target: number;
  /** Bytes that there is room for at the target. */
  readonly room: number;
  readonly type: number;
}

/** What the engine made of its input. */
export interface Work {
  readonly status: number;
  readonly output: Uint8Array;
  readonly consumed: number;
  readonly span: Span;
}

/**
 * What stands behind a queue manager. The rings, doorbells and completions are the queue manager's;
 * the engine knows the form of a request, and does the work.
 */
export interface Engine {
  /** Any bytes will do: what is wrong in them is found by `work`. */
  order(request: Uint8Array): Order;
  /** @param job  with all that was read in `data` */
  work(job: Job): Work;
  /** What goes back into the request's own slot, from its first byte on. */
  answer(job: Job): Uint8Array;
  /** The event that tells of its work. */
  readonly did: "engine.compute" | "engine.power";
  /** Status of a request of which an access was refused. */
  readonly busError: number;
}

/** What an access wanted and could not have at once. */
export interface Missing {
  readonly pasid: number;
  /** The first address, and bytes from there to the end of what the device will want. */
  readonly iova: number;
  readonly left: number;
  readonly access: "read" | "write";
}

/** Page faults of a device: it asks for pages of a process and waits, and the kernel serves it. */
export interface Paging {
  wait(machine: HwPart, device: number, job: Job, missing: Missing): void;
  serve(machine: HwPart, device: number): void;
}

/** The ways up, as far as the queue manager asks: engines that few stories have, and page faults. */
export interface EngineOps {
  readonly paging?: Paging;
  readonly engines?: { readonly [kind in DeviceKind]?: Engine };
}
