import { PAGE } from "../../../engine/core/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { Computer, UUID } from "./computer.ts";

/** A second device's name. */
export const OTHER = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

const HOME = "/sys/devices/virtual/vendor/copier";
const AT = 1024 * PAGE;

/** A program that has the first type's device open, eight pages of memory, and no mapping yet. */
export class Vendor extends Computer {
  readonly group: number;
  readonly container: number;
  readonly mdev: number;
  readonly buffer: number;

  constructor(kernel = "v4.18") {
    super({ kernel, framework: "mdev", hardware: "device copier kind=dummy" });
    this.write(this.root, `${HOME}/mdev_supported_types/vendor-heeds/create`, UUID);
    const { app } = this;
    this.group = this.good(app, "open", "/dev/vfio/0", 2);
    this.container = this.good(app, "open", "/dev/vfio/vfio", 2);
    this.good(app, "ioctl", this.group, "VFIO_GROUP_SET_CONTAINER", this.container);
    this.good(app, "ioctl", this.container, "VFIO_SET_IOMMU", VFIO.VFIO_TYPE1v2_IOMMU);
    this.mdev = this.good(app, "ioctl", this.group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
    this.buffer = this.good(this.app, "mmap", 0, 8 * PAGE, 3, 0x22, -1, 0);
  }

  /** Where a page is for the device. */
  at(page: number): number {
    return AT + page * PAGE;
  }

  range(page: number, pages: number): { readonly iova: number; readonly size: number } {
    return { iova: this.at(page), size: pages * PAGE };
  }

  map(page: number, pages: number): void {
    const vaddr = this.buffer + page * PAGE;
    const wish = { argsz: 32, flags: 3, vaddr, ...this.range(page, pages) };
    this.good(this.app, "ioctl", this.container, "VFIO_IOMMU_MAP_DMA", wish);
  }

  pin(page: number, pages: number, mdev = this.mdev): void {
    this.good(this.app, "ioctl", mdev, "WD_VENDOR_PIN", this.range(page, pages));
  }

  /** A second device, in the same container. @returns its descriptor */
  another(type: "heeds" | "deaf"): number {
    this.write(this.root, `${HOME}/mdev_supported_types/vendor-${type}/create`, OTHER);
    const group = this.good(this.app, "open", "/dev/vfio/1", 2);
    this.good(this.app, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", this.container);
    return this.good(this.app, "ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", OTHER);
  }

  /** Pins of all frames together. */
  pins(): number {
    return this.machine.frames.pins.reduce((sum, pins) => sum + pins, 0);
  }
}
