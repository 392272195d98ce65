import { describe, expect, test } from "vitest";
import { addMtty, Bench, MTTY_TYPES } from "../../../engine/check/bench/index.ts";
import { record } from "../../../engine/core/index.ts";
import { ENGINE } from "../check/support.ts";
import { KERNELS, onBare, type Probe, REMOVE, TYPES } from "./story.ts";

/**
 * Descriptors, and what is written to files of sysfs.
 * Source: fs/read_write.c, mm/mmap.c do_mmap, lib/kstrtox.c, drivers/vfio/mdev/ v4.18 and v6.1
 */

const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";

const PROBES: readonly Probe[] = [
  // vfs_read and vfs_write ask FMODE_READ and FMODE_WRITE before the driver is asked.
  [
    "a file is read and written as it was opened, or not: EBADF",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      "root: read(create, 16) = -1 EBADF",
      `root: api = open("${TYPES}/device_api", O_RDONLY)`,
      'root: write(api, "x", 1) = -1 EBADF',
      'app: reader = open("/dev/vfio/vfio", O_RDONLY)',
      'app: writer = open("/dev/vfio/vfio", O_WRONLY)',
      'app: write(reader, "a", 1) = -1 EBADF',
      "app: read(reader, 1) = -1 EINVAL",
      "app: read(writer, 1) = -1 EBADF",
      "app: ioctl(writer, VFIO_GET_API_VERSION) = 0", // which asks for nothing
    ],
  ],
  [
    "and mapped as it was opened: EACCES, before the driver is asked",
    (isOld) => [
      'app: reader = open("/dev/vfio/vfio", O_RDONLY)',
      "app: mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, reader, 0) = -1 EACCES",
      // vfio_fops of v6.1 has no mmap
      `app: mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE, reader, 0) = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
      "app: mmap(NULL, 4K, PROT_READ, 0, reader, 0xfffffffffffff000) = -1 EOVERFLOW",
      "app: mmap(NULL, 4K, PROT_READ, 7, reader, 0) = -1 EINVAL",
      'app: writer = open("/dev/vfio/vfio", O_WRONLY)',
      "app: mmap(NULL, 4K, PROT_READ, MAP_PRIVATE, writer, 0) = -1 EACCES",
      "app: mmap(NULL, 0, PROT_READ, MAP_PRIVATE, writer, 0) = -1 EINVAL",
    ],
  ],
  // OPEN_FMODE(3) is neither FMODE_READ nor FMODE_WRITE.
  [
    "a file that was opened with both bits can be asked, and neither read nor written",
    () => [
      'app: file = open("/dev/vfio/vfio", O_WRONLY|O_RDWR)',
      "app: read(file, 1) = -1 EBADF",
      'app: write(file, "a", 1) = -1 EBADF',
      "app: mmap(NULL, 4K, PROT_READ, MAP_PRIVATE, file, 0) = -1 EACCES",
      "app: ioctl(file, VFIO_GET_API_VERSION) = 0",
    ],
  ],
  // sysfs_kf_write asks the driver for no bytes at all; kernfs asks first whether the file is there.
  [
    "no bytes are written: 0, whatever the file makes of an empty text, but for one that is gone",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      'root: write(create, "", 0) = 0',
      `root: write(create, "${UUID}", 0) = 0`,
      `root: write(create, "${UUID}", 36) = 36`,
      `root: remove = open("${REMOVE}", O_WRONLY)`,
      'root: write(remove, "", 0) = 0',
      'root: write(remove, "1", 0) = 0',
      'root: write(remove, "1", 1) = 1',
      'root: write(remove, "", 0) = -1 ENODEV',
      'app: write(1, "hello", 5) = 5', // the terminal takes all
      "app: ioctl(1, VFIO_GET_API_VERSION) = -1 ENOTTY",
    ],
  ],
  [
    "descriptors that are none",
    () => [
      "app: close(77) = -1 EBADF",
      "app: ioctl(-1, VFIO_GET_API_VERSION) = -1 EBADF",
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, 9, 0) = -1 EBADF",
      "app: poll([{fd: -1, events: POLLIN}], 1, 0) = 0",
      "app: poll([{fd: 99, events: POLLIN}], 1, 0) = 1 {revents: 32}",
      "app: poll([], 1024, 0) = 0",
      "app: poll([], 1025, 0) = -1 EINVAL",
      "app: poll([], -1, 0) = -1 EINVAL",
      'app: file = open("/dev/vfio/vfio", O_RDWR)',
      "app: poll([{fd: file, events: POLLWRNORM}], 1, 0) = 1 {revents: 256}",
    ],
  ],
  [
    "what is no uuid, and one that is taken in other letters",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      `root: write(create, "${UUID}", 36) = 36`,
      `root: write(create, "${UUID.toUpperCase()}", 36) = -1 EEXIST`,
      `root: write(create, "${UUID}", 35) = -1 EINVAL`,
      `root: write(create, "${UUID}xx", 38) = -1 EINVAL`,
    ],
  ],
  // kstrtoul with any base: a leading 0 is octal, and more than 64 bits is ERANGE, told as EINVAL.
  [
    "what is no number does not remove a device",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      `root: write(create, "${UUID}", 36) = 36`,
      `root: remove = open("${REMOVE}", O_WRONLY)`,
      ...["-1", "\\n", " 1", "0x", "08", "1 ", "18446744073709551616", "0x10000000000000000"].map(
        (text) => `root: write(remove, "${text}", ${text.length}) = -1 EINVAL`,
      ),
      'root: write(remove, "", 0) = 0', // the driver is not asked
      'root: write(remove, "1", 0) = 0',
      ...["0", "00", "0x0", "+0"].map(
        (text) => `root: write(remove, "${text}", ${text.length}) = ${text.length}`,
      ),
      'root: write(remove, "18446744073709551615", 20) = 20', // and gone it is
      'root: write(remove, "1", 1) = -1 ENODEV',
      'root: write(remove, "", 0) = -1 ENODEV',
    ],
  ],
  [
    "an octal number, with a sign and a newline, removes one",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      `root: write(create, "${UUID}", 36) = 36`,
      `root: remove = open("${REMOVE}", O_WRONLY)`,
      'root: write(remove, "+017\\n", 5) = 5',
      `root: open("${REMOVE}", O_WRONLY) = -1 ENOENT`,
      `root: write(create, "${UUID}", 36) = 36`,
      `root: again = open("${REMOVE}", O_WRONLY)`,
      'root: write(again, "02000000000000000000000", 23) = -1 EINVAL',
      'root: write(again, "01777777777777777777777", 23) = 23', // all 64 bits
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  const isOld = kernel === "v4.18";
  test.each(PROBES)("%s", (_what, lines) => {
    onBare(kernel, lines(isOld));
  });

  // mdev_device_create looks for the uuid under the list's lock; only then v5.3 and later ask for the
  // parent (unreg_sem). v4.18 only counts it (mdev_get_parent).
  test("a parent that goes, and a uuid that is taken: first that it is taken", () => {
    const bench = new Bench(ENGINE, { kernel });
    addMtty(bench);
    const create = bench.root.fd(`${MTTY_TYPES}/mtty-1/create`);
    expect(bench.root.call("write", create, UUID).value).toBe(36);
    bench.machine.parents[0] = { ...record(bench.machine.parents, 0), isLeaving: true };
    const other = UUID.replace("2", "3");
    const got = [UUID, other].map((uuid) => bench.root.call("write", create, uuid).errno);
    expect(got).toEqual(["EEXIST", isOld ? undefined : "ENODEV"]);
  });

  // mtty_init_dev of v5.19 and later; before, the number that sysfs shows binds nobody (MDEV-012).
  test("more serial ports than there are: v6.1 says no", () => {
    const bench = new Bench(ENGINE, { kernel });
    addMtty(bench);
    const [one, two] = ["mtty-1", "mtty-2"].map((type) =>
      bench.root.fd(`${MTTY_TYPES}/${type}/create`),
    );
    const uuid = (at: number) => UUID.replace("2ad9f2", (100_000 + at).toString());
    const make = (create: number | undefined, at: number) => {
      const got = bench.root.call("write", create ?? -1, uuid(at));
      return got.errno ?? got.value;
    };
    for (let at = 0; at < 11; at += 1) expect(make(two, at)).toBe(36);
    expect(make(one, 11)).toBe(36); // one port is left
    expect(make(two, 12)).toBe(isOld ? 36 : "ENOSPC");
    expect(make(one, 13)).toBe(36);
    expect(make(one, 14)).toBe(isOld ? 36 : "ENOSPC");
  });
});
