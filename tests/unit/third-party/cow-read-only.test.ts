import { describe, test } from "vitest";
import { holds, leadsTo, map, memory, unmap, withContainer } from "./story.ts";

/**
 * After test_ro_pin_on_shared, _on_ro_previously_shared, _on_ro_exclusive, test_iouring_ro and
 * test_cow_in_parent_mprotect of tools/testing/selftests/vm/cow.c (linux b501d4dc83aa, between v6.1
 * and v6.2): a page is pinned for reading that is the parent's own, that it shares with a child, or
 * that it shared with one that is gone. Then the parent writes, and the pin sees what it wrote: that
 * is the rule since FOLL_PIN. v4.18 takes the page as it finds it (PIN-HAZARD-012). There gup_test
 * and io_uring pin, here a mapping of VFIO does. cow.test.ts has the pins for writing. Pins by vmsplice
 * are not for long, and left out, as are swap and huge pages.
 */

const buffer = (page = "buf") => [memory(page, "4K"), `app: store(${page}, "old!") = 0`];
const pin = map("buf", "64K", "4K", "0", 1);
const writes = (who: string, text: string) => `${who}: store(buf, "${text}") = 0`;
const reads = (who: string, text: string) => `expect bytes(${who}, buf, 4) == "${text}"`;
const sees = (text: string) => `expect seen(hisi_zip-0, 64K, 4) == "${text}"`;

/** To and fro: the entry may be written again, and the page is shared as before. */
const protect = [
  "app: mprotect(buf, 4K, PROT_READ) = 0",
  "app: mprotect(buf, 4K, PROT_READ|PROT_WRITE) = 0",
];

/** What went before, and whether the page is shared when it is pinned. */
const BEFORE = [
  ["a page of the parent's own", [], false],
  ["a page of the parent's own, protected and not", protect, false],
  ["a page shared with a child", ["app: child = fork()"], true],
  ["a page shared with a child that is gone", ["app: child = fork()", "child: exit(0) = ?"], false],
  [
    "a page that a child wrote, and so left",
    ["app: child = fork()", writes("child", "mine")],
    false,
  ],
  ["a page shared with a child, protected and not", ["app: child = fork()", ...protect], true],
] as const;

describe.each(["v4.18", "v6.1"] as const)("%s", (kernel) => {
  const setting = { kernel, type: "VFIO_TYPE1_IOMMU" } as const;

  test.each(BEFORE)(
    "%s is pinned for reading, and the parent writes",
    (_what, before, isShared) => {
      const isLost = kernel === "v4.18" && isShared;
      holds(
        withContainer(setting, [
          ...buffer(),
          ...before,
          pin,
          sees("old!"),
          writes("app", "new!"),
          reads("app", "new!"),
          ...(isShared ? [reads("child", "old!")] : []),
          ...(isLost
            ? [
                sees("old!"),
                leadsTo("64K", "buf").replace("==", "!="),
                "expect pins(app, buf) == 0",
              ]
            : [sees("new!"), leadsTo("64K", "buf"), "expect pins(app, buf) == 1"]),
          // What the device lost is given back all the same.
          unmap("64K", "4K", "4K"),
          "expect app.locked_vm == 0",
          "expect pins(app, buf) == 0",
          ...(isShared ? ["expect pins(child, buf) == 0"] : []),
        ]),
      );
    },
  );

  test("a shared page is pinned for reading, and the child writes first", () => {
    holds(
      withContainer(setting, [
        ...buffer(),
        "app: child = fork()",
        pin,
        writes("child", "mine"),
        sees("old!"),
        writes("app", "new!"),
        reads("child", "mine"),
        sees("new!"),
        leadsTo("64K", "buf"),
      ]),
    );
  });

  test("pinned for reading before fork: protected and not, the parent's page stays the parent's", () => {
    const isLost = kernel === "v4.18";
    holds(
      withContainer(setting, [
        ...buffer(),
        pin,
        "app: child = fork()",
        ...protect,
        writes("app", "new!"),
        reads("child", "old!"),
        sees(isLost ? "old!" : "new!"),
      ]),
    );
  });

  test("pinned for writing, protected and not: the pin sees what the parent writes", () => {
    holds(
      withContainer(setting, [
        ...buffer(),
        map("buf", "64K", "4K"),
        ...protect,
        writes("app", "new!"),
        sees("new!"),
        leadsTo("64K", "buf"),
      ]),
    );
  });

  test("not pinned: protected and not, the child sees nothing of what the parent writes", () => {
    holds(
      withContainer(setting, [
        ...buffer(),
        "app: child = fork()",
        ...protect,
        writes("app", "new!"),
        reads("app", "new!"),
        reads("child", "old!"),
        writes("child", "mine"),
        reads("app", "new!"),
      ]),
    );
  });

  test("of two children each keeps what it has, whoever writes", () => {
    holds(
      withContainer(setting, [
        ...buffer(),
        "app: child = fork()",
        "app: second = fork()",
        pin,
        writes("second", "mine"),
        writes("app", "new!"),
        reads("child", "old!"),
        reads("second", "mine"),
        sees(kernel === "v4.18" ? "old!" : "new!"),
      ]),
    );
  });
});
