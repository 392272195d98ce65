import { describe, expect, test } from "vitest";
import { ADDRESS_END, PAGE } from "../../../engine/core/index.ts";
import {
  addNotifier,
  addWatcher,
  beginRange,
  endRange,
  forget,
  iotlb,
  known,
  lookUp,
  notify,
  recall,
  remember,
  removeNotifier,
  reserveRows,
  zapRange,
} from "../../../engine/mm/index.ts";
import { bench, page, spaceOf } from "./bench.ts";
import { forgetNews, iotlbOf, news } from "./told.ts";

describe("IOTLB", () => {
  const full = () => {
    const table = iotlb();
    const one = { firstRow: reserveRows(table, 2), rows: 2 };
    const other = { firstRow: reserveRows(table, 2), rows: 2 };
    const learn = (owner: typeof one, asid: number, pages: number, level = 0) =>
      remember(table, owner, { asid, iova: pages * PAGE, level, entry: pages + 1 });
    const starts = (owner: typeof one) =>
      known(table, owner).map(({ asid, start }) => [asid, start / PAGE]);
    return { table, one, other, learn, starts };
  };

  test("rows of one IOMMU are not the other's, and stay when more are reserved", () => {
    const { table, one, other, learn, starts } = full();
    learn(one, 1, 10);
    learn(other, 1, 20);
    learn(other, 1, 21);
    reserveRows(table, 3);
    expect([starts(one), starts(other)]).toEqual([
      [[1, 10]],
      [
        [1, 20],
        [1, 21],
      ],
    ]);
    expect([recall(table, one, 1, 20 * PAGE), recall(table, other, 1, 10 * PAGE)]).toEqual([
      -1, -1,
    ]);
    learn(one, 1, 11);
    learn(one, 1, 12);
    expect(starts(other)).toEqual([
      [1, 20],
      [1, 21],
    ]);
    forget(table, one, 1, { start: 0, end: ADDRESS_END });
    expect([starts(one), starts(other)]).toEqual([
      [],
      [
        [1, 20],
        [1, 21],
      ],
    ]);
  });

  test("the one least recently used makes room; to recall is no use, to look up is", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 1, 11);
    recall(table, one, 1, 10 * PAGE);
    learn(one, 1, 12);
    expect(starts(one)).toEqual([
      [1, 12],
      [1, 11],
    ]);
    lookUp(table, one, 1, 11 * PAGE);
    learn(one, 1, 13);
    expect(starts(one)).toEqual([
      [1, 13],
      [1, 11],
    ]);
    expect(lookUp(table, one, 1, 99 * PAGE)).toBe(-1);
    learn(one, 1, 14);
    expect(starts(one)).toEqual([
      [1, 13],
      [1, 14],
    ]);
  });

  test("a freed row is used before another makes room", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 2, 11);
    forget(table, one, 1, { start: 10 * PAGE, end: 11 * PAGE });
    expect(starts(one)).toEqual([[2, 11]]);
    learn(one, 3, 12);
    expect(starts(one)).toEqual([
      [3, 12],
      [2, 11],
    ]);
  });

  test("a range is forgotten to its last byte, of one address space", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 2, 10);
    forget(table, one, 1, { start: 11 * PAGE, end: 12 * PAGE });
    forget(table, one, 1, { start: 0, end: 10 * PAGE });
    expect(starts(one)).toHaveLength(2);
    forget(table, one, 1, { start: 11 * PAGE - 1, end: 12 * PAGE });
    expect(starts(one)).toEqual([[2, 10]]);
  });

  test("a block is found by every address in it, and goes whole", () => {
    const { table, one, learn } = full();
    learn(one, 1, 512 + 7, 1);
    expect([511, 512, 1023, 1024].map((at) => recall(table, one, 1, at * PAGE) >= 0)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    forget(table, one, 1, { start: 600 * PAGE, end: 601 * PAGE });
    expect(known(table, one)).toEqual([]);
  });

  test("a use is one of any row, the first too; to miss is none", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 1, 11);
    const { uses } = table;
    expect([lookUp(table, one, 1, 10 * PAGE), table.uses]).toEqual([0, uses + 1]);
    expect([lookUp(table, one, 1, 12 * PAGE), table.uses]).toEqual([-1, uses + 1]);
    learn(one, 1, 12);
    expect(starts(one)).toEqual([
      [1, 10],
      [1, 12],
    ]);
  });

  test("what one address space put there is not found by another", () => {
    const { table, one, learn } = full();
    learn(one, 1, 10);
    expect([1, 2].map((asid) => recall(table, one, asid, 10 * PAGE))).toEqual([0, -1]);
  });

  test("one without rows remembers nothing", () => {
    const table = iotlb();
    const none = { firstRow: reserveRows(table, 0), rows: 0 };
    const next = { firstRow: reserveRows(table, 1), rows: 1 };
    remember(table, none, { asid: 1, iova: 0, level: 0, entry: 1 });
    expect([known(table, none), known(table, next)]).toEqual([[], []]);
  });
});

test("who is told no more is the one with that tag and those rows", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const one = { firstRow: reserveRows(machine.iotlb, 1), rows: 1 };
  const other = { firstRow: reserveRows(machine.iotlb, 1), rows: 1 };
  addNotifier(machine, { ...one, mm, asid: 1, pasid: 1 });
  addNotifier(machine, { ...other, mm, asid: 1, pasid: 2 });
  addNotifier(machine, { ...other, mm, asid: 2, pasid: 3 });
  removeNotifier(machine, 3, one);
  expect(machine.notifiers).toHaveLength(3);
  removeNotifier(machine, 1, other);
  expect(machine.notifiers.map(({ pasid }) => pasid)).toEqual([1, 3]);
  addNotifier(machine, { ...other, mm, asid: 4, pasid: 4 });
  removeNotifier(machine, 4, one);
  removeNotifier(machine, 4, other);
  expect(machine.notifiers.map(({ pasid }) => pasid)).toEqual([1, 3]);
  remember(machine.iotlb, one, { asid: 1, iova: page(0), level: 0, entry: 1 });
  remember(machine.iotlb, other, { asid: 1, iova: page(0), level: 0, entry: 1 });
  notify(machine, mm, page(0), page(1));
  expect(
    [known(machine.iotlb, one), known(machine.iotlb, other)].map(({ length }) => length),
  ).toEqual([0, 1]);
  removeNotifier(machine, 1, one);
  expect(machine.notifiers.map(({ pasid }) => pasid)).toEqual([3]);
});

test("who is told is who shares that address space, unless it is the one to be forgotten", () => {
  const machine = bench({ fails: [{ kind: "invalidate", nth: 2 }] });
  const [mm, other] = [spaceOf(machine, 1), spaceOf(machine, 1)];
  const knows = [iotlbOf(machine, mm, [page(0)]), iotlbOf(machine, other, [page(0)])];
  const seen = () => knows.map((each) => each().length);
  forgetNews(machine);
  notify(machine, mm, page(0), page(1));
  expect([seen(), news(machine)]).toEqual([[0, 1], ["sva.invalidate"]]);
  forgetNews(machine);
  notify(machine, other, page(0), page(1));
  expect([seen(), news(machine)]).toEqual([[0, 1], ["iommu.forgot"]]);
  notify(machine, other, page(0), page(1));
  expect(seen()).toEqual([0, 0]);
});

test("who watches an address space counts its changes, and no other's", () => {
  const machine = bench();
  const [mm, other] = [spaceOf(machine, 1), spaceOf(machine, 1)];
  addWatcher(machine, mm);
  addWatcher(machine, other);
  const counts = () => machine.watchers.map(({ changing, changed }) => [changing, changed]);
  beginRange(machine, mm);
  expect(counts()).toEqual([
    [1, 0],
    [0, 0],
  ]);
  endRange(machine, mm, { start: page(0), end: page(1), isTouched: false });
  notify(machine, mm, page(0), page(1));
  zapRange(machine, mm, page(0), page(1));
  expect(counts()).toEqual([
    [0, 3],
    [0, 0],
  ]);
});
