import fc from "fast-check";
import { expect, test } from "vitest";
import { Iova, KERNELS, type Kernel, PAGE } from "../../../engine/core/index.ts";
import { addIommu, known, translate } from "../../../engine/iommu/index.ts";
import { PROT } from "../../../engine/mm/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, pinsOf } from "./look.ts";
import { type Memory, Ranges } from "./ranges-model.ts";
import { Bench, word } from "./support.ts";

const seed = Number(process.env.FUZZ_SEED ?? 42);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
/** Milliseconds: where FUZZ_RUNS is large. */
const TIMEOUT = 600_000;

const { VFIO_TYPE1_IOMMU: V1, VFIO_TYPE1v2_IOMMU: V2, VFIO_DMA_UNMAP_FLAG_ALL: ALL } = VFIO;

/** The buffer: pages 0..7 are there, of them 0..3 written; behind them is a hole, then 9 and 10. */
const TOUCHED = 4;
const PAGES = 8;
const LIMIT = 6;

const anIova = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 510, 511, 512);
const aCount = fc.constantFrom(0, 1, 1, 2, 2, 3, 4, 8);
const anOp = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("map" as const),
      iova: anIova,
      vaddr: fc.constantFrom(0, 1, 2, 3, 4, 6, 7, 9),
      pages: aCount,
      isWrite: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("unmap" as const), iova: anIova, pages: aCount }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("access" as const),
      iova: anIova,
      isWrite: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("all", "join", "leave" as const) }) },
);
type Op = typeof anOp extends fc.Arbitrary<infer T> ? T : never;

const aStory = fc.record({
  kernel: fc.constantFrom(...KERNELS),
  isV2: fc.boolean(),
  who: fc.constantFrom("user" as const, "root" as const),
  /** What joins and leaves beside the first device: one of the bus, or one that shares its parent's domain. */
  second: fc.constantFrom("pci" as const, "shared" as const),
  /** The first group is one of spimdev itself. */
  isShared: fc.boolean(),
  ops: fc.array(anOp, { size: "max", maxLength: 40 }),
});
type Story = typeof aStory extends fc.Arbitrary<infer T> ? T : never;

/** A container with one device; a second one may join, behind another IOMMU. */
class Play {
  readonly bench: Bench;
  readonly pid: number;
  readonly kernel: Kernel;
  readonly model: Ranges;
  readonly memory: Memory;
  readonly container: number;
  readonly first: number;
  readonly second: number;
  readonly buffer: number;
  /** The IOMMU groups whose tables the container's mappings stand in. */
  readonly homes: readonly [number, number];
  hasSecond = false;

  constructor({ kernel, isV2, who, second, isShared }: Story) {
    this.bench = new Bench({ kernel, mended: ["D22"] });
    const { bench } = this;
    const pid = bench[who];
    this.pid = pid;
    this.kernel = kernel;
    this.model = new Ranges(kernel, isV2);
    bench.limit(pid, LIMIT * PAGE);
    const far = addIommu(bench.machine, { name: "smmu1" });
    this.homes = [this.#device("one", isShared), this.#device("two", second === "shared", far)];
    const [one = "", two = ""] = bench.machine.vfioGroups.map(({ path }) => path);
    [this.container, this.first] = bench.ready(pid, isV2 ? V2 : V1, one) as [number, number];
    this.second = bench.fd(pid, two);
    const buffer = bench.buffer(pid, TOUCHED);
    bench.area(pid, PAGES - TOUCHED, { kind: "anonymous" });
    bench.area(pid, 1, { kind: "anonymous" }, PROT.NONE);
    bench.area(pid, 2, { kind: "anonymous" });
    this.buffer = buffer;
    this.memory = {
      frameOf: (page) => Math.max(0, frameOf(bench, pid, buffer + page * PAGE)),
      has: (page) => page !== PAGES && page < PAGES + 3,
      limit: who === "root" ? Number.POSITIVE_INFINITY : LIMIT,
    };
  }

  /** @returns the IOMMU group whose domain its container uses */
  #device(name: string, isShared: boolean, iommu = this.bench.iommu): number {
    if (!isShared) return this.bench.pci(name, iommu);
    const parent = this.bench.parent(name, iommu);
    this.bench.mdev(name, parent);
    return parent;
  }

  domainOf(home: number): number {
    return this.bench.machine.groups[home]?.domain ?? -1;
  }

  do(op: Op): void {
    const { bench, pid, container, model, memory, buffer } = this;
    bench.machine.news.count = 0;
    if (op.op === "map") {
      const expected = model.judge(op, memory);
      const [iova, vaddr] = [op.iova * PAGE, buffer + op.vaddr * PAGE];
      const reply = bench.map(pid, container, vaddr, iova, op.pages * PAGE, op.isWrite ? 3 : 1);
      expect(word(reply)).toBe(expected);
      if (expected === "0") model.add(op, memory);
    } else if (op.op === "unmap") {
      const expected = model.remove(op.iova, op.pages);
      const reply = bench.unmap(pid, container, op.iova * PAGE, op.pages * PAGE);
      if (typeof expected === "string") expect(word(reply)).toBe(expected);
      else expect(reply).toMatchObject({ ok: true, written: { size: BigInt(expected * PAGE) } });
    } else if (op.op === "all") {
      const arg = { argsz: 24, flags: ALL };
      const reply = bench.ioctl(pid, container, "VFIO_IOMMU_UNMAP_DMA", arg);
      if (this.kernel !== "v6.1") expect(word(reply)).toBe("EINVAL");
      else expect(reply).toMatchObject({ written: { size: BigInt(model.clear() * PAGE) } });
    } else if (op.op === "access") {
      this.#access(op.iova, op.isWrite);
    } else {
      this.#move(op.op);
    }
  }

  #access(page: number, isWrite: boolean): void {
    const { model, bench, homes, hasSecond } = this;
    const hit = model.list.find(({ iova, pages }) => iova <= page && page < iova + pages);
    const frame = hit && (hit.isWrite || !isWrite) ? hit.frames[page - hit.iova] : undefined;
    for (const home of hasSecond ? homes : homes.slice(0, 1)) {
      const stream = bench.machine.groups[home]?.streams[0] ?? -1;
      const got = translate(bench.machine, stream, Iova(page * PAGE), isWrite ? "write" : "read");
      expect(got.ok ? got.pfn : undefined).toBe(frame);
    }
  }

  #move(op: "join" | "leave"): void {
    const { bench, pid, second, container, hasSecond } = this;
    if (op === "join") {
      const reply = bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container);
      expect(word(reply)).toBe(hasSecond ? "EINVAL" : "0");
    } else {
      const reply = bench.ioctl(pid, second, "VFIO_GROUP_UNSET_CONTAINER");
      expect(word(reply)).toBe(hasSecond ? "0" : "EINVAL");
    }
    this.hasSecond = op === "join";
  }

  /** Lists, tables, pins and charge say what the model says; the IOMMUs remember nothing else. */
  check(): void {
    const { bench, pid, model, homes, hasSecond } = this;
    const { containers } = bench.machine;
    const ranges = model.list.map(({ iova, vaddr, pages, isWrite }) => ({
      iova: iova * PAGE,
      vaddr: this.buffer + vaddr * PAGE,
      size: pages * PAGE,
      prot: isWrite ? 3 : 1,
    }));
    expect(containers[0]?.dmas).toMatchObject(ranges);
    expect(containers[0]?.dmas).toHaveLength(ranges.length);
    expect(pinsOf(bench)).toEqual(model.pins());
    expect(bench.lockedVm(pid)).toBe(model.charged());
    const entries = model.entries();
    expect(leaves(bench, this.domainOf(homes[0]))).toEqual(entries);
    expect(leaves(bench, this.domainOf(homes[1]))).toEqual(hasSecond ? entries : []);
    for (const home of homes) {
      const { asid, iommu = -1 } = bench.machine.domains[this.domainOf(home)] ?? {};
      const owner = bench.machine.iommus[iommu];
      const rows = owner ? known(bench.machine.iotlb, owner) : [];
      const live = entries.map(([iova]) => iova);
      for (const row of rows) if (row.asid === asid) expect(live).toContain(row.start);
    }
  }

  /** All descriptors go, in an order that the story's length chooses. */
  close(turn: number): void {
    const fds = [this.container, this.first, this.second];
    for (let at = 0; at < 3; at += 1) this.bench.close(this.pid, fds[(at + turn) % 3] as number);
    this.hasSecond = false;
    this.model.clear();
    this.check();
    const { domains, groups } = this.bench.machine;
    expect(domains.filter(({ kind, isGone }) => kind === "unmanaged" && !isGone)).toEqual([]);
    expect(groups.map(({ sharers }) => sharers)).toEqual(groups.map(() => 0));
  }
}

test(
  "after any calls mappings, tables, pins and locked_vm agree with a list of ranges, and close leaves none",
  () => {
    fc.assert(
      fc.property(aStory, (story) => {
        const play = new Play(story);
        for (const op of story.ops) {
          play.do(op);
          play.check();
        }
        play.close(story.ops.length);
      }),
      { seed, numRuns },
    );
  },
  TIMEOUT,
);
