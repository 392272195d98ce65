import { expect, test } from "vitest";
import { addActor, Iova } from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  bindMm,
  commandCount,
  commandsSince,
  disableFeature,
  enableFeature,
  handleGroup,
  known,
  PRI_ANSWER,
  pageResponse,
  postRequest,
  RESUME,
  reached,
  stopFaults,
  takeRequests,
  translate,
  unbindMm,
} from "../../../engine/iommu/index.ts";
import { able, bound, FIRST, process, type SvaOptions } from "./process.ts";

/** A second device: behind the first one's IOMMU, or behind one of its own. */
function withSecond(isApart: boolean, options: SvaOptions = {}) {
  const on = able(options);
  const { machine } = on;
  const faults = options.faults ?? "stall";
  const iommu = isApart
    ? addIommu(machine, { name: "smmu1", ssidBits: 10, faults, ...options })
    : 0;
  const device = addActor(machine, { name: "hisi_zip-1", kind: "device", id: 1 });
  const second = addStream(machine, { device, iommu });
  enableFeature(machine, second, "iopf");
  enableFeature(machine, second, "sva");
  const bind = (stream: number, mm: number) => {
    const bond = bindMm(machine, stream, mm);
    if (!bond.ok) throw new Error(bond.why);
    return bond.value;
  };
  const ask = (stream: number, group: number, isLast = true) =>
    postRequest(machine, { stream, pasid: 1, group, va: FIRST as never, access: "read", isLast });
  return { ...on, second, iommu, bind, ask };
}

test("two devices behind one IOMMU share a process by one tag, and forget it with the last", () => {
  const { machine, stream, second, bind } = withSecond(false);
  const mm = process(machine, 1);
  const [one, two] = [bind(stream, mm), bind(second, mm)];
  expect(machine.bonds[one]?.asid).toBe(machine.bonds[two]?.asid);
  expect(machine.notifiers).toHaveLength(1);
  unbindMm(machine, one);
  expect(machine.notifiers).toHaveLength(1);
  expect(translate(machine, second, Iova(FIRST), "read", 1)).toMatchObject({ ok: true });
  expect(translate(machine, stream, Iova(FIRST), "read", 1)).toMatchObject({ ok: false });
  unbindMm(machine, two);
  expect(machine.notifiers).toEqual([]);
});

test("behind two IOMMUs each has a tag, rows and a notifier of its own", () => {
  const { machine, stream, second, iommu, bind } = withSecond(true);
  const mm = process(machine, 1);
  const [one] = [bind(stream, mm), bind(second, mm)];
  expect(machine.notifiers).toHaveLength(2);
  for (const id of [stream, second]) translate(machine, id, Iova(FIRST), "read", 1);
  const rows = () =>
    [0, iommu].map((id) => known(machine.iotlb, machine.iommus[id] as never).length);
  expect(rows()).toEqual([1, 1]);
  const before = [0, iommu].map((id) => commandCount(machine, id));
  unbindMm(machine, one ?? -1);
  expect(rows()).toEqual([0, 1]);
  expect(machine.notifiers.map(({ firstRow }) => firstRow)).toEqual([
    machine.iommus[iommu]?.firstRow,
  ]);
  const asid = machine.bonds[one ?? -1]?.asid;
  const said = commandsSince(machine, 0, before[0] ?? 0);
  expect(said.map(({ name, tag, extra }) => [name, tag, extra])).toEqual([
    ["CFGI_CD", stream, 1],
    ["TLBI_NH_ASID", asid, 0],
    ["ATC_INV", 1, 0],
    ["SYNC", 0, 0],
  ]);
  expect(commandsSince(machine, iommu, before[1] ?? 0)).toEqual([]);
});

test("two processes on one device have a tag each, that no other address space of the IOMMU has", () => {
  const { machine, stream, second, bind } = withSecond(false);
  const [one, two] = [process(machine, 1), process(machine, 1)];
  const bonds = [bind(stream, one), bind(stream, two), bind(second, two)];
  const tags = bonds.map((place) => machine.bonds[place]?.asid);
  expect(tags[1]).toBe(tags[2]);
  const others = machine.domains.map(({ asid }) => asid);
  expect(new Set([...others, tags[0], tags[1]]).size).toBe(others.length + 2);
  unbindMm(machine, bonds[0] ?? -1);
  expect(machine.bonds[bind(stream, process(machine, 1))]?.asid).toBe(tags[0]);
});

test("sharing is on for one device while the other's is taken away", () => {
  const { machine, stream, second, bind } = withSecond(false);
  const bond = bind(stream, process(machine, 1));
  expect(disableFeature(machine, second, "sva")).toMatchObject({ ok: true });
  expect(disableFeature(machine, stream, "sva")).toMatchObject({ errno: "EBUSY" });
  expect(machine.streams[second]).toMatchObject({ sva: false, iopf: true });
  unbindMm(machine, bond);
  expect(disableFeature(machine, stream, "sva")).toMatchObject({ ok: true });
});

test("requests wait in the queue of their own IOMMU, and only that one overflows", () => {
  const { machine, stream, second, iommu, ask } = withSecond(true, {
    faults: "pri",
    requestsMax: 2,
  });
  bound({ machine, stream } as never, process(machine, 1));
  expect([ask(stream, 1), ask(stream, 2), ask(second, 3), ask(stream, 4)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect([0, iommu].map((id) => machine.iommus[id]?.isOverflown)).toEqual([true, false]);
  takeRequests(machine, 0);
  expect(machine.requests.map(({ group }) => group)).toEqual([3]);
  expect(machine.faultGroups.map(({ requests }) => requests.map(({ group }) => group))).toEqual([
    [1],
    [2],
  ]);
  expect(machine.iommus[0]?.isOverflown).toBe(false);
});

test("after an overflow what is parked goes, of that IOMMU alone", () => {
  const { machine, stream, second, iommu, ask } = withSecond(true, {
    faults: "pri",
    requestsMax: 1,
  });
  const parts = () => machine.partials.map(({ group }) => group);
  ask(stream, 1, false);
  ask(second, 2, false);
  takeRequests(machine, 0);
  takeRequests(machine, iommu);
  expect(parts()).toEqual([1, 2]);
  ask(stream, 3, false);
  expect(ask(stream, 3)).toBe(false);
  takeRequests(machine, 0);
  expect(parts()).toEqual([2]);
});

test("parked requests wait for the last of their own group and device", () => {
  const { machine, stream, second, ask } = withSecond(false, { faults: "pri" });
  const groups = () =>
    machine.faultGroups.map(({ requests }) =>
      requests.map((one) => [one.stream, one.group, one.isLast]),
    );
  for (const [id, group] of [
    [stream, 1],
    [stream, 2],
    [second, 1],
  ] as const) {
    ask(id, group, false);
  }
  ask(stream, 1);
  takeRequests(machine, 0);
  expect(groups()).toEqual([
    [
      [stream, 1, false],
      [stream, 1, true],
    ],
  ]);
  expect(machine.partials.map((one) => [one.stream, one.group])).toEqual([
    [stream, 2],
    [second, 1],
  ]);
});

// biome-ignore format: one case a line
test.each([
  ["pri",   "PRI_RESP", PRI_ANSWER.DENY],
  ["stall", "RESUME",   RESUME.ABORT],
] as const)("%s: who handles no faults is told no at the last of a group, and not before", (faults, name, extra) => {
  const { machine, second, ask } = withSecond(false, { faults });
  disableFeature(machine, second, "sva");
  disableFeature(machine, second, "iopf");
  const before = commandCount(machine, 0);
  ask(second, 9, false);
  takeRequests(machine, 0);
  expect(commandsSince(machine, 0, before)).toEqual([]);
  ask(second, 9);
  takeRequests(machine, 0);
  expect(commandsSince(machine, 0, before)).toMatchObject([{ name, tag: 9, extra }]);
});

test("an answer finds the request of its own device; faults stop for one, and its parked ones go", () => {
  const { machine, stream, second, ask } = withSecond(false, { faults: "pri" });
  ask(stream, 5);
  ask(second, 5);
  ask(second, 6, false);
  takeRequests(machine, 0);
  const answer = (id: number) =>
    pageResponse(machine, id, { version: 1, hasPasid: true, pasid: 1, group: 5, code: 0 }).ok;
  expect([answer(second), answer(second)]).toEqual([true, false]);
  expect(stopFaults(machine, stream)).toMatchObject({ errno: "EBUSY" });
  ask(stream, 7, false);
  takeRequests(machine, 0);
  expect(disableFeature(machine, second, "sva")).toMatchObject({ ok: true });
  expect(machine.partials.map(({ group }) => group)).toEqual([7]);
  expect(answer(stream)).toBe(true);
});

test("IOPF-015: faults stop for the device whose requests are all answered, and its parked ones go", () => {
  const { machine, stream, second, ask } = withSecond(false, { faults: "pri" });
  ask(stream, 5);
  for (const id of [stream, second]) ask(id, 6, false);
  takeRequests(machine, 0);
  expect(stopFaults(machine, second)).toMatchObject({ ok: true });
  expect(machine.partials.map((one) => one.stream)).toEqual([stream]);
  ask(second, 7);
  takeRequests(machine, 0);
  expect(stopFaults(machine, stream)).toMatchObject({ errno: "EBUSY" });
  expect(machine.partials.map((one) => one.stream)).toEqual([stream]);
});

test("a write is not granted by the right to read, nor a read by the right to write", () => {
  for (const [prot, access, code] of [
    [1, "read", 0],
    [1, "write", 1],
    [2, "read", 1],
    [2, "write", 0],
  ] as const) {
    const { machine, stream } = able({ faults: "pri" });
    const mm = process(machine, 1, 0, prot);
    const pasid = bound({ machine, stream } as never, mm);
    postRequest(machine, { stream, pasid, group: 1, va: FIRST as never, access, isLast: true });
    takeRequests(machine, 0);
    expect([prot, access, handleGroup(machine)?.code]).toEqual([prot, access, code]);
  }
});

test("what a look finds is what the IOTLB knows, and else what the tables say", () => {
  const { machine, stream, bind } = withSecond(false);
  const mm = process(machine, 2);
  bind(stream, mm);
  const found = translate(machine, stream, Iova(FIRST), "read", 1);
  expect(reached(machine, stream, FIRST, 1)).toBe(found.ok ? found.pfn : -2);
  expect(reached(machine, stream, FIRST + 4096, 1)).toBeGreaterThan(0);
  expect(reached(machine, stream, FIRST + 2 * 4096, 1)).toBe(-1);
  expect(reached(machine, stream, FIRST, 2)).toBe(-1);
  expect(reached(machine, stream, FIRST, 0)).toBe(-1);
});
