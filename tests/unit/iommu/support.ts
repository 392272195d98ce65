import {
  type Actor,
  addActor,
  corePart,
  type FailKind,
  type Kernel,
  Pfn,
} from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  type IommuOptions,
  type IommuPart,
  iommuPart,
} from "../../../engine/iommu/index.ts";
import { mmPart } from "../../../engine/mm/index.ts";

export interface Bench {
  readonly machine: IommuPart;
  readonly device: Actor;
  readonly stream: number;
  readonly group: number;
  /** The default domain of the device. */
  readonly domain: number;
}

export interface BenchOptions extends Partial<IommuOptions> {
  readonly kernel?: Kernel;
  readonly fails?: readonly { readonly kind: FailKind; readonly nth: number }[];
  readonly defaultDomain?: "dma" | "identity" | "none";
}

/** One device behind one IOMMU; every event is heard. */
export function bench(options: BenchOptions = {}): Bench {
  const { kernel = "v4.18", fails = [], defaultDomain = "dma", ...rest } = options;
  const core = corePart({ kernel, seed: 1, mended: [], fails });
  const machine: IommuPart = { ...core, ...mmPart(), ...iommuPart() };
  machine.news.mask.fill(1);
  const iommu = addIommu(machine, { name: "smmu0", ...rest });
  const device = addActor(core, { name: "hisi_zip-0", kind: "device", id: 0 });
  const stream = addStream(machine, { device, iommu, defaultDomain });
  const group = machine.streams[stream]?.group ?? -1;
  return { machine, device, stream, group, domain: machine.groups[group]?.domain ?? -1 };
}

/** A frame number that nobody needs to own. */
export const at = (pfn: number) => Pfn(pfn);

export const M2 = 2 * 1024 * 1024;
export const G1 = 512 * M2;
