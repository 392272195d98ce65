import { record } from "../../core/index.ts";
import type { Container, VfioGroup } from "../../vfio/index.ts";
import {
  addPci,
  type Bench,
  type BenchOptions,
  type Offered,
  type Process,
} from "../bench/index.ts";
import type { Lab } from "./lab.ts";

/** From an empty container and an open group to a device that is open; each is all before it too. */
const STATES = ["fresh", "joined", "set", "device"] as const;
export type State = (typeof STATES)[number];

/** A plain process with one device of the bus, so far. */
export interface Ready {
  readonly bench: Bench;
  readonly app: Process;
  readonly pci: Offered;
  readonly container: number;
  readonly group: number;
  /** -1 before the state `device`. */
  readonly device: number;
}

/** Builds one of the states by the calls that a program makes. */
export function at(lab: Lab, state: State, options: Omit<BenchOptions, "kernel"> = {}): Ready {
  const bench = lab.bench(options);
  const { app } = bench;
  const pci = addPci(bench, "0000:01:00.0");
  const container = app.fd("/dev/vfio/vfio");
  const group = app.fd(pci.path);
  const steps = STATES.indexOf(state);
  if (steps >= 1) app.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  if (steps >= 2) app.must("ioctl", container, "VFIO_SET_IOMMU", 3);
  const device = steps < 3 ? -1 : app.must("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
  return { bench, app, pci, container, group, device };
}

/** Which object of its driver a descriptor leads to. */
export function objectOf(process: Process, fd: number): number {
  return record(process.bench.machine.files, process.task.fds[fd] ?? -1).object;
}

/** The container behind a descriptor. */
export function containerOf(process: Process, fd: number): Container {
  return record(process.bench.machine.containers, objectOf(process, fd));
}

/** The VFIO group of a device on offer. */
export function groupOf(bench: Bench, { iommuGroup }: Offered): VfioGroup {
  const found = bench.machine.vfioGroups.findIndex(
    (group) => !group.isGone && group.iommuGroup === iommuGroup,
  );
  return record(bench.machine.vfioGroups, found);
}

/** Does the group use the domain that the kernel gave it at first? */
export function isAtHome(bench: Bench, { iommuGroup }: Offered): boolean {
  const { domain, defaultDomain } = record(bench.machine.groups, iommuGroup);
  return domain === defaultDomain;
}

/** Domains of VFIO that are alive. */
export function liveDomains(bench: Bench): number {
  return bench.machine.domains.filter(({ kind, isGone }) => kind === "unmanaged" && !isGone).length;
}
