import { expect, test } from "vitest";
import { OK, refuse } from "../../../engine/core/index.ts";
import type { Machine } from "../../../engine/machine.ts";
import { MDEV_DRIVER, type MdevOps, REMOVE_CHECKS } from "../../../engine/mdev/index.ts";
import { Computer, chain, type Wish, word } from "../frameworks/computer.ts";

const HOME = "/sys/class/spimdev/hisi_zip-0/device";
const CREATE = `${HOME}/mdev_supported_types/hisi_zip-zip/create`;
const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const REMOVE = `${HOME}/${UUID}/remove`;

function made(wish: Wish = {}): Computer {
  const computer = new Computer(wish);
  computer.write(computer.root, CREATE, UUID);
  return computer;
}

/** The program has the device open. */
function opened(computer: Computer): { group: number; container: number; device: number } {
  const { app } = computer;
  const group = computer.good(app, "open", "/dev/vfio/1", 2);
  const container = computer.good(app, "open", "/dev/vfio/vfio", 2);
  computer.good(app, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  computer.good(app, "ioctl", container, "VFIO_SET_IOMMU", 1);
  const device = computer.good(app, "ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
  return { group, container, device };
}

// biome-ignore format: one text a line
const TEXTS = [
  ["MDEV-019", "",        "0",      true], // no bytes: sysfs does not ask
  ["MDEV-019", "\n",      "EINVAL", true],
  ["MDEV-019", "yes",     "EINVAL", true],
  ["MDEV-019", "1x",      "EINVAL", true],
  ["MDEV-019", "-1",      "EINVAL", true],
  ["MDEV-019", "1\n\n",   "EINVAL", true],
  ["kstrtoul", "0",       "1",      true],
  ["kstrtoul", "0\n",     "2",      true],
  ["kstrtoul", "0x0",     "3",      true],
  ["kstrtoul", "+00",     "3",      true],
  ["kstrtoul", "1",       "1",      false],
  ["kstrtoul", "1\n",     "2",      false],
  ["kstrtoul", "+1",      "2",      false],
  ["kstrtoul", "0x1F",    "4",      false],
  ["kstrtoul", "010",     "3",      false],
] as const;

test.each(TEXTS)("%s: %j to remove is %s", (_row, text, got, stays) => {
  const computer = made();
  expect(word(computer.write(computer.root, REMOVE, text))).toBe(got);
  expect(computer.has(REMOVE)).toBe(stays);
  expect(computer.has("/dev/vfio/1")).toBe(stays);
  expect(computer.count("mdev.remove")).toBe(stays ? 0 : 1);
});

test("when it is gone its uuid and the number of its group are free again", () => {
  const computer = made();
  computer.write(computer.root, REMOVE, "1");
  expect(word(computer.write(computer.root, CREATE, UUID))).toBe("36");
  expect(computer.has("/dev/vfio/1")).toBe(true);
});

test("MDEV-021: whatever the vendor refuses is EBUSY, and the file is back", () => {
  const stubborn: MdevOps<Machine> = {
    create: () => OK,
    remove: () => refuse("EPERM", "the vendor keeps it"),
    show: () => ({ ok: true, value: "" }),
  };
  const computer = made({ ops: { mdev: { [MDEV_DRIVER.spimdev]: stubborn } } });
  for (let time = 0; time < 2; time += 1) {
    const result = computer.write(computer.root, REMOVE, "1");
    expect(chain(result)).toBe("EBUSY its driver did not let it go < EPERM the vendor keeps it");
    expect(computer.has(REMOVE)).toBe(true);
    expect(computer.machine.mdevs[0]).toMatchObject({ isActive: true, isGone: false, remover: -1 });
  }
});

test("MDEV-024: the writer sleeps while the device is open, and wakes when it is closed", () => {
  const computer = made();
  const { app, root } = computer;
  const { group, device } = opened(computer);
  const file = computer.good(root, "open", REMOVE, 1);
  const row = computer.begin(root, "write", file, "1");
  expect(computer.result(row)).toBeUndefined();
  expect(computer.machine.tasks[root]?.state).toBe("asleep");
  // The file goes before the device does: a second writer finds none.
  expect(computer.has(REMOVE)).toBe(false);
  expect(computer.has("/dev/vfio/1")).toBe(true);
  // Closing the group alone is not enough.
  computer.good(app, "close", group);
  expect(computer.result(row)).toBeUndefined();
  computer.good(app, "close", device);
  expect(word(computer.result(row))).toBe("1");
  expect(computer.has("/dev/vfio/1")).toBe(false);
  expect(computer.machine.mdevs[0]?.isGone).toBe(true);
});

test("the device closed but its group still in a container keeps the writer asleep", () => {
  const computer = made();
  const { app, root } = computer;
  const { group, container, device } = opened(computer);
  const file = computer.good(root, "open", REMOVE, 1);
  const row = computer.begin(root, "write", file, "1");
  computer.good(app, "close", device);
  expect(computer.result(row)).toBeUndefined();
  computer.good(app, "close", container);
  expect(computer.result(row)).toBeUndefined();
  computer.good(app, "close", group);
  expect(word(computer.result(row))).toBe("1");
});

test("a second writer that had the file open already is told EAGAIN, later ENODEV", () => {
  const computer = made();
  const { root } = computer;
  const { group, device } = opened(computer);
  const second = computer.task("second", true);
  const theirs = computer.good(second, "open", REMOVE, 1);
  const row = computer.begin(root, "write", computer.good(root, "open", REMOVE, 1), "1");
  const early = computer.call(second, "write", theirs, "1");
  for (const fd of [device, group]) computer.good(computer.app, "close", fd);
  expect(word(computer.result(row))).toBe("1");
  const late = computer.call(second, "write", theirs, "1");
  expect([early, late].map(word)).toEqual(["EAGAIN", "ENODEV"]);
  const tested = [late, early].map((result) => result.chain?.[0]?.why);
  expect(REMOVE_CHECKS.map(({ why }) => why)).toEqual([...tested, "the parent is going"]);
});

test("the writer that sleeps wakes when the program is killed", () => {
  const computer = made();
  const { app, root } = computer;
  opened(computer);
  const row = computer.begin(root, "write", computer.good(root, "open", REMOVE, 1), "1");
  computer.kill(app);
  expect(word(computer.result(row))).toBe("1");
});

test("a writer that is killed while it sleeps sleeps on, removes, and is dead then", () => {
  const computer = made();
  const { app, root, machine } = computer;
  const { group, device } = opened(computer);
  const row = computer.begin(root, "write", computer.good(root, "open", REMOVE, 1), "1");
  computer.kill(root);
  expect(machine.tasks[root]?.state).toBe("asleep");
  expect(computer.result(row)).toBeUndefined();
  for (const fd of [device, group]) computer.good(app, "close", fd);
  expect(machine.mdevs[0]?.isGone).toBe(true);
  expect(computer.result(row)).toEqual({ value: -1, signal: "SIGKILL" });
  expect(machine.tasks[root]).toMatchObject({ state: "dead", ended: "SIGKILL" });
});
