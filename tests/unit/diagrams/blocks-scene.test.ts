/** What the model says is what stands in blocks and states: who holds what, which call leads where. */

import { describe, expect, test } from "vitest";
import { type Blocks, type BlocksView, blocksAt, draw, viewsOf } from "../../../diagrams/index.ts";
import { runOf } from "./runs.ts";

function sceneOf(name: string, at: string, view: BlocksView): Blocks {
  const made = blocksAt(runOf(name), { at, view });
  if (!made.ok) throw new Error(made.message);
  return made.scene;
}

/** "process app: fd 3 > VFIO group /dev/vfio/1", by the first lines of boxes. */
function linesOf({ blocks, edges }: Blocks): readonly string[] {
  const names = new Map(blocks.map(({ id, lines }) => [id, lines[0]]));
  return edges.map(({ from, to, label, changed }) => {
    const end = to === undefined ? "X" : names.get(to);
    return `${names.get(from)}: ${label}${changed ? " *" : ""} > ${end}`;
  });
}

describe("who holds what", () => {
  test("descriptors lead to what they stand for, and that leads on", () => {
    expect(linesOf(sceneOf("open-a-queue", "@mapped", "blocks"))).toEqual([
      "process app: fd 3 > VFIO group /dev/vfio/1",
      "process app: fd 4 > container 0",
      "process app: fd 5 > mdev 2ad9f208",
      "process app: fd 6 > queue 0",
      "VFIO group /dev/vfio/1: in > container 0",
      "container 0: the parent's table > domain 0",
      "mdev 2ad9f208: its group > VFIO group /dev/vfio/1",
      "mdev 2ad9f208: its parent > 127 of 128 queues free",
      "127 of 128 queues free: DMA > domain 0",
    ]);
  });

  test("before SET_IOMMU a container leads nowhere, and before SET_CONTAINER no group leads to it", () => {
    const early = linesOf(sceneOf("open-a-queue", "2", "blocks")).join("\n");
    expect(early).not.toMatch(/container 0:|in > container/);
  });

  test("a child has the descriptors of its parent, all of them new", () => {
    const lines = linesOf(sceneOf("fork-cow", "@forked", "blocks"));
    const parent = lines.filter((line) => line.startsWith("process app"));
    const child = lines.filter((line) => line.startsWith("process child"));
    expect(child).toEqual(parent.map((line) => line.replace("app", "child").replace(" >", " * >")));
  });

  test("what the step made is marked, and what it ended is said", () => {
    const third = sceneOf("many-queues", "@third", "blocks");
    expect(linesOf(third).filter((line) => line.includes("*"))).toEqual([
      "process app: fd 8 * > queue 2",
    ]);
    expect(third.blocks.find(({ id }) => id === "queue 2")).toMatchObject({ changed: true });
    expect(third.blocks.filter(({ current }) => current)).toMatchObject([{ id: "mdev 0" }]);
    const back = sceneOf("many-queues", "@back", "blocks");
    expect(back.notes).toEqual(["Gone with this step = fd 7 of process app; queue 1."]);
    const killed = sceneOf("many-queues", "@killed", "blocks");
    expect(killed.notes[0]).toMatch(/^Gone with this step = fds 3, 4, 5, 6, 7, 8 of process app; /);
  });

  test("a queue of a shared address space leads to the page table of its process", () => {
    const lines = linesOf(sceneOf("uacce-two-programs", "@both", "blocks"));
    expect(lines).toContain("queue 0: PASID 1 > page table of app");
    expect(lines).toContain("queue 1: PASID 2 > page table of other");
  });

  test("without an IOMMU the device says that it reaches all memory", () => {
    const { blocks, groups } = sceneOf("no-iommu", "@reached", "blocks");
    const said = blocks.filter(({ lines }) => lines.some((line) => line.includes("no IOMMU")));
    expect(said).toHaveLength(1);
    expect(groups.some(({ title }) => title.startsWith("IOMMU"))).toBe(false);
  });
});

describe("states", () => {
  /** One line a call: "open: SET_CONTAINER > in a container". */
  const moves = (name: string, at: string) =>
    linesOf(sceneOf(name, at, "states")).flatMap((line) => {
      const [, from, calls = "", end] =
        /^(.*): (.*?)((?: = -1 \w+)? > .*)$/.exec(line.replace(/ \*/g, "")) ?? [];
      return calls.split(", ").map((call) => `${from}: ${call}${end}`);
    });

  test("PUT_Q is the end in v5.7, and a pause in v6.1 (UACCE-008, UACCE-031)", () => {
    expect(moves("uacce-first-release", "@again")).toContain("STARTED: PUT_Q > ZOMBIE");
    expect(moves("open-uacce", "@started")).toContain("STARTED: PUT_Q > INIT");
  });

  test("START_Q works once, in INIT alone (UACCE-006)", () => {
    const all = moves("uacce-first-release", "@again").filter((line) => line.includes("START_Q"));
    expect(all).toEqual([
      "INIT: START_Q > STARTED",
      "STARTED: START_Q = -1 EINVAL > X",
      "ZOMBIE: START_Q = -1 EINVAL > X",
    ]);
  });

  test("a group goes from closed to a device in the kernel's order, and is opened once", () => {
    const all = moves("open-a-queue", "@set-iommu");
    for (const line of [
      "closed: open group > open",
      "open: SET_CONTAINER > in a container",
      "in a container: SET_IOMMU > container has its IOMMU",
      "container has its IOMMU: GET_DEVICE_FD > device open",
      "device open: open group = -1 EBUSY > X",
      "device open: UNSET_CONTAINER = -1 EBUSY > X",
      "closed, its device open: close device > closed",
    ]) {
      expect(all).toContain(line);
    }
    const opened = all.filter((line) => /\bopen group\b.* > (?!X)/.test(line));
    expect(opened).toEqual(["closed: open group > open"]);
  });

  test("the state at the step is the current one, and the call that led there is marked", () => {
    const scene = sceneOf("open-a-queue", "@set-iommu", "states");
    expect(scene.blocks.filter(({ current }) => current).map(({ id }) => id)).toEqual([
      "container has its IOMMU",
    ]);
    const taken = linesOf(scene).filter((line) => line.includes("*"));
    expect(taken).toEqual(["in a container: SET_IOMMU * > container has its IOMMU"]);
  });

  test("looking does not move the run", () => {
    const run = runOf("open-v3");
    const before = JSON.stringify(run.machine.v3Devices);
    sceneOf("open-v3", "@started", "states");
    expect(JSON.stringify(run.machine.v3Devices)).toBe(before);
    expect(JSON.stringify(run.machineAt(run.steps.at(-1)?.after ?? 0).v3Devices)).toBe(before);
  });
});

describe("states that no call can be tried for are those of the story", () => {
  const said = (name: string, at: string) => linesOf(sceneOf(name, at, "states"));

  test("a request goes round: free, for the device, busy, done", () => {
    expect(said("send-request", "@done")).toEqual([
      "free: store doorbell, tail = 1 > REQ",
      "REQ: fetch request, 128 bytes > busy",
      "busy: write completion > done",
      "done: load completion, done > free",
    ]);
  });

  test("a mediated device that is in use waits before it is gone", () => {
    expect(said("mdev-remove-busy", "@gone").map((line) => line.replace(/: .* >/, " >"))).toEqual([
      "there, open > being removed",
      "being removed > gone",
    ]);
  });

  test("a refusal by the driver is one of the device that was not made", () => {
    const lines = said("sdmdev-crash", "@refused");
    expect(lines).toContain("not there: write create2, 36 bytes = -1 EBUSY * > X");
  });
});

test("a story in which nobody takes or lets go of anything offers neither", () => {
  const views = viewsOf(runOf("share-memory"));
  expect(views).not.toContain("blocks");
  expect(views).not.toContain("states");
  expect(draw(runOf("share-memory"), { at: "@share", view: "blocks" })).toMatchObject({
    ok: false,
    kind: "view",
  });
});
