import { expect, test } from "vitest";
import { OK, refuse } from "../../../engine/core/index.ts";
import type { Machine } from "../../../engine/machine.ts";
import { CREATE_CHECKS, MDEV_DRIVER, type MdevOps } from "../../../engine/mdev/index.ts";
import { Computer, word } from "../frameworks/computer.ts";

const HOME = "/sys/class/spimdev/hisi_zip-0/device";
const CREATE = `${HOME}/mdev_supported_types/hisi_zip-zip/create`;
const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const OTHER = "2ad9f208-7da3-11e8-8709-57742f618a29";

// biome-ignore format: one text a line, in the order of the checks
const TEXTS = [
  ["store",    "a newline",                    "\n",                                     "EINVAL", "shorter than a uuid"],
  ["store",    "one character short",          UUID.slice(0, 35),                        "EINVAL", "shorter than a uuid"],
  ["store",    "two characters more",          `${UUID}\n\n`,                            "EINVAL", "longer than a uuid and a newline"],
  ["store",    "long, and no uuid",            "x".repeat(38),                           "EINVAL", "longer than a uuid and a newline"],
  ["store",    "a letter past f",              `g${UUID.slice(1)}`,                      "EINVAL", "not a uuid"],
  ["store",    "a hyphen elsewhere",           "2ad9f2087-da3-11e8-8709-57742f618a28",   "EINVAL", "not a uuid"],
  ["store",    "a hyphen short",               "2ad9f20817da3-11e8-8709-57742f618a28",   "EINVAL", "not a uuid"],
  ["MDEV-008", "36 characters",                UUID,                                     "36",     ""],
  ["MDEV-008", "and a newline",                `${UUID}\n`,                              "37",     ""],
  ["MDEV-008", "and any other character",      `${UUID}z`,                               "37",     ""],
  ["MDEV-009", "upper case",                   UUID.toUpperCase(),                       "36",     ""],
] as const;

test.each(TEXTS)("%s: create from %s", (_row, _what, text, got, why) => {
  const computer = new Computer();
  const result = computer.write(computer.root, CREATE, text);
  expect(word(result)).toBe(got);
  expect(result.chain?.[0]?.why ?? "").toBe(why);
  expect(computer.has(`${HOME}/${UUID}/remove`)).toBe(why === "");
  expect(computer.has("/dev/vfio/1")).toBe(why === "");
});

test("each check of create is named once by these tests", () => {
  const tested = new Set<string>(TEXTS.map(([, , , , why]) => why));
  const others = [
    "the parent is gone",
    "a mediated device of this uuid exists",
    "the parent is going",
  ];
  expect(CREATE_CHECKS.map(({ why }) => why)).toEqual([
    ...[...tested].filter((why) => why !== ""),
    ...others,
  ]);
});

test("a second one of the same uuid is EEXIST, in whatever case it is written", () => {
  const computer = new Computer();
  expect(word(computer.write(computer.root, CREATE, UUID))).toBe("36");
  expect(word(computer.write(computer.root, CREATE, UUID.toUpperCase()))).toBe("EEXIST");
  expect(word(computer.write(computer.root, CREATE, `${UUID}\n`))).toBe("EEXIST");
  expect(computer.machine.mdevs).toHaveLength(1);
});

test("the text is checked before the parent, the parent before the name", () => {
  const computer = new Computer();
  computer.write(computer.root, CREATE, UUID);
  const { machine } = computer;
  machine.parents[0] = { ...(machine.parents[0] as Machine["parents"][number]), isGone: true };
  const words = ["short", UUID].map((text) => computer.write(computer.root, CREATE, text));
  expect(words.map((result) => result.chain?.[0]?.why)).toEqual([
    "shorter than a uuid",
    "the parent is gone",
  ]);
});

test("MDEV-015, MDEV-016: a name to remove it by, and a group of its own each", () => {
  const computer = new Computer();
  for (const uuid of [UUID, OTHER]) computer.write(computer.root, CREATE, uuid);
  const [one, two] = computer.machine.mdevs;
  expect(one?.iommuGroup).not.toBe(two?.iommuGroup);
  for (const path of [`${HOME}/${UUID}/remove`, `${HOME}/${OTHER}/remove`]) {
    expect(computer.has(path)).toBe(true);
  }
  expect(["/dev/vfio/1", "/dev/vfio/2"].map((path) => computer.has(path))).toEqual([true, true]);
});

test("only root may open create and remove; a type's attributes are for everybody", () => {
  const computer = new Computer();
  computer.write(computer.root, CREATE, UUID);
  const api = CREATE.replace(/create$/, "device_api");
  const paths = [CREATE, `${HOME}/${UUID}/remove`, api];
  const words = paths.map((path) => word(computer.call(computer.app, "open", path, 0)));
  expect(words).toEqual(["EACCES", "EACCES", "3"]);
});

/** A vendor that refuses with what the test says, and notes what it saw. */
function vendor(refusal: ReturnType<typeof refuse>, seen: string[]): MdevOps<Machine> {
  return {
    create(machine) {
      seen.push(machine.nodes.some(({ path }) => path === "/dev/vfio/1") ? "group" : "no group");
      return refusal;
    },
    remove: () => OK,
    show: () => ({ ok: true, value: "" }),
  };
}

test.each(["EBUSY", "ENOSPC", "ENODEV", "ENOMEM"] as const)(
  "MDEV-011, MDEV-018: what the vendor refuses goes through as %s, and nothing stays",
  (errno) => {
    const seen: string[] = [];
    const mdev = { [MDEV_DRIVER.spimdev]: vendor(refuse(errno, "the vendor says so"), seen) };
    const computer = new Computer({ ops: { mdev } });
    const before = computer.machine.nodes.map(({ path }) => path);
    const result = computer.write(computer.root, CREATE, UUID);
    expect(result.chain).toEqual([{ errno, why: "the vendor says so" }]);
    expect(seen).toEqual(["group"]);
    expect(computer.machine.nodes.map(({ path }) => path)).toEqual(before);
    expect(computer.machine.mdevs.every(({ isGone }) => isGone)).toBe(true);
    expect(computer.machine.vfioGroups.every(({ isGone }) => isGone)).toBe(true);
    expect(computer.machine.groups.filter(({ isGone }) => !isGone)).toHaveLength(1);
    expect(computer.count("mdev.create")).toBe(0);
    // The uuid is free again.
    expect(word(computer.write(computer.root, CREATE, UUID))).toBe(errno);
  },
);

test("MDEV-028: a call that the vendor does not have is EINVAL, opening included", () => {
  const silent = { ...vendor(refuse("EBUSY", ""), []), create: () => OK };
  const computer = new Computer({ ops: { mdev: { [MDEV_DRIVER.spimdev]: silent } } });
  computer.write(computer.root, CREATE, UUID);
  const { app } = computer;
  const group = computer.good(app, "open", "/dev/vfio/1", 2);
  const container = computer.good(app, "open", "/dev/vfio/vfio", 2);
  computer.good(app, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  computer.good(app, "ioctl", container, "VFIO_SET_IOMMU", 1);
  const opened = () => computer.ioctl(app, group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
  expect(word(opened())).toBe("EINVAL");
  Object.assign(silent, { open: () => OK });
  const device = opened().value;
  expect(word(computer.ioctl(app, device, "VFIO_DEVICE_RESET"))).toBe("EINVAL");
  expect(word(computer.call(app, "mmap", 0, 4096, 3, 1, device, 0))).toBe("EINVAL");
});

test("MDEV-029: a vendor without a parent's group gets no domain, and MAP_DMA pins nothing", () => {
  const open = { ...vendor(refuse("EBUSY", ""), []), create: () => OK, open: () => OK };
  const computer = new Computer({ ops: { mdev: { [MDEV_DRIVER.spimdev]: open } } });
  computer.write(computer.root, CREATE, UUID);
  const { app, machine } = computer;
  const group = computer.good(app, "open", "/dev/vfio/1", 2);
  const container = computer.good(app, "open", "/dev/vfio/vfio", 2);
  computer.good(app, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  computer.good(app, "ioctl", container, "VFIO_SET_IOMMU", 1);
  const buffer = computer.good(app, "mmap", 0, 4096, 3, 0x22, -1, 0);
  const wish = { argsz: 32, flags: 3, vaddr: buffer, iova: buffer, size: 4096 };
  const entered = computer.count("iommu.map");
  computer.good(app, "ioctl", container, "VFIO_IOMMU_MAP_DMA", wish);
  expect(machine.containers[0]).toMatchObject({ domains: [], external: [0] });
  expect(computer.count("mm.pin")).toBe(0);
  expect(computer.count("iommu.map")).toBe(entered);
});
