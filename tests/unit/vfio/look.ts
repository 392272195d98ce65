import { ADDRESS_END, KIND_NAMES, type Kind } from "../../../engine/core/index.ts";
import { eachLeaf, numberOf, peek, spanOf } from "../../../engine/mm/index.ts";
import type { Bench } from "./support.ts";

/** Every leaf of a domain's table: where it stands, which frame, how many bytes. */
export function leaves({ machine }: Bench, domain: number): [number, number, number][] {
  const found: [number, number, number][] = [];
  const { root = -1, isGone } = machine.domains[domain] ?? {};
  if (root < 0 || isGone) return found;
  eachLeaf(machine.tables, root, { start: 0, end: ADDRESS_END }, (iova, entry, level) => {
    found.push([iova, numberOf(entry), spanOf(level)]);
  });
  return found;
}

/** Pins of each frame that has any. */
export function pinsOf({ machine }: Bench): [pfn: number, pins: number][] {
  return [...machine.frames.pins.entries()].filter(([, pins]) => pins > 0);
}

/** All that a refused call leaves as it was. */
export function state(bench: Bench) {
  const { containers, domains, groups, mms } = bench.machine;
  return structuredClone({
    containers,
    groups,
    leaves: domains.map((_, domain) => leaves(bench, domain)),
    pins: pinsOf(bench),
    lockedVm: mms.map(({ lockedVm }) => lockedVm),
  });
}

/** The events since the last time, of some kinds: kind, then its four numbers. */
export function news({ machine }: Bench, ...kinds: readonly Kind[]): [Kind, ...number[]][] {
  const { news } = machine;
  const rows = Array.from({ length: news.count }, (_, row): [Kind, ...number[]] => [
    KIND_NAMES[news.kind[row] as number] as Kind,
    ...news.args.slice(4 * row, 4 * row + 4),
  ]);
  news.count = 0;
  return rows.filter(([kind]) => kinds.includes(kind));
}

/** The frame behind an address of a process; -1 where it has none. */
export function frameOf({ machine }: Bench, pid: number, address: number): number {
  return peek(machine, machine.tasks[pid]?.mm ?? -1, address)?.pfn ?? -1;
}
