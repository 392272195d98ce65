import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { removeUacce } from "../../../engine/frameworks/index.ts";
import { engineStep, PAGING } from "../../../engine/hw/index.ts";
import { FAULT, type IommuPart } from "../../../engine/iommu/index.ts";
import { peek, readMemory } from "../../../engine/mm/index.ts";
import { type Computer, word } from "./computer.ts";
import { computer, memory, open, PUT, RINGS, ready, START, state } from "./uacce-bench.ts";

function mmOf(on: Computer, pid: number): number {
  return on.machine.tasks[pid]?.mm ?? -1;
}

function text(on: Computer, pid: number, at: number, size: number): string {
  const bytes = readMemory(on.machine, mmOf(on, pid), at, size);
  return bytes.ok ? String.fromCharCode(...bytes.value) : bytes.errno;
}

function frame(on: Computer, pid: number, at: number): number | undefined {
  return peek(on.machine, mmOf(on, pid), at)?.pfn;
}

/** References to frames, over all of them. */
function held(on: Computer): number {
  return on.machine.frames.refs.reduce((sum, count) => sum + count, 0);
}

/** A request of 64 bytes of the same letter, whose result lies in `room` bytes at `dst`. */
function send(on: Computer, fd: number, src: number, dst: number, pid = on.app): string {
  return word(on.call(pid, "wd_send", fd, { src, len: 64, dst, room: PAGE }));
}

function receive(on: Computer, fd: number, pid = on.app): string {
  return word(on.call(pid, "wd_recv", fd));
}

describe("when a process ends", () => {
  test("UACCE-020: v5.7 puts all its queues at once, although a child still has the file", () => {
    const on = computer({ kernel: "v5.7" });
    for (const _one of [1, 2]) ready(on);
    on.good(on.app, "fork", "child");
    on.kill(on.app);
    expect([state(on, 0), state(on, 1), on.taken()]).toEqual(["ZOMBIE", "ZOMBIE", 0]);
    expect(on.machine.bonds[0]?.refs).toBe(2); // unbound by the last close
    ready(on, on.root);
    on.kill(on.good(on.root, "fork", "idle")); // somebody else's end is nothing to it
    expect(on.machine.bonds[0]?.refs).toBe(2);
    expect(state(on, 2)).toBe("STARTED");
  });

  test("v6.1 keeps them until the last close", () => {
    const on = computer();
    const fd = ready(on);
    const child = on.good(on.app, "fork", "child");
    on.kill(on.app);
    expect([state(on), on.taken(), on.machine.bonds[0]?.refs]).toEqual(["STARTED", 1, 1]);
    on.good(child, "close", fd);
    expect([state(on), on.taken(), on.machine.bonds[0]?.refs]).toEqual(["ZOMBIE", 0, 0]);
  });

  test("a request under way when its process dies is ended by the IOMMU, without an event", () => {
    const on = computer({ device: "hw=v2 held" });
    const fd = ready(on);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    on.good(on.app, "fork", "child");
    send(on, fd, buf, buf + PAGE);
    engineStep(on.machine, 0); // the engine fetches the request
    on.kill(on.app);
    for (let steps = 0; steps < 4; steps += 1) engineStep(on.machine, 0);
    expect(on.machine.streams[0]).toMatchObject({ faults: 1 });
    expect(on.machine.streams[0]?.last).toBeUndefined();
    expect(on.machine.jobs[0]).toBeUndefined();
  });

  test("everything is given back, however it ends", () => {
    for (const kernel of ["v5.7", "v6.1"] as const) {
      const on = computer({ kernel });
      const before = held(on); // what is the kernel's own
      const fd = ready(on);
      const buf = memory(on, 3);
      on.good(on.app, "store", buf, "a".repeat(64));
      send(on, fd, buf, buf + PAGE);
      on.good(on.app, "fork", "child");
      on.call(on.app, "exit", 0);
      on.kill(on.machine.tasks.length - 1);
      expect(on.taken()).toBe(0);
      expect(on.machine.bonds.every(({ refs }) => refs === 0)).toBe(true);
      expect(on.machine.notifiers).toEqual([]);
      expect(on.machine.unanswered).toEqual([]);
      expect(held(on)).toBe(before);
    }
  });
});

describe("after fork", () => {
  test("D26: the child may put its parent's queue: nobody asks who calls", () => {
    const on = computer({ kernel: "v5.7" });
    const fd = ready(on);
    const child = on.good(on.app, "fork", "child");
    expect(word(on.ioctl(child, fd, PUT))).toBe("0");
    expect(state(on)).toBe("ZOMBIE");
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    expect(send(on, fd, buf, buf + PAGE)).toBe("0"); // into rings that nobody reads
    expect(receive(on, fd)).toBe("EAGAIN");
  });

  test("a queue that the child maps itself still works in its parent's address space", () => {
    const on = computer();
    const fd = open(on);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "p".repeat(64));
    const child = on.good(on.app, "fork", "child");
    on.good(child, "store", buf, "c".repeat(64));
    on.good(child, "drv_open", fd, "hisi_qm_v2");
    on.good(child, "ioctl", fd, START);
    on.good(child, "store", buf + PAGE, "child");
    send(on, fd, buf, buf + PAGE, child);
    expect(receive(on, fd, child)).toBe("0");
    expect(text(on, child, buf + PAGE, 5)).toBe("child");
    expect(frame(on, on.app, buf + PAGE)).toBeDefined();
    expect(text(on, on.app, buf + PAGE, 5)).not.toBe("\0\0\0\0\0");
  });

  test("the child that opens for itself gets its own PASID, and its own view", () => {
    const on = computer();
    const mine = ready(on);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "p".repeat(64));
    const child = on.good(on.app, "fork", "child");
    const its = ready(on, child);
    expect(Array.from(on.machine.queues.pasid.subarray(0, 2))).toEqual([1, 2]);
    send(on, its, buf, buf + PAGE, child);
    send(on, mine, buf, buf + PAGE);
    expect([receive(on, mine), receive(on, its, child)]).toEqual(["0", "0"]);
    expect(frame(on, on.app, buf + PAGE)).not.toBe(frame(on, child, buf + PAGE));
  });
});

describe("a missing page", () => {
  test("is asked for by PRI in one group, for the whole buffer; stalls come one by one", () => {
    const seen = (["pri", "stall"] as const).map((faults) => {
      const on = computer({ iommu: `pasid=8 faults=${faults}` });
      const fd = ready(on);
      const buf = memory(on, 8);
      on.good(on.app, "store", buf + 7 * PAGE, "x"); // the page for the result
      on.good(on.app, "wd_send", fd, { src: buf, len: 4 * PAGE, dst: buf + 7 * PAGE, room: PAGE });
      expect(receive(on, fd)).toBe("0");
      const { faults: refused, asked } = on.machine.streams[0] as IommuPart["streams"][number];
      return [on.count("iopf.request"), on.count("iopf.response"), asked, refused];
    });
    expect(seen).toEqual([
      [4, 1, 1, 0],
      [4, 4, 4, 0],
    ]);
  });

  test("is asked for again where the queue of requests was full", () => {
    const on = computer({ iommu: "pasid=8 faults=pri" });
    const fd = ready(on);
    const buf = memory(on, 8);
    const [iommu] = on.machine.iommus;
    if (iommu) on.machine.iommus[0] = { ...iommu, requestsMax: 2 };
    const stuck = { stream: 0, pasid: 1, group: 99, va: buf, access: "read" as const };
    on.machine.requests.push({ ...stuck, isLast: false }); // somebody's, who never sends the last
    on.good(on.app, "store", buf + 7 * PAGE, "x");
    on.good(on.app, "wd_send", fd, { src: buf, len: 4 * PAGE, dst: buf + 7 * PAGE, room: PAGE });
    expect(receive(on, fd)).toBe("0");
    expect([on.count("iopf.response"), on.machine.partials.length]).toEqual([2, 0]);
    expect(on.machine.iommus[0]?.isOverflown).toBe(false);
  });

  test("that cannot be had ends the request, and the next one is served", () => {
    const on = computer({ more: "mended D18" });
    const fd = ready(on);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    send(on, fd, 0x1000, buf + PAGE);
    expect(receive(on, fd)).toBe("EIO");
    expect(on.machine.streams[0]).toMatchObject({
      faults: 1,
      last: { reason: FAULT.translation, pasid: 1, access: "read" },
    });
    send(on, fd, buf, buf + PAGE);
    expect(receive(on, fd)).toBe("0");
  });

  test("a place for the result that may only be read is refused, and not written", () => {
    const on = computer();
    const fd = ready(on);
    const buf = memory(on, 1);
    on.good(on.app, "store", buf, "a".repeat(64));
    const target = on.good(on.app, "mmap", 0, PAGE, 1, 34, -1, 0);
    send(on, fd, buf, target);
    expect(receive(on, fd)).toBe("EIO");
    expect(on.machine.streams[0]?.last).toMatchObject({ access: "write" });
    expect(frame(on, on.app, target)).toBeUndefined();
  });

  test("out of memory ends the request too", () => {
    const on = computer({ more: "fail allocate 4" });
    const fd = ready(on); // the bond, the rings
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    send(on, fd, buf, buf + PAGE);
    expect(receive(on, fd)).toBe("EIO");
  });
});

describe("the first and the second silicon", () => {
  // biome-ignore format: one case a line
  test.each([
    ["hw=v1", "hisi_qm_v1", "0"],
    ["hw=v2", "hisi_qm_v2", "0"],
    ["hw=v2", "hisi_qm_v1", "EAGAIN"],
  ] as const)("%s with the user driver %s: %s", (device, api, got) => {
    const on = computer({ device });
    const fd = ready(on, on.app, api);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    send(on, fd, buf, buf + PAGE);
    expect(receive(on, fd)).toBe(got);
  });

  test("a user driver of the second on the first cannot map its doorbell", () => {
    const on = computer({ device: "hw=v1" });
    expect(word(on.call(on.app, "drv_open", open(on), "hisi_qm_v2"))).toBe("EIO");
  });

  test("two queues are told apart by the number that the kernel told (no D13)", () => {
    const on = computer();
    const fds = [ready(on), ready(on)];
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    send(on, fds[1] as number, buf, buf + PAGE);
    expect([receive(on, fds[0] as number), receive(on, fds[1] as number)]).toEqual(["EAGAIN", "0"]);
  });

  test("a doorbell before START_Q is lost", () => {
    const on = computer();
    const fd = open(on);
    on.good(on.app, "drv_open", fd, "hisi_qm_v2");
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "a".repeat(64));
    send(on, fd, buf, buf + PAGE);
    on.good(on.app, "ioctl", fd, START);
    expect(receive(on, fd)).toBe("EAGAIN");
  });
});

describe("remove", () => {
  test("puts queues, unbinds processes, and hides the device; closing later does no harm", () => {
    for (const kernel of ["v5.7", "v6.1"] as const) {
      const on = computer({ kernel });
      const fd = ready(on);
      const other = on.task("other", false);
      ready(on, other);
      removeUacce(on.machine, on.ops, 0);
      expect([on.taken(), state(on, 0), state(on, 1)]).toEqual([0, "ZOMBIE", "ZOMBIE"]);
      expect(on.machine.bonds.map(({ refs }) => refs)).toEqual([0, 0]);
      expect(on.machine.streams[0]).toMatchObject({ sva: false, iopf: false });
      expect(on.machine.nodes.some(({ path }) => path.includes("hisi_zip"))).toBe(false);
      on.good(on.app, "close", fd);
      on.kill(other);
    }
  });

  test("while the engine waits for a page ends the wait, and the request", () => {
    const on = computer({ device: "hw=v2 held" });
    const fd = ready(on);
    const buf = memory(on, 2);
    send(on, fd, buf, buf + PAGE);
    for (let steps = 0; steps < 2; steps += 1) engineStep(on.machine, 0, { paging: PAGING }); // fetch, then no page
    expect(on.machine.jobs[0]).toMatchObject({ stage: "read", isWaiting: true });
    removeUacce(on.machine, on.ops, 0);
    on.run();
    expect(on.machine.jobs[0]).toMatchObject({ isWaiting: false, isRefused: true });
    for (let steps = 0; steps < 3; steps += 1) engineStep(on.machine, 0);
    expect(on.machine.jobs[0]).toBeUndefined();
  });

  test("v6.1 takes the mappings out of the processes, v5.7 leaves them", () => {
    for (const [kernel, got] of [
      ["v5.7", "0"],
      ["v6.1", "SIGSEGV"],
    ] as const) {
      const on = computer({ kernel });
      const at = on.good(on.app, "mmap", 0, RINGS, 3, 1, open(on), PAGE);
      removeUacce(on.machine, on.ops, 0);
      expect(word(on.call(on.app, "load", at, 4))).toBe(got);
    }
  });
});
