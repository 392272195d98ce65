// Why a change of the code may go unseen. The first row that fits is the reason; what fits none is
// open: nobody has judged yet whether a test could tell.

import { IOMMU } from "./reasons-iommu.mjs";
import { MM } from "./reasons-mm.mjs";
import { VFIO } from "./reasons-vfio.mjs";

/**
 * What a row may look at: the file, its line, what stood there and what it became.
 *
 * @typedef {{ file: string, text: string, mutator: string, code: string, becomes: string, isReached: boolean }} Survivor
 */

export const OPEN = "open: not judged yet; a test may be missing";

const ASSERTION = "an assertion: what it claims holds in every run, so nothing is seen without it";

/**
 * The file, what the code looks like, what it became, why nothing can be seen. No row speaks of more
 * than one file: a rule for all files once hid a wrong count and four missing tests.
 *
 * @type {readonly (readonly [file: string, code: RegExp, becomes: RegExp, why: string])[]}
 */
const JUDGED = [...MM, ...IOMMU, ...VFIO];

/** @param {Survivor} survivor */
export function reasonOf({ file, text, code, becomes }) {
  const judged = JUDGED.find(
    ([where, from, to]) => file === `engine/${where}` && from.test(code) && to.test(becomes),
  );
  if (judged) return judged[3];
  return /^\s*assert\(/.test(text) ? ASSERTION : OPEN;
}
