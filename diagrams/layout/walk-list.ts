/**
 * A walk in few columns: its entries under each other, their bits and indices to the left.
 *
 *   bits   index  TTBR0
 *   47:39  254    +-> PGD[254]
 *   38:30  72     +-> PUD[72]
 */

import { putLines, putText, type Sheet } from "./picture.ts";
import {
  BITS,
  HOOK,
  INDEX,
  inked,
  inkOf,
  linesOf,
  nameColumn,
  putEnd,
  putEntry,
  putHook,
  SAYS_GAP,
} from "./walk-pens.ts";
import type { Walk, WalkEntry, WalkPath } from "./walk-scene.ts";
import { measure, tidy, widest, wrap } from "./words.ts";

/** One entry a row: bits and index left, a short hook, the entry and what it says. */
export function putList(on: Sheet, { address, root, entries, end }: WalkPath, walk: Walk): boolean {
  const all = walk.paths.flatMap((path) => path.address?.fields ?? []);
  const bitsWidth = widest([BITS, ...all.map(({ bits }) => tidy(bits))]);
  const indexWidth = widest([INDEX, ...all.map(({ index }) => tidy(index))]);
  const names = walk.paths.flatMap(({ root: own, address: at }) => [
    own,
    at?.name ?? "",
    at?.text ?? "",
  ]);
  const nameX = nameColumn([...names, ...all.flatMap(({ bits, index }) => [bits, index])]);
  const indexX = nameX + bitsWidth + 2;
  const hookX = address && address.fields.length > 0 ? indexX + indexWidth + 2 : nameX;
  const x = hookX + HOOK;
  if (address) {
    const text = wrap(`${address.name} ${address.text}`, on.width - nameX);
    if (!text) return false;
    putLines(on, { x: nameX, y: on.y }, text, inked("text"));
    on.y += text.length + 1;
  }
  const hasFields = address !== undefined && address.fields.length > 0;
  if (hasFields) {
    putText(on, { x: nameX, y: on.y }, BITS, inked("muted", "name"));
    putText(on, { x: indexX, y: on.y }, INDEX, inked("muted", "name"));
  }
  const rootLines = wrap(root, on.width - hookX);
  if (!rootLines) return false;
  putLines(on, { x: hookX, y: on.y }, rootLines, inked("text", "name"));
  on.y += Math.max(rootLines.length, hasFields ? 1 : 0);
  const putField = (row: number): boolean => {
    const field = address?.fields[row];
    if (!field) return false;
    putText(on, { x: nameX, y: on.y }, field.bits, inked("muted", "cell"));
    putText(on, { x: indexX, y: on.y }, field.index, inked("text", "cell"));
    return true;
  };
  for (const [row, entry] of entries.entries()) {
    putField(row);
    putHook(on, { x0: hookX, x1: x - 2 }, entry.role);
    if (!putListed(on, entry, x)) return false;
  }
  for (let row = entries.length; ; row += 1) {
    const hasField = putField(row);
    const isEnd = row === entries.length && linesOf(end).length > 0;
    if (isEnd && end) {
      putHook(on, { x0: hookX, x1: x - 2 }, inkOf(end), end.kind === "refused");
      if (!putEnd(on, end, x)) return false;
    } else if (!hasField) return true;
    else on.y += 1;
  }
}

/** Name and words as one paragraph of two labels: the words beside the name, or below it. */
function putListed(on: Sheet, entry: WalkEntry, x: number): boolean {
  const { name, says = "", role } = entry;
  const saysX = x + measure(tidy(name)) + SAYS_GAP;
  const beside = wrap(says, on.width - saysX);
  if (beside && beside.length <= 2 && saysX <= on.width) return putEntry(on, entry, x);
  const names = wrap(name, on.width - x);
  const words = wrap(says, on.width - x - 2);
  if (!names || !words) return false;
  putLines(on, { x, y: on.y }, names, inked(role, "name"));
  on.y += Math.max(1, names.length);
  putLines(on, { x: x + 2, y: on.y }, words, inked("text"));
  on.y += words.length;
  return true;
}
