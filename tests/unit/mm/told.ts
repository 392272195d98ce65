import { KIND_NAMES } from "../../../engine/core/index.ts";
import {
  addNotifier,
  type MmPart,
  recall,
  remember,
  reserveRows,
} from "../../../engine/mm/index.ts";

/** What was said since `forgetNews`, by name. */
export function news(machine: MmPart): string[] {
  const { kind, count } = machine.news;
  return Array.from(kind.subarray(0, count)).map((code) => KIND_NAMES[code] as string);
}

/** The same with its first three numbers; 0 where an event has less. */
export function newsInFull(machine: MmPart): (string | number)[][] {
  const { args } = machine.news;
  return news(machine).map((name, at) => [name, ...args.subarray(4 * at, 4 * at + 3)]);
}

export function forgetNews(machine: MmPart): void {
  machine.news.count = 0;
}

/** An IOTLB of four rows that shares an address space, and knows those addresses of it. */
export function iotlbOf(machine: MmPart, mm: number, addresses: readonly number[]) {
  const owner = { firstRow: reserveRows(machine.iotlb, 4), rows: 4 };
  addNotifier(machine, { ...owner, mm, asid: 7, pasid: 1 });
  for (const iova of addresses) {
    remember(machine.iotlb, owner, { asid: 7, iova, level: 0, entry: 1 });
  }
  /** Which of the addresses it still knows. */
  return () => addresses.filter((iova) => recall(machine.iotlb, owner, 7, iova) >= 0);
}
