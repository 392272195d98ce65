import { describe, expect, test } from "vitest";
import { holds, leadsTo, map, memory, type Setting, unmap, withContainer } from "./story.ts";

/**
 * After tools/testing/selftests/vm/cow.c (linux b501d4dc83aa, between v6.1 and v6.2): memory of a process
 * is pinned for long before or after fork, or not at all; parent and child write in either order, the
 * child may be gone before the parent writes. There io_uring and gup_test hold the pin, here a mapping of
 * VFIO does. What the original asserts is the rule of v6.1: neither process sees what the other writes,
 * and a pinned page stays the page of who pinned it. v4.18 keeps the first half only (PIN-HAZARD-008 to
 * 012). cow-read-only.test.ts has pins for reading of pages that are shared.
 */

const setting = (kernel: Setting["kernel"]): Setting => ({ kernel, type: "VFIO_TYPE1_IOMMU" });

/** What happens after fork, who writes first. */
const ORDERS = {
  "the parent writes": ['app: store(buf, "new!") = 0'],
  "the child writes": ['child: store(buf, "mine") = 0'],
  "the parent writes, then the child": [
    'app: store(buf, "new!") = 0',
    'child: store(buf, "mine") = 0',
  ],
  "the child writes, then the parent": [
    'child: store(buf, "mine") = 0',
    'app: store(buf, "new!") = 0',
  ],
  "the child is gone, then the parent writes": [
    "child: exit(0) = ?",
    'app: store(buf, "new!") = 0',
  ],
} as const;
type Order = keyof typeof ORDERS;

/** Where the pinned page stands when all have written: v4.18 gives the copy to who writes first. */
const LOST_ON_V4: readonly Order[] = ["the parent writes", "the parent writes, then the child"];

const does = (order: Order, name: string) => ORDERS[order].some((line) => line.startsWith(name));
const isGone = (order: Order) => ORDERS[order].some((line) => line.includes("exit"));

const contents = (order: Order) => [
  `expect bytes(app, buf, 4) == "${does(order, "app:") ? "new!" : "old!"}"`,
  ...(isGone(order)
    ? []
    : [`expect bytes(child, buf, 4) == "${does(order, "child: store") ? "mine" : "old!"}"`]),
];

const NAMES = Object.keys(ORDERS) as readonly Order[];

describe.each(["v4.18", "v6.1"] as const)("%s", (kernel) => {
  test.each(NAMES)("not pinned: after fork, %s", (order) => {
    holds(
      withContainer(setting(kernel), [
        memory("buf", "4K"),
        'app: store(buf, "old!") = 0',
        "app: child = fork()",
        "expect page(app, buf) == page(child, buf)",
        ...ORDERS[order],
        ...contents(order),
      ]),
    );
  });

  // Without WRITE the page is pinned all the same; a pin for reading breaks no sharing by itself.
  const pins = [3, 1, 2].flatMap((flags) => NAMES.map((order) => [flags, order] as const));
  test.each(pins)("pinned (flags %i) before fork: %s", (flags, order) => {
    const isLost = kernel === "v4.18" && LOST_ON_V4.includes(order);
    holds(
      withContainer(setting(kernel), [
        memory("buf", "4K"),
        'app: store(buf, "old!") = 0',
        map("buf", "64K", "4K", "0", flags),
        "app: child = fork()",
        `expect page(app, buf) ${kernel === "v4.18" ? "==" : "!="} page(child, buf)`,
        ...ORDERS[order],
        ...contents(order),
        ...(isLost
          ? ["expect translate(hisi_zip-0, 64K) != page(app, buf)"]
          : [leadsTo("64K", "buf"), "expect pins(app, buf) == 1"]),
        unmap("64K", "4K", "4K"),
        "expect app.locked_vm == 0",
        "expect pins(app, buf) == 0",
        ...contents(order),
      ]),
    );
  });

  test.each(NAMES)("pinned after fork, for writing: %s", (order) => {
    // The pin for writing breaks the sharing first: the page is the parent's own from then on.
    holds(
      withContainer(setting(kernel), [
        memory("buf", "4K"),
        'app: store(buf, "old!") = 0',
        "app: child = fork()",
        map("buf", "64K", "4K"),
        "expect page(app, buf) != page(child, buf)",
        ...ORDERS[order],
        ...contents(order),
        leadsTo("64K", "buf"),
      ]),
    );
  });

  test.each([
    ["MADV_DONTFORK", "SIGSEGV"],
    ["MADV_WIPEONFORK", '0 {data: "\\x00\\x00\\x00\\x00"}'],
  ] as const)("%s before fork: the page is the parent's alone", (advice, childReads) => {
    const machine = holds(
      withContainer(setting(kernel), [
        memory("buf", "4K"),
        'app: store(buf, "old!") = 0',
        map("buf", "64K", "4K"),
        `app: madvise(buf, 4K, ${advice}) = 0`,
        "app: child = fork()",
        `child: load(buf, 4) = ${childReads}`,
        'app: store(buf, "new!") = 0',
        leadsTo("64K", "buf"),
        'expect seen(hisi_zip-0, 64K, 4) == "new!"',
      ]),
    );
    expect(machine.tasks.length).toBeGreaterThan(2);
  });

  test.each([1, 2, 3, 4, 5])("of five pages, page %i is pinned: fork copies that one", (page) => {
    const pages = [0, 1, 2, 3, 4];
    const pinned = page - 1;
    holds(
      withContainer(setting(kernel), [
        memory("buf", "20K"),
        "app: mlock(buf, 20K) = 0",
        map(`buf+${4 * pinned}K`, "64K", "4K"),
        "app: child = fork()   @forked",
        `expect count(mm.copy, since @forked) == ${kernel === "v4.18" ? 0 : 1}`,
        ...pages.map((one) => {
          const isCopied = kernel === "v6.1" && one === pinned;
          return `expect page(app, buf+${4 * one}K) ${isCopied ? "!=" : "=="} page(child, buf+${4 * one}K)`;
        }),
      ]),
    );
  });
});
