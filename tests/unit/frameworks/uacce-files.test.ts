import { describe, expect, test } from "vitest";
import { ok, PAGE } from "../../../engine/core/index.ts";
import {
  allocUacce,
  QM_UACCE,
  registerUacce,
  type UacceInterface,
  zipInterface,
} from "../../../engine/frameworks/index.ts";
import { POLL } from "../../../engine/task/index.ts";
import { word } from "./computer.ts";
import {
  CLASS,
  computer,
  ioctl,
  map,
  memory,
  open,
  PUT,
  RINGS,
  ready,
  START,
} from "./uacce-bench.ts";

describe("mmap", () => {
  // biome-ignore format: one case a line
  const ROWS: readonly (readonly [row: string, why: string, kernel: "v5.7" | "v6.1", got: string, act: (on: ReturnType<typeof computer>, fd: number) => string])[] = [
    ["",          "the doorbell's two pages",      "v5.7", "ok",     (on, fd) => map(on, fd, 0, 2 * PAGE)],
    ["",          "the first of them",             "v5.7", "ok",     (on, fd) => map(on, fd, 0, PAGE)],
    ["",          "a third",                       "v5.7", "EINVAL", (on, fd) => map(on, fd, 0, 3 * PAGE)],
    ["",          "the rings",                     "v5.7", "ok",     (on, fd) => map(on, fd, 1, RINGS)],
    ["",          "less than the rings",           "v5.7", "EINVAL", (on, fd) => map(on, fd, 1, RINGS - PAGE)],
    ["UACCE-013", "a region that is none",         "v5.7", "EINVAL", (on, fd) => map(on, fd, 2, PAGE)],
    ["UACCE-013", "as many bytes as rings, there", "v5.7", "EINVAL", (on, fd) => map(on, fd, 2, RINGS)],
    ["UACCE-014", "a region again",                "v5.7", "EEXIST", (on, fd) => { map(on, fd, 1, RINGS); return map(on, fd, 1, RINGS); }],
    ["UACCE-014", "a region again",                "v6.1", "EEXIST", (on, fd) => { map(on, fd, 1, RINGS); return map(on, fd, 1, RINGS); }],
    ["",          "a region after a refused try",  "v5.7", "ok",     (on, fd) => { map(on, fd, 1, PAGE); return map(on, fd, 1, RINGS); }],
    ["UACCE-016", "anything of a put queue",       "v5.7", "EINVAL", (on, fd) => { ioctl(on, fd, PUT); return map(on, fd, 0, PAGE); }],
    ["UACCE-013", "no region of a put queue",      "v5.7", "EINVAL", (on, fd) => { ioctl(on, fd, PUT); return map(on, fd, 9, PAGE); }],
    ["",          "a region of a stopped queue",   "v6.1", "ok",     (on, fd) => { ioctl(on, fd, START); ioctl(on, fd, PUT); return map(on, fd, 0, PAGE); }],
  ];

  test.each(ROWS)("%s: %s, on %s: %s", (_row, _why, kernel, got, act) => {
    const on = computer({ kernel });
    expect(act(on, open(on))).toBe(got);
  });

  test("UACCE-015 (D26): after munmap it is still EEXIST", () => {
    for (const [kernel, more, got] of [
      ["v5.7", "", "EEXIST"],
      ["v5.7", "mended D26", "ok"],
      ["v6.1", "", "EEXIST"],
      ["v6.1", "mended D26", "ok"],
    ] as const) {
      const on = computer({ kernel, more });
      const fd = open(on);
      const at = on.good(on.app, "mmap", 0, RINGS, 3, 1, fd, PAGE);
      expect(map(on, fd, 0, PAGE)).toBe("ok");
      on.good(on.app, "munmap", at, RINGS);
      expect(map(on, fd, 1, RINGS)).toBe(got);
      expect(map(on, fd, 0, PAGE)).toBe("EEXIST");
    }
  });

  test("UACCE-017: a driver without mmap is EINVAL, but a bad region or state comes first", () => {
    const { getQueue } = QM_UACCE;
    const on = computer({ driver: { getQueue } });
    expect(map(on, open(on), 1, RINGS)).toBe("EINVAL");
  });

  test("UACCE-018: a child has neither rings nor doorbell, and its parent keeps them", () => {
    const on = computer();
    ready(on);
    const child = on.good(on.app, "fork", "child");
    const areas = (pid: number) =>
      on.machine.mms[on.machine.tasks[pid]?.mm ?? -1]?.vmas.filter(
        ({ backing }) => backing.kind === "device",
      ).length;
    expect([areas(on.app), areas(child)]).toEqual([2, 0]);
  });

  test("a mapping holds the file: the queue goes with the last of both", () => {
    const on = computer();
    const fd = open(on);
    const at = on.good(on.app, "mmap", 0, RINGS, 3, 1, fd, PAGE);
    on.good(on.app, "close", fd);
    expect(on.taken()).toBe(1);
    on.good(on.app, "munmap", at, RINGS);
    expect([on.taken(), on.machine.bonds[0]?.refs]).toEqual([0, 0]);
  });
});

describe("in sysfs", () => {
  test("UACCE-024: six attributes, each a line", () => {
    const on = computer();
    open(on);
    const read = (name: string) => on.read(on.app, `${CLASS}/${name}`).written?.data;
    expect({
      api: read("api"),
      flags: read("flags"),
      available_instances: read("available_instances"),
      algorithms: read("algorithms"),
      region_mmio_size: read("region_mmio_size"),
      region_dus_size: read("region_dus_size"),
    }).toEqual({
      api: "hisi_qm_v2\n",
      flags: "1\n",
      available_instances: "127\n",
      algorithms: "zlib\ngzip\n",
      region_mmio_size: "8192\n",
      region_dus_size: "147456\n",
    });
    expect(on.machine.nodes.filter(({ path }) => path.startsWith(`${CLASS}/`))).toHaveLength(6);
  });

  test("UACCE-025: a driver that cannot count is ENODEV", () => {
    const { getQueue } = QM_UACCE;
    const on = computer({ driver: { getQueue } });
    expect(word(on.read(on.app, `${CLASS}/available_instances`))).toBe("ENODEV");
  });

  test("UACCE-026: the size of a region that is not there is hidden; a second device is called -1", () => {
    const on = computer();
    const wanted: UacceInterface = { ...zipInterface(2), pages: [0, 5] };
    const id = allocUacce(on.machine, 0, wanted);
    expect(registerUacce(on.machine, id.ok ? id.value : -1)).toEqual(ok(undefined));
    expect(on.has("/dev/hisi_zip-1")).toBe(true);
    expect(on.has("/sys/class/uacce/hisi_zip-1/region_mmio_size")).toBe(false);
    expect(on.read(on.app, "/sys/class/uacce/hisi_zip-1/region_dus_size").written?.data).toBe(
      "20480\n",
    );
  });

  test("UACCE-023: registering nothing is ENODEV", () => {
    expect(registerUacce(computer().machine, undefined)).toMatchObject({ errno: "ENODEV" });
  });

  // biome-ignore format: one case a line
  test.each([
    ["v6.1", "pasid=8 faults=stall", "1\n"],
    ["v6.1", "pasid=8 faults=pri",   "1\n"],
    ["v6.1", "pasid=8",              "0\n"],
    ["v6.1", "faults=stall",         "0\n"],
    ["v5.7", "pasid=8 faults=stall", "1\n"],
    ["v5.7", "pasid=8",              "0\n"],
    ["v5.7", "faults=pri",           "0\n"],
  ] as const)("UACCE-022: on %s, with %s, the flags are %j", (kernel, iommu, flags) => {
    const on = computer({ kernel, iommu });
    expect(on.read(on.app, `${CLASS}/flags`).written?.data).toBe(flags);
    expect(on.machine.streams[0]?.sva).toBe(flags === "1\n");
    expect(on.machine.streams[0]?.iopf).toBe(flags === "1\n");
  });

  test("UACCE-022: a driver that does not ask for it shares nothing", () => {
    const on = computer();
    const id = allocUacce(on.machine, 0, { ...zipInterface(2), wantsSva: false });
    expect(on.machine.uacces[id.ok ? id.value : -1]?.flags).toBe(0);
  });

  test("without the flag a queue opens, has no PASID, and reaches nothing of the program", () => {
    const on = computer({ iommu: "iotlb=64" });
    const fd = ready(on);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "text");
    on.good(on.app, "wd_send", fd, { src: buf, len: 4, dst: buf + PAGE, room: PAGE });
    expect(word(on.call(on.app, "wd_recv", fd))).toBe("EIO");
    expect(on.machine.queues.pasid[0]).toBe(0);
    expect(on.machine.streams[0]?.faults).toBe(1);
  });
});

describe("poll", () => {
  test("UACCE-019: ready once for what was done since the last time, then not", () => {
    const on = computer();
    const fd = ready(on);
    const buf = memory(on, 2);
    const one = { fd, events: POLL.POLLIN | POLL.POLLRDNORM };
    expect(on.call(on.app, "poll", [one], 1, 0).value).toBe(0);
    on.good(on.app, "store", buf, "text");
    for (const at of [1, 2]) {
      on.good(on.app, "wd_send", fd, { src: buf, len: 4, dst: buf + PAGE + at, room: 99 });
    }
    const ready_ = on.call(on.app, "poll", [one], 1, 0);
    expect(ready_).toMatchObject({ value: 1, written: { revents: 65 } });
    expect(on.call(on.app, "poll", [one], 1, 0).value).toBe(0);
  });

  test("UACCE-019: a driver without is_q_updated is never ready", () => {
    const { isUpdated: _none, ...rest } = QM_UACCE;
    const on = computer({ driver: rest });
    const fd = ready(on);
    const buf = memory(on, 2);
    on.good(on.app, "store", buf, "text");
    on.good(on.app, "wd_send", fd, { src: buf, len: 4, dst: buf + PAGE, room: 99 });
    expect(on.call(on.app, "poll", [{ fd, events: POLL.POLLIN }], 1, 0).value).toBe(0);
  });
});
