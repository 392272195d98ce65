import type { Kernel } from "../../../engine/core/index.ts";
import { holds, withContainer } from "../third-party/story.ts";

/** The two rule sets that a flow chooses between. */
export const KERNELS = ["v4.18", "v6.1"] as const;

/** What a probe is, and its lines; every result in them is what Linux would return. */
export type Probe = readonly [what: string, lines: (isOld: boolean) => readonly string[]];

const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
export const TYPES = "/sys/class/spimdev/hisi_zip-0/device/mdev_supported_types/hisi_zip-zip";
export const REMOVE = `/sys/class/spimdev/hisi_zip-0/device/${UUID}/remove`;

/** The device of the group that `inContainer` has. */
export const GET_DEVICE = `ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}")`;

/** Private memory of `app`, as `name`. */
export const area = (name: string, size: string, prot = "PROT_READ|PROT_WRITE") =>
  `app: ${name} = mmap(NULL, ${size}, ${prot}, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)`;

/** Memory that `app` shares with its children, as `name`. */
export const common = (name: string, size: string) =>
  `app: ${name} = mmap(NULL, ${size}, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0)`;

/** How much `who` may lock. */
export const mayLock = (size: string, who = "app") =>
  `${who}: setrlimit(RLIMIT_MEMLOCK, ${size}) = 0`;

/** MAP_DMA and UNMAP_DMA of another process than `app`, or with words of one's own. */
export const mapOf = (who: string, words: string, result: string) =>
  `${who}: ioctl(container, VFIO_IOMMU_MAP_DMA, {${words}}) = ${result}`;
export const unmapOf = (who: string, words: string, result: string) =>
  `${who}: ioctl(container, VFIO_IOMMU_UNMAP_DMA, {${words}}) = ${result}`;

/** A computer with one engine behind an IOMMU, and nothing done yet. */
export function onBare(
  kernel: Kernel,
  lines: readonly string[],
  more: readonly string[] = [],
): void {
  const head = [
    "title      What Linux would return",
    `kernel     ${kernel}`,
    "framework  spimdev",
    ...(kernel === "v4.18" ? [] : ["what-if    yes"]),
    "iommu      smmu0 kind=smmuv3 iotlb=64",
    "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0",
    ...more,
    "",
  ];
  holds([...head, ...lines].join("\n"));
}

/** `app` has a group in a container of type1, 64K of memory `buf`, and may lock as much. */
export function inContainer(
  kernel: "v4.18" | "v6.1",
  type: "VFIO_TYPE1_IOMMU" | "VFIO_TYPE1v2_IOMMU",
  lines: readonly string[],
): void {
  holds(withContainer({ kernel, type }, [mayLock("64K"), area("buf", "64K"), ...lines]));
}

/** The same of uacce, in its first release and today's. */
export function onUacce(kernel: "v5.7" | "v6.1", lines: readonly string[]): void {
  const head = [
    "title      What Linux would return",
    `kernel     ${kernel}`,
    "framework  uacce",
    "iommu      smmu0 kind=smmuv3 iotlb=64 pasid=16 faults=stall",
    "device     hisi_zip-0 kind=zip hw=v2 behind=smmu0",
    "",
  ];
  holds([...head, ...lines].join("\n"));
}
