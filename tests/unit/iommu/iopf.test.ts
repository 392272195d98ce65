import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import {
  commandCount,
  disableFeature,
  enableFeature,
  FAULT,
  handleGroup,
  PAGE_RESPONSE,
  pageResponse,
  queueFault,
  stopFaults,
  takeRequests,
  unbindMm,
} from "../../../engine/iommu/index.ts";
import { forkMm, PROT, putMm, readFrame } from "../../../engine/mm/index.ts";
import { able, access, ask, bound, FIRST, frame, process, reach, serve } from "./process.ts";
import { type Bench, bench } from "./support.ts";

const { SUCCESS, INVALID, FAILURE } = PAGE_RESPONSE;

test("IOPF-001: the codes", () => {
  expect([SUCCESS, INVALID, FAILURE]).toEqual([0, 1, 2]);
});

/** A bound process with one page written, one not, and an area that may only be read. */
function waiting(faults: "pri" | "stall" = "stall", fails: Parameters<typeof able>[0] = {}) {
  const on = able({ faults, ...fails });
  const mm = process(on.machine, 2, 1);
  bound(on, mm);
  return { on, mm };
}

describe("one request", () => {
  test("IOPF-012: brings the page in, and the access is let through", () => {
    const { on, mm } = waiting();
    const page = access(on, 1, FIRST + PAGE, "write");
    expect(page).toBe(frame(on.machine, mm, FIRST + PAGE));
    expect(on.machine.streams[on.stream]?.faults).toBe(0);
  });

  test("a read of what nobody wrote gets zeros, and no frame", () => {
    const { on } = waiting();
    expect(access(on, 1, FIRST + PAGE, "read")).toBe(0);
    expect(access(on, 1, FIRST + PAGE, "write")).toBeGreaterThan(0);
  });

  test("IOPF-012: breaks copy on write as the CPU would, and the content moves along", () => {
    const { on, mm } = waiting();
    const child = forkMm(on.machine, mm);
    const page = access(on, 1, FIRST, "write") as number;
    expect(frame(on.machine, mm, FIRST)).toBe(page);
    expect(child.ok && frame(on.machine, child.value, FIRST)).not.toBe(page);
    expect(Array.from(readFrame(on.machine, page as never, 0, 1))).toEqual([1]);
  });

  // biome-ignore format: one case a line
  const BAD: readonly (readonly [why: string, prot: number, va: number, how: "read" | "write"])[] = [
    ["an address in no area",            PROT.READ | PROT.WRITE, FIRST + 8 * PAGE, "read"],
    ["a write where only reads are allowed", PROT.READ,          FIRST,            "write"],
    ["a read where only writes are",     PROT.WRITE,             FIRST,            "read"],
    ["anything where nothing is",        PROT.NONE,              FIRST,            "read"],
  ];

  test.each(BAD)("is INVALID for %s", (_why, prot, va, how) => {
    const on = able();
    bound(on, process(on.machine, 1, 0, prot));
    expect(access(on, 1, va, how)).toBe("answer 1");
  });

  test("is INVALID where the fault finds no memory", () => {
    const { on } = waiting("stall", { fails: [{ kind: "allocate", nth: 3 }] });
    expect(access(on, 1, FIRST + PAGE, "write")).toBe("answer 1");
    expect(access(on, 1, FIRST + PAGE, "write")).toBeGreaterThan(0);
  });

  test("is INVALID without a PASID, and of a process that died meanwhile", () => {
    const { on, mm } = waiting();
    ask(on, { pasid: 0 });
    expect(serve(on)).toMatchObject({ code: INVALID });
    ask(on, { va: FIRST + PAGE });
    putMm(on.machine, mm);
    expect(serve(on)).toMatchObject({ code: INVALID });
    expect(reach(on, 1, FIRST)).toBe(`fault ${FAULT.quiet}`);
  });

  test.each([
    ["nothing is enabled", []],
    ["sharing is not", ["iopf"]],
    ["sharing is not any more", ["iopf", "sva", "not sva"]],
  ] as const)("of a device whose faults nobody handles, since %s, is ENODEV", (_why, done) => {
    const { machine, stream } = bench({ kernel: "v6.1", ssidBits: 4, faults: "pri" });
    for (const what of done) {
      if (what === "not sva") expect(disableFeature(machine, stream, "sva").ok).toBe(true);
      else expect(enableFeature(machine, stream, what).ok).toBe(true);
    }
    const request = { stream, pasid: 1, group: 1, va: FIRST, access: "read" as const };
    expect(queueFault(machine, { ...request, isLast: true })).toMatchObject({ errno: "ENODEV" });
  });
});

describe("a group", () => {
  const pages = [0, 1, 2].map((page) => FIRST + page * PAGE);

  function threePages(): { on: Bench; mm: number } {
    const on = able({ faults: "pri" });
    const mm = process(on.machine, 4, 0);
    bound(on, mm);
    return { on, mm };
  }

  test("IOPF-008, -009: waits for its last request, and is answered once", () => {
    const { on, mm } = threePages();
    for (const va of pages.slice(0, 2)) ask(on, { va, access: "write", isLast: false });
    expect(serve(on)).toBeUndefined();
    expect(on.machine.partials).toHaveLength(2);
    ask(on, { va: FIRST + 3 * PAGE, group: 6, access: "write" }); // another group goes its own way
    expect(serve(on)).toEqual({ stream: on.stream, group: 6, code: SUCCESS });
    expect(frame(on.machine, mm, FIRST)).toBeUndefined();
    ask(on, { va: pages[2] as number, access: "write" });
    expect(serve(on)).toEqual({ stream: on.stream, group: 5, code: SUCCESS });
    expect(serve(on)).toBeUndefined();
    for (const va of pages) expect(frame(on.machine, mm, va)).toBeGreaterThan(0);
    expect(on.machine.partials).toEqual([]);
    expect(on.machine.unanswered).toEqual([]);
  });

  test("IOPF-010: the first that fails decides, and those after it are not handled", () => {
    const { on, mm } = threePages();
    ask(on, { va: pages[0] as number, access: "write", isLast: false });
    ask(on, { va: 0x1000, access: "write", isLast: false });
    ask(on, { va: pages[2] as number, access: "write" });
    expect(serve(on)).toMatchObject({ code: INVALID });
    expect(frame(on.machine, mm, pages[0] as number)).toBeGreaterThan(0);
    expect(frame(on.machine, mm, pages[2] as number)).toBeUndefined();
  });
});

describe("overflow", () => {
  test("IOPF-019: a full queue loses requests, and all partial ones are dropped then", () => {
    const on = able({ faults: "pri", requestsMax: 2 });
    const mm = process(on.machine, 4, 0);
    bound(on, mm);
    const sent = [0, 1, 2].map((page) =>
      ask(on, { va: FIRST + page * PAGE, access: "write", isLast: page === 2 }),
    );
    expect(sent).toEqual([true, true, false]);
    expect(on.machine.iommus[0]?.isOverflown).toBe(true);
    expect(serve(on)).toBeUndefined();
    expect(on.machine.partials).toEqual([]);
    expect(on.machine.iommus[0]?.isOverflown).toBe(false);
    expect(frame(on.machine, mm, FIRST)).toBeUndefined();
    expect(access(on, 1, FIRST, "write")).toBe(frame(on.machine, mm, FIRST)); // and again
  });

  test("does not drop a group that was whole", () => {
    const on = able({ faults: "pri", requestsMax: 1 });
    const mm = process(on.machine, 2, 0);
    bound(on, mm);
    ask(on, { access: "write" });
    ask(on, { group: 6, va: FIRST + PAGE });
    expect(serve(on)).toMatchObject({ group: 5, code: SUCCESS });
    expect(frame(on.machine, mm, FIRST)).toBeGreaterThan(0);
  });
});

describe("an answer", () => {
  const GOOD = { version: 1, hasPasid: true, pasid: 1, group: 5, code: SUCCESS };

  // biome-ignore format: one case a line
  const ROWS: readonly (readonly [row: string, why: string, faults: "pri" | "stall", change: object, got: unknown])[] = [
    ["IOPF-005", "by group and PASID",              "pri",   {},                          SUCCESS],
    ["IOPF-005", "that says FAILURE",               "pri",   { code: FAILURE },           FAILURE],
    ["IOPF-003", "that says INVALID",               "stall", { code: INVALID },           INVALID],
    ["IOPF-017", "of another version",              "pri",   { version: 2 },              "EINVAL"],
    ["",         "to another group",                "pri",   { group: 4 },                "EINVAL"],
    ["",         "to another PASID",                "pri",   { pasid: 2 },                "EINVAL"],
    ["",         "without the PASID that it needs", "pri",   { hasPasid: false },         "EINVAL"],
    ["IOPF-018", "with a PASID that nobody asked for", "stall", { pasid: 77 },            SUCCESS],
    ["IOPF-018", "without one to a stalled access", "stall", { hasPasid: false },         SUCCESS],
  ];

  test.each(ROWS)("%s %s", (_row, _why, faults, change, got) => {
    const { on } = waiting(faults);
    ask(on, {});
    takeRequests(on.machine, 0);
    const answer = pageResponse(on.machine, on.stream, { ...GOOD, ...change });
    expect(answer.ok ? answer.value : answer.errno).toBe(got);
    expect(on.machine.unanswered).toHaveLength(answer.ok ? 0 : 1);
  });

  test("with a code that nobody knows is EINVAL, tells nobody, and nothing waits any more", () => {
    const { on } = waiting();
    ask(on, {});
    takeRequests(on.machine, 0);
    const before = commandCount(on.machine, 0);
    on.machine.news.count = 0;
    const answer = pageResponse(on.machine, on.stream, { ...GOOD, code: FAILURE + 1 });
    expect(answer).toMatchObject({ ok: false, errno: "EINVAL" });
    expect([commandCount(on.machine, 0), on.machine.news.count]).toEqual([before, 0]);
    expect(on.machine.unanswered).toEqual([]);
  });

  test("IOPF-015: while one is owed, the handler is not unregistered", () => {
    const { on } = waiting();
    ask(on, { isLast: false, group: 9 });
    ask(on, {});
    takeRequests(on.machine, 0);
    unbindMm(on.machine, 0);
    expect(stopFaults(on.machine, on.stream)).toMatchObject({ errno: "EBUSY" });
    expect(on.machine.partials).toHaveLength(1);
    // The IOMMU's driver does not look at what that says.
    expect(disableFeature(on.machine, on.stream, "sva")).toMatchObject({ ok: true });
    expect([on.machine.partials.length, on.machine.unanswered.length]).toEqual([0, 1]);
    expect(handleGroup(on.machine)?.code).toBe(SUCCESS);
    expect(on.machine.unanswered).toEqual([]);
  });
});
