import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { Computer, open } from "./computer.ts";

const ZIP = {
  home: "/sys/class/sdmdev/hisi_zip-0",
  type: "hisi_zip-zip",
  group: "/dev/vfio/1",
  iommu: 1,
};

describe("D21: who tells the device how many completions were taken", () => {
  // biome-ignore format: one case a line
  const ROWS = [
    ["",           [1, 2, 1]],
    ["D21", [1, 2, 2]],
  ] as const;

  test.each(ROWS)("mended %j: after one, two, and an interrupt it was told %j", (more, heard) => {
    const on = new Computer({ framework: "sdmdev", more: `mended D18 ${more}` });
    const { mdev } = open(on, on.app, ZIP);
    on.good(on.app, "drv_open", mdev, "hisi_qm_v1");
    const buf = on.good(on.app, "mmap", 0, PAGE, 3, 0x22, -1, 0);
    const send = () => on.good(on.app, "wd_send", mdev, { src: buf, len: 0, dst: buf, room: PAGE });
    const told = () => on.machine.queues.told[0];
    const both = [0, 1].map(() => {
      send();
      on.call(on.app, "wd_recv", mdev);
      return told();
    });
    const child = on.good(on.app, "fork", "child");
    on.begin(child, "ioctl", mdev, "VFIO_SDMDEV_CMD_WAIT", 0);
    send();
    expect([...both, told()]).toEqual(heard);
    expect(on.count("irq.raise")).toBe(1);
  });
});
