import { describe, expect, test } from "vitest";
import { corePart, type Failure, type Kernel, PAGE } from "../../../engine/core/index.ts";
import {
  addNotifier,
  createMm,
  dontNeed,
  faultIn,
  forkMm,
  known,
  type MmPart,
  mapArea,
  mmPart,
  PROT,
  peek,
  putMm,
  remember,
  removeNotifier,
  reserveRows,
  unmapArea,
  walk,
  writeMemory,
} from "../../../engine/mm/index.ts";

const ASID = 9;
const FIRST = 0x7f000000;

interface Watched {
  readonly machine: MmPart;
  readonly mm: number;
  readonly rows: { readonly firstRow: number; readonly rows: number };
}

/** A process with three written pages, and an IOTLB that knows all of them. */
function watched(kernel: Kernel = "v6.1", fails: readonly Failure[] = []): Watched {
  const machine: MmPart = { ...corePart({ kernel, seed: 1, mended: [], fails }), ...mmPart() };
  const rows = { firstRow: reserveRows(machine.iotlb, 8), rows: 8 };
  const mm = createMm(machine);
  const wish = { length: 3 * PAGE, prot: PROT.READ | PROT.WRITE, flags: 0 };
  mapArea(machine, mm, { ...wish, backing: { kind: "anonymous" } });
  addNotifier(machine, { mm, asid: ASID, pasid: 1, ...rows });
  for (let page = 0; page < 3; page += 1) {
    writeMemory(machine, mm, FIRST + page * PAGE, Uint8Array.of(page + 1));
    learn(machine, mm, rows, FIRST + page * PAGE);
  }
  return { machine, mm, rows };
}

function learn(machine: MmPart, mm: number, rows: Watched["rows"], at: number): void {
  const { entry, level } = walk(machine.tables, machine.mms[mm]?.root ?? -1, at);
  remember(machine.iotlb, rows, { asid: ASID, iova: at, level, entry });
}

/** Pages, counted from the first, that the IOTLB still knows. */
function left({ machine, rows }: Watched): number[] {
  return known(machine.iotlb, rows)
    .filter(({ asid }) => asid === ASID)
    .map(({ start }) => (start - FIRST) / PAGE)
    .sort((a, b) => a - b);
}

// biome-ignore format: one case a line
const ROWS: readonly (readonly [what: string, left: readonly number[], act: (on: Watched) => void])[] = [
  ["munmap of the second page",        [0, 2],    ({ machine, mm }) => unmapArea(machine, mm, FIRST + PAGE, PAGE)],
  ["munmap of all",                    [],        ({ machine, mm }) => unmapArea(machine, mm, FIRST, 3 * PAGE)],
  ["MADV_DONTNEED of the last",        [0, 1],    ({ machine, mm }) => dontNeed(machine, mm, FIRST + 2 * PAGE, PAGE)],
  ["fork, which takes the right to write", [],    ({ machine, mm }) => forkMm(machine, mm)],
  ["the end of the process",           [],        ({ machine, mm }) => putMm(machine, mm)],
  ["a write to a page of its own",     [0, 1, 2], ({ machine, mm }) => writeMemory(machine, mm, FIRST, Uint8Array.of(7))],
  ["munmap where nothing is",          [0, 1, 2], ({ machine, mm }) => unmapArea(machine, mm, FIRST + 8 * PAGE, PAGE)],
];

test.each(ROWS)("SVA-013: after %s the IOTLB knows pages %j", (_what, pages, act) => {
  const on = watched();
  act(on);
  expect(left(on)).toEqual(pages);
});

describe("copy on write", () => {
  test("makes the IOTLB forget the page that the writer leaves, and no other", () => {
    const on = watched();
    const { machine, mm, rows } = on;
    forkMm(machine, mm);
    for (const page of [0, 1]) learn(machine, mm, rows, FIRST + page * PAGE);
    const before = peek(machine, mm, FIRST)?.pfn;
    faultIn(machine, mm, FIRST, true);
    expect(peek(machine, mm, FIRST)?.pfn).not.toBe(before);
    expect(left(on)).toEqual([1]);
  });

  test("that only gives a right needs no invalidation", () => {
    const on = watched();
    const { machine, mm, rows } = on;
    const child = forkMm(machine, mm);
    if (child.ok) putMm(machine, child.value);
    learn(machine, mm, rows, FIRST);
    faultIn(machine, mm, FIRST, true);
    expect(left(on)).toEqual([0]);
  });
});

test("what is not watched, or not any more, is left alone", () => {
  const on = watched();
  const { machine, mm, rows } = on;
  const other = createMm(machine);
  mapArea(machine, other, {
    length: PAGE,
    prot: PROT.READ | PROT.WRITE,
    flags: 0,
    backing: { kind: "anonymous" },
  });
  writeMemory(machine, other, FIRST, Uint8Array.of(1));
  unmapArea(machine, other, FIRST, PAGE);
  expect(left(on)).toEqual([0, 1, 2]);
  removeNotifier(machine, ASID, rows);
  unmapArea(machine, mm, FIRST, PAGE);
  expect(left(on)).toEqual([0, 1, 2]);
});

test("`fail invalidate 2` forgets the second, and only that: the IOTLB leads to a freed frame", () => {
  const on = watched("v6.1", [{ kind: "invalidate", nth: 2 }]);
  const { machine, mm, rows } = on;
  for (const page of [0, 1, 2]) unmapArea(machine, mm, FIRST + page * PAGE, PAGE);
  expect(left(on)).toEqual([1]);
  const [entry] = known(machine.iotlb, rows);
  expect(machine.frames.refs[Math.floor((entry?.entry ?? 0) / 64)]).toBe(0);
});
