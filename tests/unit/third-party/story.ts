import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { type Machine, runFlow } from "../../../engine/index.ts";

const FOLDER = new URL("../../../content/flows/", import.meta.url);
const LIBRARY = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".flow"))
    .map((file) => [file.slice(0, -".flow".length), readFileSync(new URL(file, FOLDER), "utf8")]),
);

/** The kernel, and which of the two interfaces a container asks for. */
export interface Setting {
  readonly kernel: "v4.18" | "v6.1";
  readonly type: "VFIO_TYPE1_IOMMU" | "VFIO_TYPE1v2_IOMMU";
  /** Sizes that the IOMMU knows; all three where left out. */
  readonly pages?: string;
}

/** Both interfaces on both kernels. */
export const SETTINGS: readonly Setting[] = (["v4.18", "v6.1"] as const).flatMap((kernel) =>
  (["VFIO_TYPE1_IOMMU", "VFIO_TYPE1v2_IOMMU"] as const).map((type) => ({ kernel, type })),
);

/**
 * A story whose process has a container with the tables of one device. On v6.1 it stands under
 * what-if: spimdev was never posted against it, but the container is that kernel's.
 */
export function withContainer(
  { kernel, type, pages = "4K,2M,1G" }: Setting,
  lines: readonly string[],
): string {
  return [
    "title      A case of another project's tests",
    `kernel     ${kernel}`,
    "framework  spimdev",
    "what-if    yes",
    `iommu      smmu0 kind=smmuv3 iotlb=64 pages=${pages}`,
    "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0",
    "",
    'root: create = open("/sys/class/spimdev/hisi_zip-0/device/mdev_supported_types/hisi_zip-zip/create", O_WRONLY)',
    'root: write(create, "2ad9f208-7da3-11e8-8709-57742f618a28", 36) = 36',
    'app: group = open("/dev/vfio/1", O_RDWR)',
    'app: container = open("/dev/vfio/vfio", O_RDWR)',
    "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
    `app: ioctl(container, VFIO_SET_IOMMU, ${type}) = 0`,
    "app: setrlimit(RLIMIT_MEMLOCK, 64M) = 0",
    ...lines,
  ].join("\n");
}

/** A story whose process shares its memory with the engine. */
export function withSva(faults: "stall" | "pri", lines: readonly string[]): string {
  return [
    "title      A case of another project's tests",
    "kernel     v6.1",
    "framework  uacce",
    `iommu      smmu0 kind=smmuv3 iotlb=64 pasid=16 faults=${faults}`,
    "device     hisi_zip-0 kind=zip hw=v2 behind=smmu0",
    "given      open-uacce",
    "",
    ...lines,
  ].join("\n");
}

/** Private memory of so many bytes. */
export const memory = (name: string, size: string, prot = "PROT_READ|PROT_WRITE") =>
  `app: ${name} = mmap(NULL, ${size}, ${prot}, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)`;

/** MAP_DMA, and what comes of it. */
export const map = (vaddr: string, iova: string, size: string, result = "0", flags = 3) =>
  `app: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: ${flags}, vaddr: ${vaddr}, iova: ${iova}, size: ${size}}) = ${result}`;

/** UNMAP_DMA, and what comes of it: how much went, or an errno. */
export const unmap = (iova: string, size: string, gone: string, flags = 0) => {
  const result = gone.startsWith("E") ? `-1 ${gone}` : `0 {size: ${gone}}`;
  return `app: ioctl(container, VFIO_IOMMU_UNMAP_DMA, {argsz: 24, flags: ${flags}, iova: ${iova}, size: ${size}}) = ${result}`;
};

/** The device reaches that page of the process, and through it nothing else. */
export const leadsTo = (iova: string, vaddr: string) =>
  `expect translate(hisi_zip-0, ${iova}) == page(app, ${vaddr})`;
export const leadsNowhere = (iova: string) => `expect translate(hisi_zip-0, ${iova}) == none`;

/** Runs a story; every result and expectation that is written in it holds. @returns the end */
export function holds(text: string): Machine {
  const result = runFlow({ text, file: "case.flow" }, LIBRARY);
  expect(result.ok ? [] : result.errors).toEqual([]);
  if (!result.ok) throw new Error("no run");
  const { ok, failures, end, machine } = result.run;
  const lines = text.split("\n");
  expect(failures.map((one) => [lines[one.line - 1], one.got])).toEqual([]);
  expect({ ok, end }).toEqual({ ok: true, end: undefined });
  return machine;
}
