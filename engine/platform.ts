import { addActor, assert, type DefectName } from "./core/index.ts";
import type { Family } from "./family.ts";
import type { DeviceLine, Entry, Flow, Framework, Header } from "./flow/index.ts";
import { startStory } from "./flow/index.ts";
import {
  type Device,
  HPRE_PF_DEF_Q_NUM,
  MAX_QUEUE,
  NIC_RINGS,
  QM_DEF_Q_NUM,
  startQm,
} from "./hw/index.ts";
import { addIommu, addStream } from "./iommu/index.ts";
import { emptyMachine, type Machine } from "./machine.ts";
import { createTask } from "./task/index.ts";

/** IOTLB entries where the header does not say. Source: Neugebauer, SIGCOMM'18, 6.5 (recalled). */
const IOTLB_DEFAULT = 64;

/** Frameworks whose drivers know the second silicon. */
const KNOWS_V2: readonly Framework[] = ["uacce", "hvf"];

export interface Setting {
  readonly seed: number;
  /** Defects that the framework's code does not have: `absentIn`. */
  readonly absent: readonly DefectName[];
  /** The drivers that the framework of the header stands on. */
  readonly family: Family;
}

/** The machine that a flow's header describes, at the first line of its story. */
export function build(main: Flow, script: readonly Entry[], setting: Setting): Machine {
  const { seed, absent, family } = setting;
  const { header } = main;
  const mended = [...header.mended, ...absent];
  const machine: Machine = {
    ...emptyMachine({ kernel: header.kernel, seed, mended, fails: [] }, script, {
      noiommu: header.devices.some((line) => isUnshielded(header, line)),
      ...(header.svaRfc ? { canBind: true } : {}),
    }),
    hasSva: header.svaRfc,
    ...(header.whatIf && header.framework === "spimdev" ? { hasWait: true } : {}),
  };
  family.start?.(machine);
  const iommus = new Map(
    header.iommus
      .filter(({ iommu }) => iommu !== "none")
      .map((line) => [
        line.name,
        addIommu(machine, {
          name: line.name,
          iotlb: line.iotlb ?? IOTLB_DEFAULT,
          ...sizes(line.pages),
          ssidBits: line.pasid ?? 0,
          faults: line.faults ?? "none",
        }),
      ]),
  );
  for (const line of header.devices) {
    const device = addDevice(machine, header, line, iommus);
    family.register(machine, header.framework, device, line);
  }
  for (const name of processes(script, header))
    createTask(machine, name, { root: name === "root" });
  machine.names.push(...machine.tasks.map(() => ({})));
  startStory(machine);
  // What fails is the story's k-th, not the platform's.
  machine.asked.fill(0);
  return { ...machine, fails: header.fail };
}

/** Does nothing stand between the device and memory? Then VFIO is told to allow that. */
function isUnshielded({ iommus }: Header, { behind }: DeviceLine): boolean {
  return !iommus.some(({ name, iommu }) => name === behind && iommu !== "none");
}

function sizes(pages: readonly number[] | undefined): { pageSizes?: number } {
  return pages ? { pageSizes: pages.reduce((sum, size) => sum + size, 0) } : {};
}

/** Queues, or pairs of rings, where the header does not say. */
const QUEUES = {
  dummy: MAX_QUEUE,
  zip: QM_DEF_Q_NUM,
  rsa: HPRE_PF_DEF_Q_NUM,
  nic: NIC_RINGS.usual,
} as const;

function addDevice(
  machine: Machine,
  header: Header,
  line: DeviceLine,
  iommus: ReadonlyMap<string, number>,
): number {
  const id = machine.devices.length;
  const actor = addActor(machine, { name: line.name, kind: "device", id });
  const iommu = iommus.get(line.behind ?? "") ?? -1;
  const { domain = "dma" } = header.iommus.find(({ name }) => name === line.behind) ?? {};
  const kind = line.device;
  const knowsV2 = kind === "nic" || KNOWS_V2.includes(header.framework);
  const device: Device = {
    name: line.name,
    kind,
    actor,
    stream: addStream(machine, { device: actor, iommu, defaultDomain: domain }),
    queueCount: line.queues ?? QUEUES[kind],
    held: line.held,
    ...(line.unbound ? { bound: "" } : {}),
    version: line.hardware === "v2" && knowsV2 ? 2 : 1,
  };
  machine.devices.push(device);
  machine.jobs.push(undefined);
  if ((kind === "zip" || kind === "rsa") && header.framework !== "uacce-v3") {
    assert(startQm(machine, id).ok, "there is memory for the first few pages");
  }
  return id;
}

/** The processes that a story starts with: all that speak and nobody forks. */
function processes(script: readonly Entry[], { devices }: Header): string[] {
  const forked = new Set<string>();
  const names = new Set<string>();
  for (const { item } of script) {
    if (item.kind !== "statement") continue;
    const { action } = item;
    if (action.kind === "call" && action.call.name === "fork") forked.add(item.bind ?? "child");
    if (!forked.has(item.actor) && !devices.some(({ name }) => name === item.actor)) {
      names.add(item.actor);
    }
  }
  return [...names];
}
