import type { Kernel } from "../../core/index.ts";
import { Bench, type BenchOptions, type Engine } from "../bench/index.ts";
import type { Actual } from "./compare.ts";

/** What one row is run with. */
export interface Lab {
  readonly kernel: Kernel;
  /** A machine of this row's kernel. */
  bench(options?: Omit<BenchOptions, "kernel">): Bench;
}

/**
 * Builds a row's state, makes its call, and says what came of it: once, or once for each of the
 * calls or states that the row names together.
 */
export type Executor = (lab: Lab) => Actual | readonly Actual[];

/** The rows of one area, by id. */
export type Area = { readonly [id: string]: Executor };

export function lab(engine: Engine, kernel: Kernel): Lab {
  return { kernel, bench: (options = {}) => new Bench(engine, { ...options, kernel }) };
}
