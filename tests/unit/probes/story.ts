import type { Kernel } from "../../../engine/core/index.ts";
import { holds, withContainer } from "../third-party/story.ts";

/** The two rule sets that a flow chooses between. */
export const KERNELS = ["v4.18", "v6.1"] as const;

/** What a probe is, and its lines; every result in them is what Linux would return. */
export type Probe = readonly [what: string, lines: (isOld: boolean) => readonly string[]];

export const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
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

/** A story of that kernel on a machine, as its header describes it. */
export function onMachine(
  kernel: Kernel,
  machine: readonly string[],
  lines: readonly string[],
): void {
  const head = ["title      What a kernel would return", `kernel     ${kernel}`, ...machine, ""];
  holds([...head, ...lines].join("\n"));
}

export const SMMU = "iommu      smmu0 kind=smmuv3 iotlb=64";

/** A computer with one engine behind an IOMMU, and nothing done yet. */
export function onBare(
  kernel: Kernel,
  lines: readonly string[],
  more: readonly string[] = [],
): void {
  const machine = [
    "framework  spimdev",
    ...(kernel === "v4.18" ? [] : ["what-if    yes"]),
    SMMU,
    "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0",
    ...more,
  ];
  onMachine(kernel, machine, lines);
}

/** The engine whose virtual functions vfio-pci takes. */
export const CHIP = "/sys/bus/pci/devices/0000:75:00.0";

/** Such an engine; `root` has the file open that says how many functions there are, as `count`. */
export function onChip(kernel: Kernel, lines: readonly string[]): void {
  const machine = [
    "framework  hvf",
    SMMU,
    "device     hisi_zip-0 kind=zip hw=v2 behind=smmu0 vfs=3",
  ];
  const count = `root: count = open("${CHIP}/sriov_numvfs", O_RDWR)`;
  onMachine(kernel, machine, [count, ...lines]);
}

/** `app` has the group of that number in a container. */
export const joined = (group: number, type = "VFIO_TYPE1v2_IOMMU") => [
  `app: group = open("/dev/vfio/${group}", O_RDWR)`,
  'app: container = open("/dev/vfio/vfio", O_RDWR)',
  "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
  `app: ioctl(container, VFIO_SET_IOMMU, ${type}) = 0`,
];

/** The device of a vendor driver that pins pages for itself. */
export const VENDOR = "/sys/devices/virtual/vendor/copier";

/** `app` has a mediated device of it open, as `mdev`; the driver says no to its removal then. */
export function onVendor(kernel: Kernel, lines: readonly string[]): void {
  const opened = [
    `root: create = open("${VENDOR}/mdev_supported_types/vendor-heeds/create", O_WRONLY)`,
    `root: write(create, "${UUID}", 36) = 36`,
    ...joined(0),
    `app: mdev = ${GET_DEVICE}`,
  ];
  onMachine(kernel, ["framework  mdev", "device     copier kind=dummy"], [...opened, ...lines]);
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
export function onUacce(
  kernel: "v5.7" | "v6.1",
  lines: readonly string[],
  { pasids = 16, device = "" } = {},
): void {
  const machine = [
    "framework  uacce",
    `${SMMU} pasid=${pasids} faults=stall`,
    `device     hisi_zip-0 kind=zip hw=v2 behind=smmu0 ${device}`.trimEnd(),
  ];
  onMachine(kernel, machine, lines);
}
