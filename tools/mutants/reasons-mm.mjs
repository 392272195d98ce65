// Why a change of `engine/mm` may go unseen, judged one by one.

const EARLY = "columns that grow one step early hold the same";
const TOUCHES = "an area that only touches the range comes whole out of the cutting";
const NO_FRAME_0 = "frame 0 is the zero page, which no shared memory has";
const PAST_END = "a column takes nothing past its end: registers are counted nowhere";
const NONE = "0 more, or 0 less, is no change";
const LEAVES = "no entry of level 0 leads to a table: the level only saves a look";

/**
 * The file, what the code looks like, what it became, why nothing can be seen.
 *
 * @type {readonly (readonly [file: string, code: RegExp, becomes: RegExp, why: string])[]}
 */
// biome-ignore format: one place a line
export const MM = [
  ["mm/frame.ts", /PAGE > frames\.bytes\.length$/, />=/, EARLY],
  ["mm/table.ts", /ENTRIES > tables\.entries\.length$/, />=/, EARLY],
  ["mm/table.ts", /^level === 0$/, /^false$/, LEAVES],
  ["mm/table.ts", /^level > 0$/, /^true$|>=/, LEAVES],
  ["mm/table.ts", /^LEVELS - 1$/, /^LEVELS \+ 1$/, LEAVES],
  ["mm/table.ts", /^level - 1$/, /^level \+ 1$/, LEAVES],
  ["mm/area.ts", /^other\.start > vma\.start$/, />=/, "no two areas begin at one address"],
  ["mm/area.ts", /^vma\.end <= start$/, /^vma\.end < start$/, "an area that ends where the gap begins leaves it there"],
  ["mm/area.ts", /^pfn < mapcount\.length$/, /^true$|<=/, PAST_END],
  ["mm/area.ts", /^by === 0$/, /^false$/, NONE],
  ["mm/area.ts", /^page >= 0$/, /^page > 0$/, NO_FRAME_0],
  ["mm/fault.ts", /^vma\?\.backing$/, /^vma\.backing$/, "a page that is present lies in an area"],
  ["mm/fault.ts", /^there >= 0$/, /^there > 0$/, NO_FRAME_0],
  ["mm/pin.ts", /^page\.value < pins\.length$/, /^true$|<=/, PAST_END],
  ["mm/unmap-area.ts", /^(vma\.end|end) <= (vma\.)?start$/, / < /, TOUCHES],
  ["mm/move.ts", /^at (%|\+)/, /./, "munmap of the place refuses the same, with the same errno"],
  ["mm/move.ts", /^newLength < oldLength$/, /^newLength <= oldLength$/, "0 bytes are not unmapped"],
  ["mm/move.ts", /^pieces\.length > 0$/, /^true$|>=/, NONE],
  ["mm/area-change.ts", /^shared > 0$/, />=/, NONE],
  ["mm/unmap-area.ts", /^shared > 0$/, />=/, NONE],
  ["mm/unmap-area.ts", /^pages > 0$/, /^true$|>=/, NONE],
  ["mm/area-change.ts", /isLock \? 1 : -1/, /\//, "to divide by 1 or -1 is to multiply by it"],
  ["mm/area-change.ts", /^vma\.flags & VM\.IO$/, /^false$/, "registers have their entries from mmap on: to touch them changes nothing"],
  ["mm/notifier.ts", /^machine\.notifiers\.length === 0$/, /^false$/, "a round over none tells nobody"],
  ["mm/notifier.ts", /^by < 0$/, /^by <= 0$/, "it is 1 or -1"],
];
