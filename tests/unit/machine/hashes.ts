import { deaf, hash, type Machine, step } from "../../../engine/index.ts";
import { NAMES, runOf } from "./flows.ts";

/** The sum after each machine step, forwards; the first is that of the start. */
export function forwards(machine: Machine, picks: readonly number[] = []): string[] {
  const sums = [hash(machine)];
  const sink = deaf();
  for (let taken = 0; step(machine, sink, picks[taken] ?? 0); taken += 1) sums.push(hash(machine));
  return sums;
}

/** Of every flow. Run as a program it prints them, for a process that has seen nothing else. */
export function allForwards(): Record<string, string[]> {
  return Object.fromEntries(NAMES.map((name) => [name, forwards(runOf(name).machineAt(0))]));
}

if (import.meta.main) process.stdout.write(JSON.stringify(allForwards()));
