import { record, type Value } from "../../../engine/core/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { Computer } from "./computer.ts";

export const HOME = "/sys/bus/pci/devices/0000:75:00.0";

/** Longer than functions take to appear and to go, shorter than vfio waits to ask again: 5 s. */
const SOON = 5e12;

export interface ChipWish {
  readonly kernel?: string;
  readonly vfs?: number;
  readonly queues?: number;
  readonly behind?: string;
}

/** A chip that makes virtual functions. What waits for a program to let go is left waiting. */
export class Chip extends Computer {
  constructor({ kernel = "v4.18", vfs = 3, queues, behind = " behind=smmu0" }: ChipWish = {}) {
    const some = queues === undefined ? "" : ` queues=${queues}`;
    const device = `device hisi_zip-0 kind=zip hw=v2${behind}${some} vfs=${vfs}`;
    const hardware = `iommu smmu0 kind=smmuv3\n${device}`;
    super({ kernel, framework: "hvf", hardware });
  }

  override run(): void {
    const { agenda } = this.machine;
    for (let steps = 0; steps < 10_000; steps += 1) {
      if (agenda.size === 0 || (agenda.rows.at[0] as number) > agenda.now + SOON) return;
      if (!this.step()) return;
    }
    throw new Error("it never ends");
  }

  /** Begins to write how many functions there are to be. @returns the row of the call */
  ask(text: string, pid = this.root): number {
    const fd = this.good(pid, "open", `${HOME}/sriov_numvfs`, 2);
    const row = this.begin(pid, "write", fd, text, text.length);
    return row;
  }

  /** What stands in a file of the chip. */
  text(name: string): Value | undefined {
    return this.read(this.root, `${HOME}/${name}`).written?.data;
  }

  /** PCI address, group, queues and routing id of each function that is there. */
  functions(): readonly (readonly [string, number, number])[] {
    const { devices, streams, groups } = this.machine;
    return devices.flatMap(({ name, pci, stream, queueCount }) => {
      if (!pci || pci.physical < 0 || pci.isGone) return [];
      const { group } = record(streams, stream);
      return [[name, group < 0 ? -1 : record(groups, group).number, queueCount] as const];
    });
  }

  /** Opens group and container of a function, and the function. @returns its descriptor */
  take(
    pid: number,
    group: number,
    name: string,
  ): { readonly container: number; readonly fd: number } {
    const groupFd = this.good(pid, "open", `/dev/vfio/${group}`, 2);
    const container = this.good(pid, "open", "/dev/vfio/vfio", 2);
    this.good(pid, "ioctl", groupFd, "VFIO_GROUP_SET_CONTAINER", container);
    this.good(pid, "ioctl", container, "VFIO_SET_IOMMU", VFIO.VFIO_TYPE1_IOMMU);
    return { container, fd: this.good(pid, "ioctl", groupFd, "VFIO_GROUP_GET_DEVICE_FD", name) };
  }
}
