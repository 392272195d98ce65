import fc from "fast-check";

/** Milliseconds: where FUZZ_RUNS is large. */
export const TIMEOUT = 600_000;

export const SEED = Number(process.env.FUZZ_SEED ?? 4180);
export const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

/** Where only the answer counts, as for a mutant: the first failing case is not made smaller. */
const endOnFailure = process.env.FUZZ_SHRINK === "no";

/**
 * Tries a property with a fixed seed, another one where FUZZ_SEED says so.
 *
 * @param share  what part of the runs, where one takes long
 * @param examples  cases that once failed
 */
export function check<Values extends [unknown, ...unknown[]]>(
  property: fc.IPropertyWithHooks<Values>,
  { share = 1, examples = [] }: { readonly share?: number; readonly examples?: Values[] } = {},
): void {
  fc.assert(property, { seed: SEED, numRuns: Math.ceil(RUNS * share), endOnFailure, examples });
}
