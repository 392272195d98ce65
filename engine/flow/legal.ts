import { KERNELS, type Kernel } from "../core/index.ts";
import { NIC_RINGS } from "../hw/index.ts";
import type {
  DeviceKind,
  DeviceLine,
  DomainKind,
  FaultKind,
  Framework,
  Hardware,
  Header,
  IommuKind,
  IommuLine,
  Position,
} from "./ast.ts";
import type { Problem } from "./flow-error.ts";

/**
 * Which frameworks there are, and the kernels they belong to: spimdev, sdmdev and the uacce RFC
 * were posted against v4.18, uacce is in Linux from v5.7. The rest stands there for comparison, on
 * every kernel.
 */
export const LEGAL: Readonly<Record<Framework, readonly Kernel[]>> = {
  spimdev: ["v4.18"],
  sdmdev: ["v4.18"],
  "uacce-v3": ["v4.18"],
  uacce: ["v5.7", "v6.1"],
  hvf: KERNELS,
  mdev: KERNELS,
  ioctl: KERNELS,
};

export const FRAMEWORKS = Object.keys(LEGAL) as readonly Framework[];
export const IOMMU_KINDS: readonly IommuKind[] = ["smmuv3", "none"];
export const FAULT_KINDS: readonly FaultKind[] = ["none", "pri", "stall"];
export const DOMAIN_KINDS: readonly DomainKind[] = ["dma", "none"];
export const DEVICE_KINDS: readonly DeviceKind[] = ["dummy", "zip", "rsa", "nic"];
export const HARDWARE: readonly Hardware[] = ["v1", "v2"];

/** Bits of a PASID at most: PCIe and SMMUv3 have 20. */
export const PASID_MAX = 20;

/** A kernel as the header writes it. PASIDs come to v4.18 only with the patches of an RFC. */
export const SVA_RFC = "v4.18+sva-rfc";

const UNLESS = "(`what-if yes` allows others)";

/** What is not together in any kernel or machine, in the order of the lines; nothing under what-if. */
export function illegal(header: Header): readonly Problem[] {
  // A card with more rings than it has room for is no what-if: there is nothing to model.
  if (header.whatIf) {
    return header.devices.filter(({ device }) => device === "nic").flatMap(illegalCard);
  }
  return [
    ...illegalFramework(header),
    ...header.iommus.flatMap((iommu) => illegalIommu(header, iommu)),
    ...header.devices.flatMap((device) => illegalDevice(header, device)),
  ].sort((left, right) => left.at.line - right.at.line);
}

function illegalFramework(header: Header): readonly Problem[] {
  const { framework, kernel } = header;
  if (LEGAL[framework].includes(kernel)) return [];
  const legal = FRAMEWORKS.filter((other) => LEGAL[other].includes(kernel));
  const expected = `a framework of kernel ${kernel}: ${legal.join(", ")} ${UNLESS}`;
  const kernels = LEGAL[framework].join(", ");
  return [{ at: lineOf(header, "framework"), expected, found: `${framework} (${kernels})` }];
}

function illegalIommu(header: Header, iommu: IommuLine): readonly Problem[] {
  const hasPasid = (iommu.pasid ?? 0) > 0;
  if (!hasPasid || header.kernel !== "v4.18" || header.svaRfc) return [];
  const expected = `pasid=0, or kernel ${SVA_RFC} ${UNLESS}`;
  return [{ at: iommu.at, expected, found: `pasid=${iommu.pasid} on v4.18` }];
}

/**
 * The dummy device is posted without an IOMMU (defect D4), and makes no virtual functions. A network
 * card lends some of its rings, and keeps at least one.
 */
function illegalDevice({ framework }: Header, device: DeviceLine): readonly Problem[] {
  if (device.unbound && (framework !== "spimdev" || device.device !== "dummy")) {
    const expected = `unbound with kind=dummy and framework spimdev ${UNLESS}`;
    return [{ at: device.at, expected, found: `kind=${device.device}, ${framework}` }];
  }
  if (device.device === "nic" || device.lend !== undefined) return illegalCard(device);
  if (device.vfs !== undefined && framework !== "hvf") {
    return [{ at: device.at, expected: `framework hvf ${UNLESS}`, found: `vfs=${device.vfs}` }];
  }
  if (device.device !== "dummy" || device.behind === undefined) return [];
  const expected = `a dummy device behind no iommu ${UNLESS}`;
  return [{ at: device.at, expected, found: `behind=${device.behind}` }];
}

function illegalCard({ at, device, queues, lend, held }: DeviceLine): readonly Problem[] {
  const { usual, most, lent } = NIC_RINGS;
  const [rings, lends] = [queues ?? usual, lend ?? lent];
  const rules: readonly [isBroken: boolean, expected: string, found: string][] = [
    [device !== "nic", "lend= with kind=nic", `kind=${device}`],
    [rings > most, `a card of at most ${most} rings`, `queues=${rings}`],
    [lends >= rings, "a card that keeps at least one ring", `lend=${lends} of ${rings}`],
    [held, "a card that is not held", "held"],
  ];
  const broken = rules.filter(([isBroken]) => isBroken).slice(0, 1);
  return broken.map(([, expected, found]) => ({ at, expected, found }));
}

function lineOf(header: Header, kind: "framework" | "kernel"): Position {
  return header.lines.find((line) => line.kind === kind)?.at ?? { line: 1, column: 1 };
}
