import { expect, test } from "vitest";
import { FAIL_KINDS, PAGE } from "../../../engine/core/index.ts";
import type { Computer } from "./computer.ts";
import { computer, NAME, RW, START } from "./uacce-bench.ts";

const BUF = 0x40000000;

function held(on: Computer): number {
  return on.machine.frames.refs.reduce((sum, count) => sum + count, 0);
}

/** One life of a program: open, map, start, a request with missing pages, fork, copy, close. */
function live(on: Computer): void {
  const { app } = on;
  const fd = on.call(app, "open", NAME, 2).value;
  on.call(app, "drv_open", fd, "hisi_qm_v2");
  on.call(app, "ioctl", fd, START);
  on.call(app, "mmap", BUF, 4 * PAGE, RW, 2 | 16 | 32, -1, 0);
  on.call(app, "store", BUF, "a text to be compressed");
  on.call(app, "wd_send", fd, { src: BUF, len: 2 * PAGE, dst: BUF + 3 * PAGE, room: PAGE });
  on.call(app, "wd_recv", fd);
  on.call(app, "fork", "child");
  on.call(app, "store", BUF, "again");
  on.call(app, "wd_send", fd, { src: BUF, len: PAGE, dst: BUF + 3 * PAGE, room: PAGE });
  on.call(app, "wd_recv", fd);
  on.call(app, "munmap", BUF, PAGE);
  on.call(app, "close", fd);
}

/** Runs `live` as far as it goes: a program that a failure killed makes no more calls. */
function liveOn(on: Computer): void {
  try {
    live(on);
  } catch {
    expect(on.machine.tasks[on.app]?.state).toBe("dead");
  }
}

test.each(FAIL_KINDS)("whichever %s fails, nothing is left in the end", (kind) => {
  const at = FAIL_KINDS.indexOf(kind);
  const plain = computer({ iommu: "pasid=8 faults=pri" });
  live(plain);
  const count = plain.machine.asked[at] as number;
  for (let nth = 1; nth <= count; nth += 1) {
    const on = computer({ iommu: "pasid=8 faults=pri", more: `fail ${kind} ${nth}` });
    const before = held(on);
    liveOn(on);
    for (const pid of on.machine.tasks.keys()) {
      if (pid !== on.root && on.machine.tasks[pid]?.state !== "dead") on.kill(pid);
    }
    const left = { frames: held(on) - before, taken: on.taken(), notifiers: on.machine.notifiers };
    expect(left, `${kind} ${nth}`).toEqual({ frames: 0, taken: 0, notifiers: [] });
    expect(on.machine.bonds.every(({ refs }) => refs === 0)).toBe(true);
    expect(on.machine.unanswered).toEqual([]);
  }
  if (kind !== "pin") expect(count).toBeGreaterThan(0);
  else expect(count).toBe(0); // uacce pins nothing
});
