import { PAGE, type Value } from "../../core/index.ts";
import { FLAG } from "../../task/index.ts";
import { addMdev, addMtty, type Process, setUp, withPci } from "../bench/index.ts";
import { outcome, prose, refused, said } from "./compare.ts";
import type { Area, Lab } from "./lab.ts";
import { at } from "./vfio-states.ts";

interface Opened {
  readonly app: Process;
  readonly device: number;
}

/** A device of the sample driver, open. */
function mtty(lab: Lab): Opened {
  const bench = lab.bench();
  addMtty(bench);
  const mdev = addMdev(bench);
  const { groups } = setUp(bench.app, [mdev]);
  const device = bench.app.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_GET_DEVICE_FD", mdev.name);
  return { app: bench.app, device };
}

/** One of each: the sample driver's and one of vfio-pci. */
function both(lab: Lab): readonly Opened[] {
  return [mtty(lab), at(lab, "device")];
}

const SET = { argsz: 20, flags: 1 | 32, index: 0, start: 0, count: 1 };
const U32_MAX = 0xffff_ffff;

function setIrqs({ app, device }: Opened, change: { readonly [name: string]: Value }) {
  return refused(app.ioctl(device, "VFIO_DEVICE_SET_IRQS", { ...SET, ...change }));
}

/** What a device's descriptor answers. */
export const VFIO_SM_DEVICE: Area = {
  "VFIO-SM-055": (lab) =>
    both(lab).map(({ app, device }) => {
      const larger = app.ioctl(device, "VFIO_DEVICE_GET_INFO", { argsz: 17 });
      if (larger.value !== 0) return outcome(larger);
      return outcome(app.ioctl(device, "VFIO_DEVICE_GET_INFO", { argsz: 15 }));
    }),
  "VFIO-SM-059": (lab) => {
    const { app, device } = mtty(lab);
    return [2, 3, 4, 5, 6].map((index) => {
      const got = app.ioctl(device, "VFIO_DEVICE_GET_REGION_INFO", { argsz: 32, index });
      const { size = -1, flags = -1, offset = -1 } = got.written ?? {};
      const isShifted = BigInt(offset as number) === BigInt(index) * (1n << 40n);
      return {
        result: {
          size,
          flags: `READ|WRITE(${flags as number})`,
          offset: isShifted ? "index<<40" : String(offset),
        },
      };
    });
  },
  "VFIO-SM-061": (lab) => {
    const { app, device } = at(lab, "device");
    const got = app.ioctl(device, "VFIO_DEVICE_GET_REGION_INFO", { argsz: 32, index: 1 });
    const argsz = Number(got.written?.argsz ?? 0);
    const again = app.ioctl(device, "VFIO_DEVICE_GET_REGION_INFO", { argsz, index: 1 });
    const isEnough = argsz > 32 && Number(again.written?.cap_offset ?? 0) === 32;
    return {
      result: prose(
        said(`${got.value}, argsz := needed size`, isEnough),
        said(`cap_offset := ${String(got.written?.cap_offset)}`),
        said("CAPS flag set", (Number(got.written?.flags) & 8) !== 0),
      ),
    };
  },
  "VFIO-SM-062": (lab) =>
    both(lab).flatMap((opened) => [
      setIrqs(opened, { argsz: 19 }),
      setIrqs(opened, { index: 5 }),
      setIrqs(opened, { start: 2, count: U32_MAX - 1 }),
      setIrqs(opened, { start: 1, count: 1 }),
      setIrqs(opened, { count: 2 }),
      setIrqs(opened, { flags: 1 | 32 | 64 }),
    ]),
  "VFIO-SM-063": (lab) =>
    both(lab).flatMap((opened) => [
      setIrqs(opened, { flags: 32 }),
      setIrqs(opened, { flags: 1 | 2 | 32 }),
      setIrqs(opened, { argsz: 24, flags: 2 | 4 | 32 }),
      setIrqs(opened, { argsz: 20, flags: 2 | 32 }),
      setIrqs(opened, { argsz: 23, flags: 4 | 32 }),
    ]),
  "VFIO-SM-065": (lab) => {
    const { app, device } = at(lab, "device", { ops: withPci({}) });
    return [
      outcome(app.ioctl(device, "VFIO_DEVICE_RESET")),
      outcome(app.call("read", device, 16)),
      outcome(app.call("write", device, "x", 1)),
      outcome(app.call("mmap", 0, PAGE, FLAG.PROT_READ, FLAG.MAP_SHARED, device, 0)),
    ];
  },
};
