import { describe, expect, test } from "vitest";
import { PAGE, type Value } from "../../../engine/core/index.ts";
import { REGISTERS } from "../../../engine/mm/index.ts";
import { addPciDevice, setIrqs, VFIO_PCI_DEVICE } from "../../../engine/vfio/pci-device.ts";
import { Bench, word } from "./support.ts";

/**
 * What vfio-pci says of a device: three bars of 16K, none and 8K, MSI-X in the last; one INTx, 4 MSI,
 * 8 MSI-X, no error interrupt unless it is of PCI Express, one request interrupt.
 * Source: include/uapi/linux/vfio.h v4.18
 */
function device({ msixBar = 2, isExpress = false } = {}) {
  const bench = new Bench();
  const iommuGroup = bench.parent("0000:01:00.0");
  addPciDevice(bench.machine, {
    iommuGroup,
    name: "0000:01:00.0",
    bars: [4 * PAGE, 0, 2 * PAGE],
    pfn: REGISTERS,
    msixBar,
    irqs: [1, 4, 8, isExpress ? 1 : 0, 1],
  });
  const asked = { file: -1, object: 0, pid: bench.user, call: -1 };
  const ioctl = (command: string, arg: Value) => {
    const reply = VFIO_PCI_DEVICE.ioctl?.(bench.machine, bench.ops, { ...asked, command, arg });
    if (!reply) throw new Error("no ioctl");
    return reply;
  };
  const mmap = (page: number, pages: number, shared = true) => {
    const wish = { file: 3, object: 0, pid: bench.user, start: 0, prot: 3, shared };
    const request = { ...wish, page, length: pages * PAGE };
    return VFIO_PCI_DEVICE.mmap?.(bench.machine, bench.ops, request as never);
  };
  return { bench, ioctl, mmap };
}

const written = (reply: object) => ("written" in reply ? reply.written : undefined);

test("GET_INFO: a PCI device that can be reset, 9 regions, 5 kinds of interrupt", () => {
  const { ioctl } = device();
  for (const argsz of [16, 17, 64]) {
    expect(written(ioctl("VFIO_DEVICE_GET_INFO", { argsz }))).toEqual({
      flags: 3,
      num_regions: 9,
      num_irqs: 5,
    });
  }
  expect(word(ioctl("VFIO_DEVICE_GET_INFO", { argsz: 15 }))).toBe("EINVAL");
  expect(word(ioctl("VFIO_DEVICE_GET_INFO", null))).toBe("EFAULT");
});

/** argsz, index; flags and size. READ 1, WRITE 2, MMAP 4, CAPS 8. */
// biome-ignore format: one region a line
const REGIONS = [
  ["a bar",                        32, 0, { flags: 7,  size: 16384n, offset: 0n }],
  ["a bar that is none",           32, 1, { flags: 0,  size: 0n,     offset: 1n << 40n }],
  ["the bar of MSI-X, no room",    32, 2, { flags: 15, size: 8192n,  offset: 2n << 40n, argsz: 40, cap_offset: 0 }],
  ["the same, one byte too few",   39, 2, { flags: 15, size: 8192n,  offset: 2n << 40n, argsz: 40, cap_offset: 0 }],
  ["the same, with room",          40, 2, { flags: 15, size: 8192n,  offset: 2n << 40n, cap_offset: 32 }],
  ["past the bars",                32, 3, { flags: 0,  size: 0n,     offset: 3n << 40n }],
  ["the configuration space",      32, 7, { flags: 3,  size: 256n,   offset: 7n << 40n }],
  ["no VGA",                       32, 8, "EINVAL"],
  ["a region past the last",       32, 9, "EINVAL"],
  ["too small an argsz",           31, 0, "EINVAL"],
] as const;

test.each(REGIONS)("GET_REGION_INFO of %s", (_what, argsz, index, got) => {
  const reply = device().ioctl("VFIO_DEVICE_GET_REGION_INFO", { argsz, index });
  expect(typeof got === "string" ? word(reply) : written(reply)).toEqual(got);
});

test("a bar that is none says nothing, even where MSI-X should be in it", () => {
  const reply = device({ msixBar: 1 }).ioctl("VFIO_DEVICE_GET_REGION_INFO", {
    argsz: 64,
    index: 1,
  });
  expect(written(reply)).toEqual({ flags: 0, size: 0n, offset: 1n << 40n });
});

test("who waits for a device to be let go looks again, and nobody else who sleeps", () => {
  const { bench } = device();
  const { machine, ops, root, user } = bench;
  const asleep = (pid: number, routine: string) => {
    const task = machine.tasks[pid];
    const frame = { routine, pc: "wait", call: -1, numbers: [] };
    if (task) machine.tasks[pid] = { ...task, state: "asleep", stack: [frame] };
  };
  asleep(root, "pciUnbind");
  asleep(user, "poll");
  VFIO_PCI_DEVICE.idle?.(machine, ops, 0);
  expect([root, user].map((pid) => machine.tasks[pid]?.state)).toEqual(["running", "asleep"]);
});

/** EVENTFD 1, MASKABLE 2, AUTOMASKED 4, NORESIZE 8. */
// biome-ignore format: one index a line
const IRQS = [
  ["INTx",             16, 0, { flags: 7, count: 1 }],
  ["MSI",              16, 1, { flags: 9, count: 4 }],
  ["MSI-X",            17, 2, { flags: 9, count: 8 }],
  ["errors, none",     16, 3, "EINVAL"],
  ["requests",         16, 4, { flags: 9, count: 1 }],
  ["past the last",    16, 5, "EINVAL"],
  ["a small argsz",    15, 0, "EINVAL"],
] as const;

test.each(IRQS)("GET_IRQ_INFO of %s", (_what, argsz, index, got) => {
  const { ioctl } = device();
  const reply = ioctl("VFIO_DEVICE_GET_IRQ_INFO", { argsz, index });
  expect(typeof got === "string" ? word(reply) : written(reply)).toEqual(got);
  expect(word(ioctl("VFIO_DEVICE_GET_IRQ_INFO", null))).toBe("EFAULT");
});

/** DATA_NONE 1, BOOL 2, EVENTFD 4; MASK 8, UNMASK 16, TRIGGER 32. Four MSI there are. */
// biome-ignore format: one call a line
const SETS = [
  ["all four",                           { flags: 33, start: 0, count: 4 },               "EINVAL"],
  ["the last one",                       { flags: 36, start: 3, count: 1, argsz: 24 },    "0"],
  ["none of them",                       { flags: 33, start: 0, count: 0 },               "EINVAL"],
  ["one more than there are",            { flags: 33, start: 0, count: 5 },               "EINVAL"],
  ["one past the last",                  { flags: 33, start: 3, count: 2 },               "EINVAL"],
  ["none, past the last",                { flags: 33, start: 4, count: 0 },               "EINVAL"],
  ["no eventfd, past the last",          { flags: 36, start: 4, count: 0 },               "EINVAL"],
  ["the second one",                     { flags: 36, start: 1, count: 1, argsz: 24 },    "0"],
  ["a count that runs over 32 bits",     { flags: 33, start: 1, count: 0xffff_fffe },     "EINVAL"],
  ["an argsz below 20",                  { flags: 33, start: 0, count: 1, argsz: 19 },    "EINVAL"],
  ["an index past the last",             { flags: 33, start: 0, count: 0, index: 5 },     "EINVAL"],
  ["an index without interrupts",        { flags: 33, start: 0, count: 0, index: 3 },     "EINVAL"],
  ["the last index",                     { flags: 33, start: 0, count: 1, index: 4 },     "EINVAL"],
  ["an unknown flag",                    { flags: 97, start: 0, count: 1 },               "EINVAL"],
  ["mask",                               { flags: 9,  start: 0, count: 1 },               "ENOTTY"],
  ["unmask",                             { flags: 17, start: 0, count: 1 },               "ENOTTY"],
  ["no action",                          { flags: 1,  start: 0, count: 1 },               "ENOTTY"],
  ["two actions",                        { flags: 41, start: 0, count: 1, index: 0 },     "ENOTTY"],
  ["INTx masked",                        { flags: 9,  start: 0, count: 1, index: 0 },     "EINVAL"],
  ["INTx masked, by an eventfd",         { flags: 12, start: 0, count: 1, index: 0, argsz: 24 }, "EINVAL"],
  ["INTx unmasked",                      { flags: 17, start: 0, count: 1, index: 0 },     "EINVAL"],
  ["INTx triggered",                     { flags: 33, start: 0, count: 1, index: 0 },     "EINVAL"],
  ["INTx, an eventfd",                   { flags: 36, start: 0, count: 1, index: 0, argsz: 24 }, "0"],
  ["INTx, no eventfd",                   { flags: 36, start: 0, count: 0, index: 0 },     "EINVAL"],
  ["requests masked",                    { flags: 9,  start: 0, count: 1, index: 4 },     "ENOTTY"],
  ["requests, a byte",                   { flags: 34, start: 0, count: 1, index: 4, argsz: 21 }, "0"],
  ["requests, no byte",                  { flags: 34, start: 0, count: 0, index: 4 },     "EINVAL"],
  ["requests, an eventfd",               { flags: 36, start: 0, count: 1, index: 4, argsz: 24 }, "0"],
  ["requests, no eventfd",               { flags: 36, start: 0, count: 0, index: 4 },     "EINVAL"],
  ["no kind of data",                    { flags: 32, start: 0, count: 1 },               "EINVAL"],
  ["two kinds of data",                  { flags: 35, start: 0, count: 1, argsz: 40 },    "EINVAL"],
  ["all kinds of data",                  { flags: 39, start: 0, count: 1, argsz: 40 },    "EINVAL"],
  ["a byte each, enough",                { flags: 34, start: 0, count: 4, argsz: 24 },    "EINVAL"],
  ["a byte each, one too few",           { flags: 34, start: 0, count: 4, argsz: 23 },    "EINVAL"],
  ["an eventfd each, enough",            { flags: 36, start: 0, count: 2, argsz: 28 },    "0"],
  ["an eventfd each, too little",        { flags: 36, start: 0, count: 2, argsz: 27 },    "EINVAL"],
  ["an eventfd each, none of them",      { flags: 36, start: 0, count: 0, argsz: 20 },    "ERANGE"],
  ["the same, of MSI-X",                 { flags: 36, start: 0, count: 0, index: 2 },     "ERANGE"],
  ["room for two, none of them",         { flags: 36, start: 2, count: 0, argsz: 20 },    "0"],
] as const;

test.each(SETS)("SET_IRQS of %s: %s", (_what, wish, got) => {
  const { ioctl } = device();
  expect(word(ioctl("VFIO_DEVICE_SET_IRQS", { argsz: 20, index: 1, ...wish }))).toBe(got);
});

// biome-ignore format: one call a line
const ERRORS = [
  ["VFIO_DEVICE_GET_REGION_INFO", { argsz: 32, index: 7 }, { flags: 3, size: 4096n, offset: 7n << 40n }],
  ["VFIO_DEVICE_GET_IRQ_INFO",    { argsz: 16, index: 3 }, { flags: 9, count: 1 }],
  ["VFIO_DEVICE_SET_IRQS", { argsz: 21, index: 3, flags: 34, count: 1 }, "0"],
  ["VFIO_DEVICE_SET_IRQS", { argsz: 24, index: 3, flags: 36, count: 1 }, "0"],
  ["VFIO_DEVICE_SET_IRQS", { argsz: 20, index: 3, flags: 33, count: 1 }, "EINVAL"],
  ["VFIO_DEVICE_SET_IRQS", { argsz: 20, index: 3, flags: 34, count: 0 }, "EINVAL"],
] as const;

test.each(ERRORS)("%s of a device of PCI Express: %o", (command, arg, got) => {
  const reply = device({ isExpress: true }).ioctl(command, arg);
  expect(typeof got === "string" ? word(reply) : written(reply)).toEqual(got);
});

test("SET_IRQS of a driver that asks for no more is done where the words are right", () => {
  const { machine } = device().bench;
  const set = (start: number) =>
    word(setIrqs(machine, [2], { argsz: 20, flags: 33, start, count: 1 }));
  expect([set(1), set(2)]).toEqual(["0", "EINVAL"]);
});

test("SET_IRQS without a structure is EFAULT, an unknown ioctl ENOTTY, a reset is done", () => {
  const { ioctl } = device();
  expect(word(ioctl("VFIO_DEVICE_SET_IRQS", null))).toBe("EFAULT");
  expect(word(ioctl("VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", null))).toBe("ENOTTY");
  expect(word(ioctl("VFIO_DEVICE_RESET", null))).toBe("0");
});

describe("mmap of a bar", () => {
  const bar = (index: number, page: number) => index * 2 ** 28 + page;
  // biome-ignore format: one place a line
  const CASES = [
    ["the whole first",        bar(0, 0), 4, 0],
    ["a page inside",          bar(0, 3), 1, 3],
    ["past its end",           bar(0, 3), 2, "EINVAL"],
    ["right behind it",        bar(0, 4), 1, "EINVAL"],
    ["one that is none",       bar(1, 0), 1, "EINVAL"],
    ["the one behind that",    bar(2, 0), 2, 4],
    ["its second page",        bar(2, 1), 1, 5],
    ["past the last",          bar(3, 0), 1, "EINVAL"],
    ["configuration space",    bar(7, 0), 1, "EINVAL"],
  ] as const;
  test.each(CASES)("%s", (_what, page, pages, got) => {
    const mapped = device().mmap(page, pages);
    if (typeof got === "string") expect(mapped).toMatchObject({ errno: got });
    else {
      const backing = { kind: "device", file: 3, pfn: REGISTERS + got, registers: true };
      expect(mapped).toMatchObject({ ok: true, value: backing });
    }
  });

  test("for oneself alone is EINVAL", () => {
    expect(device().mmap(0, 1, false)).toMatchObject({ errno: "EINVAL" });
  });
});

test("a request to let go is a warning, once", () => {
  const { bench } = device();
  const { machine, ops } = bench;
  const ask = (count: number) => {
    machine.news.count = 0;
    VFIO_PCI_DEVICE.request?.(machine, ops, 0, count);
    return machine.news.count;
  };
  expect([ask(0), ask(1), ask(2)]).toEqual([1, 0, 0]);
});
