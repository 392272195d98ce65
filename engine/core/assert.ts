/**
 * The model itself is wrong. Nobody catches this; no flow, link or option can reach it.
 *
 * @param claim  a constant, so that a claim that holds costs nothing
 * @param value  the number that broke it
 */
export function assert(holds: boolean, claim: string, value?: number): asserts holds {
  if (!holds) throw new Error(value === undefined ? claim : `${claim}: ${value}`);
}

/** The record with that id. An id that names none is the model's own mistake. */
export function record<T>(records: readonly T[], id: number): T {
  const found = records[id];
  assert(found !== undefined, "no record of that id", id);
  return found;
}
