import { ENTRY, eachLeaf, flagsOf, type Machine, numberOf } from "../../../engine/index.ts";
import { VM, ZERO_PAGE } from "../../../engine/mm/index.ts";

/**
 * A private page that two processes have, neither may write to.
 *
 * @returns what is otherwise, in words
 */
export function writableTwice({ tables, mms, frames }: Machine): string | undefined {
  let said: string | undefined;
  for (const { root, users, vmas } of mms) {
    if (users === 0) continue;
    for (const vma of vmas) {
      if (vma.backing.kind !== "anonymous" || vma.flags & VM.SHARED) continue;
      eachLeaf(tables, root, vma, (_at, entry) => {
        const frame = numberOf(entry);
        const isWritable = (flagsOf(entry) & ENTRY.WRITE) !== 0 && frame !== ZERO_PAGE;
        if (!isWritable || (frames.mapcount[frame] ?? 0) < 2) return;
        said = `page ${frame} is private, two have it, and one may write`;
      });
    }
  }
  return said;
}
