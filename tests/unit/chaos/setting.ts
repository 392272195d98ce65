import fc from "fast-check";
import { DEFECTS, FAIL_KINDS } from "../../../engine/core/index.ts";

/** Whole machines: kernel, framework, IOMMU and devices that go together, as lines of a header. */

interface Choice {
  readonly framework: number;
  readonly iommu: number;
  readonly device: number;
  readonly count: number;
  readonly isHeld: boolean;
  readonly mended: number;
  readonly fail: readonly [kind: number, nth: number] | undefined;
}

/** Kernel, framework; the last ones only as a what-if: VFIO of later kernels, with the same parent. */
const KERNELS: readonly (readonly [kernel: string, framework: string, more?: string])[] = [
  ["v4.18", "spimdev"],
  ["v4.18", "sdmdev"],
  ["v6.1", "uacce"],
  ["v5.7", "uacce"],
  ["v4.18", "uacce-v3"],
  ["v6.1", "ioctl"],
  ["v6.1", "spimdev", "what-if yes"],
  ["v5.7", "spimdev", "what-if yes"],
  ["v6.1", "sdmdev", "what-if yes"],
  ["v4.18+sva-rfc", "sdmdev"],
];

const IOMMUS = ["iotlb=4", "", "iotlb=1 pages=4K", "iotlb=64 pages=4K,2M", undefined] as const;
const SHARING = [
  "pasid=8 faults=stall",
  "pasid=8 faults=pri",
  "pasid=2 faults=none iotlb=2",
  "pasid=1 faults=pri",
  "pasid=0",
] as const;

const ALL = Object.keys(DEFECTS);
const MENDED = [[], ALL, ALL, ["D13", "D18"], ["D22", "D24"], ["D26"]] as const;

function header(choice: Choice): string[] {
  const [kernel, framework, more] = KERNELS[choice.framework] as (typeof KERNELS)[number];
  const lines = [`kernel     ${kernel}`, `framework  ${framework}`];
  const isSharing = framework === "uacce" || kernel === "v4.18+sva-rfc";
  const words = isSharing ? SHARING[choice.iommu] : IOMMUS[choice.iommu];
  if (words !== undefined) lines.push(`iommu      smmu0 kind=smmuv3 ${words}`.trimEnd());
  const isDummy = choice.device === 0 && (framework === "spimdev" || framework === "sdmdev");
  const shape = isDummy ? "kind=dummy" : `kind=zip hw=${choice.device % 2 ? "v1" : "v2"}`;
  const behind = words !== undefined && !isDummy ? " behind=smmu0" : "";
  const queues = choice.device > 1 ? ` queues=${choice.device}` : "";
  const held = choice.isHeld ? " held" : "";
  for (let at = 0; at < choice.count; at += 1) {
    const name = isDummy ? `dummy_wd.${at}` : `hisi_zip-${at}`;
    lines.push(`device     ${name} ${shape}${behind}${queues}${held}`);
  }
  const mended = MENDED[choice.mended] as readonly string[];
  if (mended.length > 0) lines.push(`mended     ${mended.join(" ")}`);
  if (choice.fail) lines.push(`fail       ${FAIL_KINDS[choice.fail[0]]} ${choice.fail[1]}`);
  if (more) lines.push(more);
  return lines;
}

/** The lines of a header, without its title. */
export const aHeader: fc.Arbitrary<readonly string[]> = fc
  .record({
    framework: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1, 6, 2, 4),
    iommu: fc.nat(IOMMUS.length - 1),
    device: fc.constantFrom(1, 2, 3, 4, 0),
    count: fc.constantFrom(1, 1, 2),
    isHeld: fc.constantFrom(false, false, false, true),
    mended: fc.nat(MENDED.length - 1),
    // An invalidation that fails is forgotten: what comes of that is the point of another test.
    fail: fc.option(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 40 })), { nil: undefined }),
  })
  .map(header);
