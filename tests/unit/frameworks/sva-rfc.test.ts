/** The first RFC in a build with process page tables: how a program gets its number, and a queue for it. */

import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { Computer, HEADERS, open, word } from "./computer.ts";

const ZIP = {
  home: "/sys/class/spimdev/hisi_zip-0",
  type: "hisi_zip-zip",
  group: "/dev/vfio/1",
  iommu: 1,
};

describe("D11, D17: a queue for a PASID", () => {
  const SVA = HEADERS.zip.replace("kind=smmuv3", "kind=smmuv3 pasid=8 faults=stall");
  const PROCESS = { argsz: 20, flags: 1 };

  /** A container that is bound to its program, in a build with process page tables. */
  function bound(more: string) {
    const on = new Computer({ kernel: "v4.18+sva-rfc", hardware: SVA, more });
    const { container, mdev } = open(on, on.app, ZIP);
    const got = on.ioctl(on.app, container, "VFIO_IOMMU_BIND", PROCESS);
    const getQ = (pasid: number) => on.ioctl(on.app, mdev, "VFIO_SPIMDEV_CMD_GET_Q", pasid);
    return { on, container, got, getQ, pasid: Number(got.written?.pasid) };
  }

  // biome-ignore format: one case a line
  const ROWS = [
    ["",               "EINVAL", "BUG"],
    ["mended D17",     "EINVAL", "6"],
    ["mended D11",     "BUG",    "EINVAL"],
    ["mended D11 D17", "6",      "EINVAL"],
  ] as const;

  test.each(ROWS)("%j: its own is %s, another is %s", (more, own, other) => {
    const one = bound(more);
    expect(word(one.getQ(one.pasid))).toBe(own);
    expect(word(bound(more).getQ(one.pasid + 1))).toBe(other);
  });

  test("with both mended the engine works on memory that nobody shared, by page faults", () => {
    const { on, getQ, pasid } = bound("mended D11 D17");
    const q = getQ(pasid).value;
    on.good(on.app, "drv_open", q, "hisi_qm_v1");
    const buf = on.good(on.app, "mmap", 0, 8192, 3, 0x22, -1, 0);
    on.good(on.app, "store", buf, "a ring is a row of slots");
    on.good(on.app, "wd_send", q, { src: buf, len: 24, dst: buf + PAGE, room: PAGE });
    expect(word(on.call(on.app, "wd_recv", q))).toBe("0");
    expect([on.count("iopf.request"), on.count("dma.fault")]).toEqual([1, 0]);
    expect(on.machine.containers[0]?.dmas).toEqual([]);
  });

  test("whether it exits or closes everything, the bond goes with the container's last group", () => {
    for (const isKilled of [true, false]) {
      const { on } = bound("");
      expect(on.machine.bonds.map(({ refs }) => refs)).toEqual([1]);
      if (isKilled) on.kill(on.app);
      else for (const fd of [5, 4, 3]) on.good(on.app, "close", fd);
      expect(on.machine.bonds.map(({ refs }) => refs)).toEqual([0]);
      expect(on.machine.containers[0]?.bonds).toBeUndefined();
    }
  });

  test("binding again is the same number, and the bond is held twice", () => {
    const { on, container, pasid } = bound("");
    const again = on.ioctl(on.app, container, "VFIO_IOMMU_BIND", PROCESS);
    expect(again.written).toEqual({ pasid });
    expect(on.machine.bonds.map(({ refs }) => refs)).toEqual([2]);
  });

  // biome-ignore format: one case a line
  const REFUSED = [
    ["argsz too small",          "v4.18+sva-rfc", SVA,                                        { argsz: 19, flags: 1 }, "EINVAL"],
    ["no flag",                  "v4.18+sva-rfc", SVA,                                        { argsz: 20, flags: 0 }, "EINVAL"],
    ["no structure",             "v4.18+sva-rfc", SVA,                                        null,                    "EFAULT"],
    ["a device that cannot fault", "v4.18+sva-rfc", SVA.replace("faults=stall", "faults=none"), PROCESS,               "ENODEV"],
    ["a kernel without it",      "v4.18",         HEADERS.zip,                                PROCESS,                 "ENOTTY"],
  ] as const;

  test.each(REFUSED)("BIND with %s, on %s", (_what, kernel, hardware, arg, errno) => {
    const on = new Computer({ kernel, hardware });
    const { container } = open(on, on.app, ZIP);
    expect(word(on.ioctl(on.app, container, "VFIO_IOMMU_BIND", arg))).toBe(errno);
    expect(on.machine.bonds).toEqual([]);
  });
});
