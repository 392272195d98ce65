import { type Run, runOf } from "../lib/engine-stub.ts";

export async function fetchRun(name: string): Promise<Run> {
  return runOf(name);
}
