import { expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import {
  createShared,
  dontNeed,
  forkMm,
  lockRange,
  type MmPart,
  mapArea,
  migratePage,
  notify,
  PROT,
  pinPage,
  protect,
  VM,
} from "../../../engine/mm/index.ts";
import { bench, get, good, page, put, RW, spaceOf } from "./bench.ts";
import { forgetNews, iotlbOf, newsInFull } from "./told.ts";

type Said = readonly (string | number)[];

/** Two private pages, of which the first is written to frame 1; shared memory at page 4. */
function scene(kernel: "v4.18" | "v6.1"): { readonly machine: MmPart; readonly mm: number } {
  const machine = bench({ kernel, fails: [{ kind: "invalidate", nth: 2 }] });
  const mm = spaceOf(machine, 2);
  put(machine, mm, page(0), 1);
  const backing = { kind: "shared" as const, memory: createShared(machine, 1), page: 0 };
  good(mapArea(machine, mm, { length: PAGE, prot: RW, flags: VM.SHARED, backing, at: page(4) }));
  return { machine, mm };
}

const lock = (machine: MmPart, mm: number, isLock: boolean) =>
  lockRange(machine, mm, { start: page(0), end: page(2), isLock });

const rights = (machine: MmPart, mm: number, prot: number) =>
  protect(machine, mm, { start: page(0), length: PAGE, prot });

type Do = (machine: MmPart, mm: number) => unknown;

/** What was done before, what is done, and all that is said then: the event and its numbers. */
// biome-ignore format: one case a line
const SAYS: readonly (readonly [what: string, before: Do, now: Do, said: readonly Said[]])[] = [
  ["a first write",       () => 0, (m, mm) => put(m, mm, page(1) + 9, 1), [["mm.populate", page(1), 2, 0]]],
  ["a first read",        () => 0, (m, mm) => get(m, mm, page(1)),        []],
  ["a write after it",    (m, mm) => get(m, mm, page(1)), (m, mm) => put(m, mm, page(1) + 9, 1), [["mm.populate", page(1), 2, 0]]],
  ["shared memory",       () => 0, (m, mm) => get(m, mm, page(4) + 9),    [["mm.populate", page(4), 2, 0]]],
  ["a fork",              () => 0, (m, mm) => forkMm(m, mm),              [["mm.share", 1, 1, 0]]],
  ["a write after it, by the parent", (m, mm) => forkMm(m, mm), (m, mm) => put(m, mm, page(0) + 9, 2), [["mm.cow", page(0), 1, 2]]],
  ["one more, by the child", (m, mm) => [forkMm(m, mm), put(m, mm, page(0), 2)], (m) => put(m, 1, page(0) + 9, 2), [["mm.reuse", page(0), 1, 0]]],
  ["mprotect",            () => 0, (m, mm) => [rights(m, mm, PROT.READ), rights(m, mm, RW)], []],
  ["a write after it",    (m, mm) => [rights(m, mm, PROT.READ), rights(m, mm, RW)], (m, mm) => put(m, mm, page(0) + 9, 2), [["mm.reuse", page(0), 1, 0]]],
  ["mlock",               () => 0, (m, mm) => lock(m, mm, true),          [["mm.charge", 2, 2, 0], ["mm.populate", page(1), 2, 0]]],
  ["munlock",             (m, mm) => lock(m, mm, true), (m, mm) => lock(m, mm, false), [["mm.charge", -2, 0, 0]]],
  ["MADV_DONTNEED",       () => 0, (m, mm) => dontNeed(m, mm, page(0), 2 * PAGE), [["mm.free", 1, 0, 0], ["mm.zap", page(0), 1, 0]]],
  ["a page that moves",   () => 0, (m, mm) => migratePage(m, mm, page(0) + 9), [["mm.free", 1, 0, 0], ["mm.populate", page(0), 2, 0]]],
  ["an invalidation",     (m, mm) => iotlbOf(m, mm, []), (m, mm) => notify(m, mm, page(3), page(5)), [["sva.invalidate", 1, page(3), 2 * PAGE]]],
  ["one that is forgotten", (m, mm) => [iotlbOf(m, mm, []), notify(m, mm, 0, PAGE)], (m, mm) => notify(m, mm, page(3), page(5)), [["iommu.forgot", page(3), 2 * PAGE, 0]]],
];

test.each(SAYS)("%s says so", (_what, before, now, said) => {
  const { machine, mm } = scene("v4.18");
  before(machine, mm);
  forgetNews(machine);
  now(machine, mm);
  expect(newsInFull(machine)).toEqual(said);
});

test("v6.1: a fork of a pinned page says which frame went where", () => {
  const { machine, mm } = scene("v6.1");
  good(pinPage(machine, mm, page(0), true));
  forgetNews(machine);
  good(forkMm(machine, mm));
  expect(newsInFull(machine)).toEqual([["mm.copy", page(0), 1, 2]]);
});
