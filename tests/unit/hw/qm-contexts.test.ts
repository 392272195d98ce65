import { expect, test } from "vitest";
import { PAGE, Pfn, record } from "../../../engine/core/index.ts";
import { CQC, SQC } from "../../../engine/hw/qm-entries.ts";
import { read, readPair } from "../../../engine/hw/register.ts";
import { iovaToFrame } from "../../../engine/iommu/index.ts";
import { readFrame } from "../../../engine/mm/index.ts";
import { Computer, open } from "../frameworks/computer.ts";

const ZIP = {
  home: "/sys/class/spimdev/hisi_zip-0",
  type: "hisi_zip-zip",
  group: "/dev/vfio/1",
  iommu: 1,
};

test("the kernel's tables lie at the top of 32 bits, in the device's own domain", () => {
  const { machine } = new Computer();
  const { tables } = record(machine.devices, 0);
  expect(tables?.iova).toBe(2 ** 32 - 4 * PAGE);
  const frames = [0, 1, 2].map((page) =>
    iovaToFrame(machine, 0, (tables?.iova ?? 0) + page * PAGE),
  );
  expect(frames).toEqual(tables?.frames);
});

test("the contexts of each queue say where its rings are", () => {
  const computer = new Computer();
  const { pid, mdev } = open(computer, computer.app, ZIP);
  const { machine } = computer;
  for (const qn of [0, 1]) {
    computer.good(pid, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
    const frames = record(machine.devices, 0).tables?.frames ?? [];
    const [sqc, cqc] = frames.map((pfn) => readFrame(machine, Pfn(pfn), qn * 32, 32));
    expect(readPair(SQC, sqc as Uint8Array, 0, "base")).toBe(machine.queues.sq[qn]);
    expect(readPair(CQC, cqc as Uint8Array, 0, "base")).toBe(machine.queues.cq[qn]);
    expect(read(SQC, sqc as Uint8Array, 0, "cq_num")).toBe(qn);
    expect(read(SQC, sqc as Uint8Array, 0, "qes")).toBe(1023);
    expect(read(CQC, cqc as Uint8Array, 0, "qes")).toBe(1023);
  }
});
