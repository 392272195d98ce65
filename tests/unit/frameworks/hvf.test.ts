import { describe, expect, test } from "vitest";
import { decode, encode, record } from "../../../engine/core/index.ts";
import { addressOf } from "../../../engine/hw/index.ts";
import { copyOf, hash } from "../../../engine/machine.ts";
import { REGISTERS } from "../../../engine/mm/index.ts";
import { chain, word } from "./computer.ts";
import { Chip } from "./hvf-bench.ts";

/** A chip that can have three, two of them there. Source: sriov_numvfs_store v4.18, v6.1. */
// biome-ignore format: one text a line
const TEXTS = [
  ["as many as there are",     "v4.18", "2",       "1"],
  ["the same and a newline",   "v4.18", "2\n",     "2"],
  ["the same as hex",          "v4.18", "0x2",     "3"],
  ["the same as octal",        "v4.18", "02",      "2"],
  ["the same, signed",         "v4.18", "+2",      "2"],
  ["nothing",                  "v4.18", "",        "0"],
  ["a newline",                "v4.18", "\n",      "EINVAL"],
  ["a blank before",           "v4.18", " 2",      "EINVAL"],
  ["two newlines",             "v4.18", "2\n\n",   "EINVAL"],
  ["words",                    "v4.18", "two",     "EINVAL"],
  ["below nothing",            "v4.18", "-1",      "EINVAL"],
  ["no octal",                 "v4.18", "08",      "EINVAL"],
  ["one more than it can",     "v4.18", "4",       "ERANGE"],
  ["16 bits full",             "v4.18", "65535",   "ERANGE"],
  ["more than 16 bits",        "v4.18", "65536",   "ERANGE"],
  ["more than 16 bits",        "v5.7",  "65536",   "ERANGE"],
  ["more than 16 bits",        "v6.1",  "65536",   "EINVAL"],
  ["16 bits full",             "v6.1",  "65535",   "ERANGE"],
  ["others than there are",    "v4.18", "3",       "EBUSY"],
  ["fewer than there are",     "v6.1",  "1",       "EBUSY"],
] as const;

test.each(TEXTS)("sriov_numvfs: %s, on %s: %j is %s", (_what, kernel, text, got) => {
  const chip = new Chip({ kernel });
  expect(word(chip.result(chip.ask("2")))).toBe("1");
  expect(word(chip.result(chip.ask(text)))).toBe(got);
  expect(chip.functions().map(([name]) => name)).toEqual(["0000:75:00.1", "0000:75:00.2"]);
});

test("a number of more than 16 bits is refused for that, before anybody looks at the device", () => {
  const why = (kernel: string, text: string) => {
    const chip = new Chip({ kernel });
    const result = chip.result(chip.ask(text));
    return result ? chain(result) : "sleeps";
  };
  expect(why("v4.18", "65536")).toBe("ERANGE more than 16 bits");
  expect(why("v6.1", "65536")).toBe("EINVAL more than 16 bits");
  expect(why("v4.18", "65535")).toBe("ERANGE more virtual functions than the device can have");
});

test("the row of a function that has gone leads nowhere", () => {
  const chip = new Chip();
  const before = chip.machine.streams.length;
  chip.ask("1");
  const there = record(chip.machine.streams, before);
  expect([there.domain >= 0, there.group >= 0]).toEqual([true, true]);
  chip.ask("0");
  const gone = record(chip.machine.streams, before);
  expect([gone.domain, gone.group]).toEqual([-1, -1]);
  expect(gone.config).not.toBe(there.config);
});

test("the two files say how many there can be, and how many there are", () => {
  const chip = new Chip();
  expect([chip.text("sriov_totalvfs"), chip.text("sriov_numvfs")]).toEqual(["3\n", "0\n"]);
  chip.ask("3");
  expect([chip.text("sriov_totalvfs"), chip.text("sriov_numvfs")]).toEqual(["3\n", "3\n"]);
  expect(word(chip.write(chip.root, "/sys/bus/pci/devices/0000:75:00.0/sriov_totalvfs", "3"))).toBe(
    "EIO",
  );
  expect(word(chip.result(chip.ask("0", chip.app)))).toBe("EACCES");
});

test("a chip has 63 where nobody says otherwise, and they have its queues among them", () => {
  const chip = new Chip({ vfs: 63 });
  chip.ask("63");
  const functions = chip.functions();
  expect(functions).toHaveLength(63);
  expect(new Set(functions.map(([, group]) => group)).size).toBe(63);
  expect(functions.map(([, , queues]) => queues)).toEqual([...Array(62).fill(15), 30]);
  expect(record(chip.machine.devices, 0).queueCount).toBe(64);
  expect(functions[7]?.[0]).toBe("0000:75:01.0");
  expect(functions.at(-1)?.[0]).toBe("0000:75:07.7");
});

test("an address is bus, device and function", () => {
  expect([0x7500, 0x7501, 0x7507, 0x7508, 0x75ff, 0xffff, 1].map(addressOf)).toEqual([
    "0000:75:00.0",
    "0000:75:00.1",
    "0000:75:00.7",
    "0000:75:01.0",
    "0000:75:1f.7",
    "0000:ff:1f.7",
    "0000:00:00.1",
  ]);
});

// biome-ignore format: one chip a line
const SHARES = [
  ["v4.18", 130, "3", "1",      [22, 22, 22]],
  ["v4.18", 131, "3", "1",      [22, 22, 23]],
  ["v4.18", 129, "1", "1",      [65]],
  ["v4.18", 4,   "3", "1",      [0, 0, 2]],
  ["v5.7",  4,   "3", "EINVAL", []],
  ["v6.1",  4,   "3", "EINVAL", []],
  ["v6.1",  4,   "2", "1",      [1, 1]],
] as const;

test.each(SHARES)(
  "on %s a chip of %i queues asked for %s: %s",
  (kernel, queues, wanted, got, shares) => {
    const chip = new Chip({ kernel, queues });
    expect(word(chip.result(chip.ask(wanted)))).toBe(got);
    expect(chip.functions().map(([, , share]) => share)).toEqual(shares);
  },
);

test("a function is a device: a stream of its own, a group of its own, registers of its own", () => {
  const chip = new Chip();
  chip.ask("2");
  const { devices, streams, groups } = chip.machine;
  expect(devices.map(({ stream }) => stream)).toEqual([0, 1, 2]);
  expect(streams.map(({ device }) => device)).toEqual(devices.map(({ actor }) => actor));
  expect(groups.map((group) => group.streams)).toEqual([[0], [1], [2]]);
  const one = chip.take(chip.app, 1, "0000:75:00.1");
  const mapped = chip.good(chip.app, "mmap", 0, 8192, 3, 1, one.fd, 2 * 2 ** 40);
  const { mm } = record(chip.machine.tasks, chip.app);
  const area = record(chip.machine.mms, mm).vmas.find(({ start }) => start === mapped);
  expect(area?.backing).toMatchObject({ kind: "device", pfn: REGISTERS + 64, registers: true });
  expect(word(chip.call(chip.app, "mmap", 0, 12_288, 3, 1, one.fd, 2 * 2 ** 40))).toBe("EINVAL");
  expect(word(chip.call(chip.app, "mmap", 0, 4096, 3, 1, one.fd, 0))).toBe("EINVAL");
});

test("without an IOMMU a function has no group, and vfio-pci does not take it", () => {
  const chip = new Chip({ behind: "" });
  expect(word(chip.result(chip.ask("2")))).toBe("1");
  expect(chip.functions().map(([, group]) => group)).toEqual([-1, -1]);
  expect(chip.machine.vfioDevices).toHaveLength(0);
  expect(word(chip.result(chip.ask("0")))).toBe("1");
  expect(chip.functions()).toEqual([]);
});

describe("until there are none left", () => {
  test("each program gets one, the next finds groups taken and no other", () => {
    const chip = new Chip();
    chip.ask("3");
    const pids = [1, 2, 3].map((nth) => chip.task(`p${nth}`, false));
    for (const [at, pid] of pids.entries()) chip.take(pid, at + 1, `0000:75:00.${at + 1}`);
    for (const group of [1, 2, 3]) {
      const refused = chip.call(chip.app, "open", `/dev/vfio/${group}`, 2);
      expect(chain(refused)).toBe("EBUSY the group is open");
    }
    expect(word(chip.call(chip.app, "open", "/dev/vfio/4", 2))).toBe("ENOENT");
    expect(word(chip.result(chip.ask("4")))).toBe("ERANGE");
    chip.kill(pids[1] as number);
    expect(chip.take(chip.app, 2, "0000:75:00.2").fd).toBe(5);
  });

  test("one program may not have the function of another's group", () => {
    const chip = new Chip();
    chip.ask("2");
    const group = chip.good(chip.app, "open", "/dev/vfio/1", 2);
    const container = chip.good(chip.app, "open", "/dev/vfio/vfio", 2);
    chip.good(chip.app, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
    chip.good(chip.app, "ioctl", container, "VFIO_SET_IOMMU", 1);
    const other = chip.ioctl(chip.app, group, "VFIO_GROUP_GET_DEVICE_FD", "0000:75:00.2");
    expect(word(other)).toBe("ENODEV");
  });
});

describe("0 is written", () => {
  test("with nobody at work all go at once, and their numbers are free again", () => {
    const chip = new Chip();
    for (let times = 0; times < 3; times += 1) {
      expect(word(chip.result(chip.ask("3")))).toBe("1");
      expect(chip.functions().map(([, group]) => group)).toEqual([1, 2, 3]);
      expect(["1", "2", "3"].every((group) => chip.has(`/dev/vfio/${group}`))).toBe(true);
      expect(word(chip.result(chip.ask("0")))).toBe("1");
      expect(chip.functions()).toEqual([]);
      expect(chip.has("/dev/vfio/1")).toBe(false);
    }
    const live = chip.machine.groups.filter(({ isGone }) => !isGone);
    expect(live).toHaveLength(1);
    expect(chip.machine.domains.filter(({ isGone }) => !isGone)).toHaveLength(1);
  });

  test("it waits for each program in turn, and no signal ends the wait", () => {
    const chip = new Chip();
    chip.ask("3");
    const other = chip.task("other", false);
    chip.take(chip.app, 1, "0000:75:00.1");
    chip.take(other, 3, "0000:75:00.3");
    const row = chip.ask("0");
    expect(word(chip.result(row))).toBe("sleeps");
    expect(chip.functions().map(([name]) => name)).toEqual([
      "0000:75:00.1",
      "0000:75:00.2",
      "0000:75:00.3",
    ]);
    expect(chip.count("vfio.request")).toBe(1);
    expect(chip.machine.tasks[chip.root]?.isDeaf).toBe(true);
    chip.kill(chip.app);
    expect(chip.functions().map(([name]) => name)).toEqual(["0000:75:00.3"]);
    expect(chip.count("vfio.request")).toBe(2);
    const before = chip.machine.agenda.now;
    chip.kill(other);
    expect(word(chip.result(row))).toBe("1");
    expect(chip.machine.agenda.now - before).toBeGreaterThanOrEqual(1e12);
    expect(chip.functions()).toEqual([]);
  });

  test("who opened the group but not the device is not waited for in v6.1, and is in v4.18", () => {
    for (const [kernel, got] of [
      ["v4.18", "sleeps"],
      ["v6.1", "1"],
    ] as const) {
      const chip = new Chip({ kernel });
      chip.ask("1");
      const group = chip.good(chip.app, "open", "/dev/vfio/1", 2);
      const container = chip.good(chip.app, "open", "/dev/vfio/vfio", 2);
      chip.good(chip.app, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
      const row = chip.ask("0");
      expect(word(chip.result(row))).toBe(got);
      chip.good(chip.app, "close", group);
      expect(word(chip.result(row))).toBe("1");
      expect(chip.machine.groups.filter(({ isGone }) => !isGone)).toHaveLength(1);
    }
  });

  test("an open group outlives its function, and goes with who has it open", () => {
    const chip = new Chip();
    chip.ask("1");
    const group = chip.good(chip.app, "open", "/dev/vfio/1", 2);
    expect(word(chip.result(chip.ask("0")))).toBe("1");
    expect(chip.has("/dev/vfio/1")).toBe(true);
    chip.good(chip.app, "close", group);
    expect(chip.has("/dev/vfio/1")).toBe(false);
    expect(chip.machine.domains.filter(({ isGone }) => !isGone)).toHaveLength(1);
  });

  test("a second writer waits for the first, and then finds what that left", () => {
    const chip = new Chip();
    chip.ask("1");
    chip.take(chip.app, 1, "0000:75:00.1");
    const first = chip.ask("0");
    const second = chip.task("second", true);
    const [again, none] = [chip.ask("2", second), chip.ask("0", chip.task("third", true))];
    expect([again, none].map((row) => word(chip.result(row)))).toEqual(["sleeps", "sleeps"]);
    chip.kill(chip.app);
    expect([first, again, none].map((row) => word(chip.result(row)))).toEqual(["1", "1", "1"]);
    expect(chip.functions()).toEqual([]);
    expect(chip.text("sriov_numvfs")).toBe("0\n");
  });

  test("a function that vfio-pci let go before is taken off the bus all the same", () => {
    const chip = new Chip();
    chip.ask("2");
    expect(
      word(chip.write(chip.root, "/sys/bus/pci/drivers/vfio-pci/unbind", "0000:75:00.1")),
    ).toBe("12");
    expect(chip.has("/dev/vfio/1")).toBe(false);
    expect(chip.functions()).toHaveLength(2);
    expect(word(chip.result(chip.ask("0")))).toBe("1");
    expect(chip.machine.groups.filter(({ isGone }) => !isGone)).toHaveLength(1);
  });
});

test("a copy and a decoded machine go on as the machine does", () => {
  const chip = new Chip();
  chip.ask("2");
  chip.take(chip.app, 1, "0000:75:00.1");
  chip.ask("0");
  const sums = [copyOf(chip.machine), decode(encode(chip.machine)) as typeof chip.machine].map(
    hash,
  );
  expect(sums).toEqual([hash(chip.machine), hash(chip.machine)]);
});
