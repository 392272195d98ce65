// Why a change of the code may go unseen. The first row that fits is the reason; what fits none is
// open: nobody has judged yet whether a test could tell.

import { MM } from "./reasons-mm.mjs";

/**
 * What a row may look at: the file, its line, what stood there and what it became.
 *
 * @typedef {{ file: string, text: string, mutator: string, code: string, becomes: string, isReached: boolean }} Survivor
 */

export const OPEN = "open: not judged yet; a test may be missing";

/** @type {readonly (readonly [why: string, fits: (one: Survivor) => boolean])[]} */
const REASONS = [
  [
    "an assertion: what it claims holds in every run, so nothing is seen without it",
    ({ text }) => /^\s*assert\(/.test(text),
  ],
  [
    "an event is for readers: nothing in the model hangs on its name or its numbers",
    ({ text, mutator }) => /\bemit\(/.test(text) && /^(String|Arithmetic|Call)/.test(mutator),
  ],
  [
    "for the types: every driver and record that stands here has the field",
    ({ mutator }) => mutator === "OptionalChaining",
  ],
  [
    "a capacity of ours: reaching it takes more memory than a test has",
    ({ text }) => /\b(FRAMES_MAX|ENDLESS)\b|kind: "limit"/.test(text),
  ],
  [
    "a shortcut: for nothing at all the long way comes to nothing too",
    ({ text, becomes }) =>
      becomes === "false" && /if \(\w+(\.\w+)* === 0\) (return|continue)/.test(text),
  ],
  [
    "adding, taking back or telling of 0 pages is no change",
    ({ code, becomes }) =>
      /^\w+(\.\w+)* > 0$/.test(code) && (becomes === "true" || / >= 0$/.test(becomes)),
  ],
];

const LATER = "a later check of the list refuses the same call, with the same errno";
const TYPED = "for the types: what stands on the other side never comes here";

/**
 * Judged one by one: the file, what the code looks like, why nothing can be seen.
 *
 * @type {readonly (readonly [file: string, code: RegExp, why: string])[]}
 */
const JUDGED = [
  ["vfio/irq-set.ts", /^set\.(argsz < SIZE|index >=|count >=)|^U32_MAX/, LATER],
  ["vfio/pci-device.ts", /^index (<|>=) bars\.length$/, "a region past the bars has no size"],
  ["vfio/external.ts", /^group\.users === 0$/, LATER],
  ["vfio/external.ts", /^events === 0$/, "0 is an unknown event too: EINVAL either way"],
  ["vfio/external.ts", /^container\.external\.length === 0$/, LATER],
  [
    "vfio/container.ts",
    /^driver === "type1"$|^container\.driver === "unset"$/,
    "no second driver serves a group that the first one served",
  ],
  [
    "vfio/container.ts",
    /^groups\.slice/,
    "the group that was refused is in no domain: to detach it does nothing",
  ],
  ["vfio/container.ts", /typeof arg|^"bigint"$/, TYPED],
  ["vfio/group.ts", /typeof arg|^"bigint"$/, TYPED],
  ["vfio/words.ts", /typeof arg/, TYPED],
  ["vfio/device.ts", /^"anon_inode/, "a name for readers"],
  ["vfio/dma-list.ts", /U64_END/, "2^64 is exact: the sum before it compares alike"],
  ["vfio/dma-list.ts", /^other\.iova > dma\.iova$/, "no two mappings begin at one address"],
  ["vfio/unmap-dma.ts", /^"a vendor driver keeps/, "the words of a crash are for readers"],
  ["iommu/dma.ts", /BUG/, TYPED],
  ["iommu/granule.ts", /^\[\]$/, "without a table of that size there is nothing to filter"],
  [
    "iommu/part.ts",
    /pageSizes/,
    "an assertion: what it claims holds in every run, so nothing is seen without it",
  ],
  [
    "iommu/stream-table.ts",
    /^"CFGI_STE"$/,
    "an opcode that nothing reads back but who looks at the commands",
  ],
];

/**
 * By room: the file, what the code looks like, what it became, why nothing can be seen.
 *
 * @type {readonly (readonly [file: string, code: RegExp, becomes: RegExp, why: string])[]}
 */
const BY_ROOM = MM;

/** @param {Survivor} survivor */
export function reasonOf(survivor) {
  const { code, becomes } = survivor;
  const narrow = BY_ROOM.find(
    ([file, from, to]) => survivor.file === `engine/${file}` && from.test(code) && to.test(becomes),
  );
  if (narrow) return narrow[3];
  const judged = JUDGED.find(
    ([file, code]) => survivor.file === `engine/${file}` && code.test(survivor.code),
  );
  return judged?.[2] ?? REASONS.find(([, fits]) => fits(survivor))?.[0] ?? OPEN;
}
