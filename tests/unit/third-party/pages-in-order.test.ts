import { describe, expect, test } from "vitest";
import {
  holds,
  leadsNowhere,
  leadsTo,
  map,
  memory,
  SETTINGS,
  unmap,
  withContainer,
} from "./story.ts";

/**
 * After pagesize_test of vfio-correctness-tests.c (github.com/awilliam/tests, 785af938878b): pages are
 * mapped one by one in four orders and taken back in four orders; what is mapped cannot be mapped
 * again, and what went takes nothing with it a second time.
 */

const PAGES = 10;
const ALL = Array.from({ length: PAGES }, (_, page) => page);
const even = ALL.filter((page) => page % 2 === 0);
const odd = ALL.filter((page) => page % 2 === 1);

const ORDERS: readonly (readonly [name: string, pages: readonly number[]])[] = [
  ["upwards", ALL],
  ["downwards", ALL.toReversed()],
  ["every second page, then the others", [...even, ...odd]],
  ["every second page from the end, then the others", [...odd.toReversed(), ...even.toReversed()]],
];

const at = (page: number) => ({ vaddr: `buf+${4 * page}K`, iova: `${64 + 4 * page}K` });

function mapped(order: readonly number[]): string[] {
  return order.flatMap((page, done) => {
    const { vaddr, iova } = at(page);
    return [
      map(vaddr, iova, "4K"),
      map(vaddr, iova, "4K", "-1 EEXIST"),
      leadsTo(iova, vaddr),
      `expect pins(app, ${vaddr}) == 1`,
      `expect app.locked_vm == ${done + 1}`,
    ];
  });
}

function takenBack(order: readonly number[]): string[] {
  return order.flatMap((page, done) => {
    const { vaddr, iova } = at(page);
    const left = order.slice(done + 1);
    return [
      unmap(iova, "4K", "4K"),
      unmap(iova, "4K", "0"),
      leadsNowhere(iova),
      `expect pins(app, ${vaddr}) == 0`,
      `expect app.locked_vm == ${left.length}`,
      ...left.map((other) => leadsTo(at(other).iova, at(other).vaddr)),
    ];
  });
}

describe.each(SETTINGS)("$type of $kernel", (setting) => {
  const cases = ORDERS.flatMap(([there, pages]) =>
    ORDERS.map(([back, others]) => [there, back, pages, others] as const),
  );
  test.each(cases)("pages mapped %s, taken back %s", (_there, _back, pages, others) => {
    const { containers } = holds(
      withContainer(setting, [
        memory("buf", `${4 * PAGES}K`),
        ...mapped(pages),
        ...takenBack(others),
      ]),
    );
    expect(containers[0]?.dmas).toEqual([]);
  });
});
