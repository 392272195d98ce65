import { expect, test } from "vitest";
import { Pfn } from "../../../engine/core/index.ts";
import {
  allocateRun,
  endLeaving,
  isLockedOut,
  leavingOf,
  letGo,
  mmPart,
  setLeaving,
} from "../../../engine/mm/index.ts";
import { bench, good, page } from "./bench.ts";
import { forgetNews, news } from "./told.ts";

/** What tasks have taken out of tables and not let go yet, by itself. */

test("each task has its own, one at a time, and what it does not change stays", () => {
  const machine = bench();
  setLeaving(machine, 4, { start: 1, end: 2 });
  setLeaving(machine, 5, { start: 3, mm: 0 });
  setLeaving(machine, 5, { end: 7 });
  setLeaving(machine, 4, { isStale: true });
  expect(machine.leaving).toHaveLength(2);
  expect(leavingOf(machine, 4)).toMatchObject({ pid: 4, mm: -1, start: 1, end: 2, isStale: true });
  expect(leavingOf(machine, 5)).toMatchObject({ pid: 5, mm: 0, start: 3, end: 7, isStale: false });
});

test("a task that lets go of nothing has nothing, and no file, domain or payer by chance", () => {
  const nothing = { start: 0, end: 0, isStale: false, isLocked: false, counted: 0 };
  const lists = { runs: [], files: [], shared: [] };
  const machine = bench();
  setLeaving(machine, 4, { start: 1 });
  expect(leavingOf(machine, 9)).toEqual({
    ...nothing,
    ...lists,
    pid: 9,
    mm: -1,
    domain: -1,
    payer: -1,
  });
});

test("a lock is in the way of all but its holder, until its call is over", () => {
  const machine = bench();
  setLeaving(machine, 4, { start: 1 });
  expect([4, 5].map((pid) => isLockedOut(machine, pid))).toEqual([false, false]);
  setLeaving(machine, 5, { isLocked: true });
  expect([4, 5, 6].map((pid) => isLockedOut(machine, pid))).toEqual([true, false, true]);
  endLeaving(machine, 6); // it had nothing
  endLeaving(machine, 4);
  expect([machine.leaving.length, isLockedOut(machine, 4)]).toEqual([1, true]);
  endLeaving(machine, 5);
  expect([machine.leaving, isLockedOut(machine, 4)]).toEqual([[], false]);
});

test("all frames of all runs go, and it is said once how many", () => {
  const machine = bench();
  const first = good(allocateRun(machine, 5));
  forgetNews(machine);
  letGo(machine, page(0), []);
  expect(news(machine)).toEqual([]);
  letGo(machine, page(0), [
    { pfn: first, pages: 3 },
    { pfn: Pfn(first + 4), pages: 1 },
  ]);
  expect(Array.from(machine.frames.refs.subarray(first, first + 5))).toEqual([0, 0, 0, 1, 0]);
  expect(news(machine)).toEqual(["mm.free", "mm.free", "mm.free", "mm.free", "mm.zap"]);
});

test("in an empty machine nothing is there, shared, told, watched or leaving", () => {
  const { mms, shared, notifiers, watchers, leaving } = mmPart();
  expect([mms, shared, notifiers, watchers, leaving]).toEqual([[], [], [], [], []]);
});
