import { expect, test } from "vitest";
import {
  addActor,
  append,
  Bytes,
  type CorePart,
  corePart,
  DEPTHS,
  deaf,
  emit,
  events,
  KIND_NAMES,
  KINDS,
  type Kind,
  Pfn,
  Vaddr,
} from "../../../engine/core/index.ts";

function machine(): CorePart {
  return corePart({ kernel: "v4.18", seed: 1, mended: [], fails: [] });
}

/** What `step` does around a handler. */
function say(part: CorePart, sink: ReturnType<typeof events>, talk: () => void): void {
  part.news.count = 0;
  part.news.mask.set(sink.mask);
  talk();
  append(part.news, sink);
}

test("every kind has a depth, and its code fits its column", () => {
  expect(KIND_NAMES.length).toBeLessThanOrEqual(256);
  for (const kind of KIND_NAMES) expect(DEPTHS, kind).toContain(KINDS[kind].depth);
});

test("what the kernel does names function, file and tag, and hardware names none", () => {
  const silent = KIND_NAMES.filter((kind) => KINDS[kind].source === "");
  // biome-ignore format: hardware, and what a program does by itself
  const wanted: readonly Kind[] = [
    "call.enter", "call.return", "cpu.write", "cpu.read", "dma.read", "dma.write", "dma.fault",
    "engine.compute", "engine.power", "irq.raise", "packet.arrive", "packet.drop", "packet.leave", "iommu.hit",
    "iommu.walk", "iommu.fault",
  ];
  expect(silent).toEqual(wanted);
  for (const kind of KIND_NAMES) {
    if (silent.includes(kind)) continue;
    expect(KINDS[kind].source, kind).toMatch(/[\w/.-]+\.[ch]\b.*(v\d+\.\d+|[0-9a-f]{12}|RFC)/);
  }
});

test("an event says kind, time, step, cause, span, actor and four numbers", () => {
  const part = machine();
  const sink = events();
  const actor = addActor(part, { name: "app", kind: "task", id: 0 });
  Object.assign(part.agenda, { now: 77, step: 5, cause: 3, span: 9, actor });
  say(part, sink, () => {
    emit(part, "mm.cow", Vaddr(0x7000), Pfn(3), Pfn(4));
    emit(part, "dma.read", 0x1000 as never, Bytes(64), 2, 1);
  });
  expect(sink.count).toBe(2);
  const [cow, dma] = [KIND_NAMES.indexOf("mm.cow"), KIND_NAMES.indexOf("dma.read")];
  expect(Array.from(sink.kind.subarray(0, 2))).toEqual([cow, dma]);
  for (const [name, value] of Object.entries({ at: 77, step: 5, cause: 3, span: 9, actor })) {
    const column = sink[name as "at"];
    expect(Array.from(column.subarray(0, 2)), name).toEqual([value, value]);
  }
  expect(Array.from(sink.args.subarray(0, 8))).toEqual([0x7000, 3, 4, 0, 0x1000, 64, 2, 1]);
});

test("a kind that nobody hears is counted all the same", () => {
  const part = machine();
  const sink = deaf();
  say(part, sink, () => {
    for (let time = 0; time < 5000; time += 1) emit(part, "mm.free", Pfn(1));
  });
  expect([sink.count, part.news.count]).toEqual([0, 0]);
  expect(part.counts[KIND_NAMES.indexOf("mm.free")]).toBe(5000);
  expect(part.counts.reduce((sum, count) => sum + count)).toBe(5000);
});

test("one listens for some kinds only", () => {
  const part = machine();
  const sink = events();
  sink.mask.fill(0);
  sink.mask[KIND_NAMES.indexOf("mm.free")] = 1;
  say(part, sink, () => {
    emit(part, "mm.free", Pfn(1));
    emit(part, "task.exit", 0);
    emit(part, "mm.free", Pfn(2));
  });
  expect([sink.count, sink.args[0], sink.args[4]]).toEqual([2, 1, 2]);
});

test("a sink grows, and keeps the order", () => {
  const part = machine();
  const sink = events();
  for (let step = 1; step <= 40; step += 1) {
    part.agenda.step = step;
    say(part, sink, () => {
      for (let id = 0; id < 25; id += 1) emit(part, "mm.free", Pfn(25 * step + id));
    });
  }
  expect(sink.count).toBe(1000);
  for (let at = 0; at < 1000; at += 1) {
    expect([sink.args[4 * at], sink.step[at]]).toEqual([25 + at, Math.floor(at / 25) + 1]);
  }
});

test("a step may say a thing about each page of a large range, in order", () => {
  const part = machine();
  const sink = events();
  say(part, sink, () => {
    for (let pfn = 1; pfn <= 70_000; pfn += 1) emit(part, "mm.free", Pfn(pfn));
  });
  expect(sink.count).toBe(70_000);
  for (const at of [0, 63, 64, 4095, 4096, 69_999]) expect(sink.args[4 * at]).toBe(at + 1);
  say(part, sink, () => emit(part, "mm.free", Pfn(7)));
  expect([sink.count, sink.args[280_000]]).toEqual([70_001, 7]);
});

test("one step that says more than it may is the model's mistake", () => {
  const part = machine();
  part.news.mask.fill(1);
  part.news.count = 1_048_576;
  expect(() => emit(part, "mm.free", Pfn(0))).toThrow("NEWS_MAX");
});
