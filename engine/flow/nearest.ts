/** Longer words are no slip of a finger; and the work stays small whatever is asked. */
const LENGTH_MAX = 64;
/** Changes that a slip makes at most: a third of the word, three at the utmost. */
const CHANGES_MAX = 3;

/**
 * The known word that `word` was probably meant to be: for every "did you mean".
 *
 * @returns the one with the fewest letters changed, added, dropped or swapped; the first of several;
 *   `undefined` where none is near, and where `word` itself is known
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > LENGTH_MAX) return undefined;
  let best: string | undefined;
  let limit = Math.min(CHANGES_MAX, Math.max(1, Math.floor(word.length / 3)));
  for (const candidate of known) {
    if (candidate === word) return undefined;
    const changes = distance(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (changes > limit) continue;
    best = candidate;
    limit = changes - 1;
    if (limit < 0) break;
  }
  return best;
}

/** Letters changed, added, dropped, or swapped with their neighbour; `limit + 1` where it is more. */
function distance(from: string, to: string, limit: number): number {
  const far = limit + 1;
  if (Math.abs(from.length - to.length) > limit) return far;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = new Array<number>(to.length + 1).fill(far);
    if (row <= limit) current[0] = row;
    const end = Math.min(to.length, row + limit);
    for (let column = Math.max(1, row - limit); column <= end; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let least = (last[column - 1] as number) + (same ? 0 : 1);
      least = Math.min(least, (last[column] as number) + 1, (current[column - 1] as number) + 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap && row > 1) least = Math.min(least, (beforeLast[column - 2] as number) + 1);
      current[column] = least;
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(last[to.length] as number, far);
}
