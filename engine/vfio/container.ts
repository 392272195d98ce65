import {
  type Check,
  firstRefusal,
  OK,
  ok,
  type Result,
  record,
  refuse,
  type Value,
  ZERO,
} from "../core/index.ts";
import { addNode, DRIVER, type FileOps, type IoctlRequest, type Reply } from "../task/index.ts";
import { ioctlGetInfo, ioctlMapDma, ioctlUnmapDma } from "./ioctl.ts";
import { VFIO } from "./ioctl-numbers.ts";
import type { VfioOps } from "./ops.ts";
import type { Container, VfioPart } from "./part.ts";
import { attach, detach } from "./type1.ts";
import { unbindAll } from "./unbind-all.ts";

const EMPTY: Container = {
  driver: "unset",
  isV2: false,
  isNoiommu: false,
  groups: [],
  domains: [],
  external: [],
  notifiers: [],
  isNesting: false,
  dmas: [],
};

/** The IOMMU drivers of VFIO, the one registered last first. */
const DRIVERS = ["type1", "noiommu"] as const;
type IommuDriver = (typeof DRIVERS)[number];

interface Who {
  readonly group: number;
  readonly pid: number;
}

/**
 * A group joins the driver that its container has. Refuses: as `attach`. Noiommu takes what comes: a
 * group with an IOMMU never gets this far (JOIN_CHECKS, and the choice in SET_IOMMU).
 */
function attachTo<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  { driver, ...who }: Who & { readonly driver: Container["driver"] },
): Result<void> {
  return driver === "type1" ? attach(machine, ops, id, who) : OK;
}

interface JoinInput {
  readonly container: Container;
  readonly isNoiommu: boolean;
}

// biome-ignore format: one check a line
export const JOIN_CHECKS: readonly Check<JoinInput>[] = [
  { errno: "EPERM", source: "drivers/vfio/vfio.c vfio_group_set_container v4.18", why: "groups with and without an IOMMU do not mix", refuses: ({ container, isNoiommu }) => container.groups.length > 0 && container.isNoiommu !== isNoiommu },
];

/**
 * A group joins a container; with a driver set it is attached at once (VFIO-SM-040).
 *
 * Refuses: JOIN_CHECKS; then as `attach` does.
 */
export function joinContainer<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  who: Who,
): Result<void> {
  const { isNoiommu } = record(machine.vfioGroups, who.group);
  const container = record(machine.containers, id);
  const refusal = firstRefusal(JOIN_CHECKS, machine.kernel, { container, isNoiommu });
  if (refusal) return refusal;
  const attached = attachTo(machine, ops, id, { ...who, driver: container.driver });
  if (!attached.ok) return attached;
  const now = record(machine.containers, id);
  machine.containers[id] = { ...now, isNoiommu, groups: [who.group, ...now.groups] };
  return OK;
}

/**
 * A group leaves. With the last one the driver leaves too, and the container is unset again
 * (VFIO-SM-044).
 *
 * Source: drivers/vfio/vfio.c __vfio_group_unset_container v4.18
 */
export function leaveContainer(machine: VfioPart, id: number, group: number): void {
  if (record(machine.containers, id).driver === "type1") detach(machine, id, group);
  const container = record(machine.containers, id);
  const groups = container.groups.filter((other) => other !== group);
  machine.containers[id] = { ...container, groups };
  if (groups.length === 0) {
    unbindAll(machine, container);
    const { bonds: _bonds, ...rest } = container;
    machine.containers[id] = { ...rest, groups, driver: "unset", notifiers: [] };
  }
}

/**
 * ioctl(container, VFIO_CHECK_EXTENSION, number): with a driver set only that one is asked
 * (VFIO-SM-008), else all that fit the groups, until one says yes. Never an error.
 */
export function checkExtension(machine: VfioPart, container: Container, asked: number): number {
  for (const driver of DRIVERS) {
    if (container.driver !== "unset" && container.driver !== driver) continue;
    const isOther = container.isNoiommu !== (driver === "noiommu");
    if (container.driver === "unset" && container.groups.length > 0 && isOther) continue;
    if (supports(machine, driver, asked)) return 1;
    if (driver === "type1" && asked === VFIO.VFIO_DMA_CC_IOMMU)
      return container.driver === "type1" ? 1 : 0;
  }
  return 0;
}

/** What a driver says of an extension before it serves a container. */
function supports({ kernel, vfio }: VfioPart, driver: IommuDriver, asked: number): boolean {
  if (driver === "noiommu") return vfio.noiommu && asked === VFIO.VFIO_NOIOMMU_IOMMU;
  if (asked === VFIO.VFIO_UNMAP_ALL) return kernel === "v6.1";
  const types: readonly number[] = [
    VFIO.VFIO_TYPE1_IOMMU,
    VFIO.VFIO_TYPE1v2_IOMMU,
    VFIO.VFIO_TYPE1_NESTING_IOMMU,
  ];
  return types.includes(asked);
}

/** VFIO starts: /dev/vfio/vfio is there. */
export function startVfio(machine: VfioPart): void {
  addNode(machine, { path: "/dev/vfio/vfio", driver: DRIVER.container, object: -1 });
}

const NOT_A_TYPE = refuse("EINVAL", "an extension, not an IOMMU type");
const NOT_NOW = refuse("EINVAL", "no group is in the container, or its IOMMU is set");
const NO_DRIVER = refuse("ENODEV", "no driver serves this IOMMU type");
const NO_RIGHT = refuse("EPERM", "without an IOMMU it takes CAP_SYS_RAWIO");

/**
 * ioctl(container, VFIO_SET_IOMMU, type): the first driver that serves the type, opens and takes
 * every group, the newest first. Where a group is refused those before it leave again, the next
 * driver is tried, and the last errno is told (VFIO-SM-013).
 *
 * Refuses: EINVAL without a group (VFIO-SM-010) or with an IOMMU set; EPERM for noiommu without
 * the right, EINVAL for an extension of v6.1 that is no type; what `attach` refuses; ENODEV where
 * no driver serves the type.
 * Source: drivers/vfio/vfio.c vfio_ioctl_set_iommu v4.18
 */
function setIommu<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  { object, pid }: IoctlRequest,
  type: number,
): Result<number> {
  const container = record(machine.containers, object);
  if (container.groups.length === 0 || container.driver !== "unset") return NOT_NOW;
  let refusal: Result<number> = NO_DRIVER;
  for (const driver of DRIVERS) {
    if (container.isNoiommu !== (driver === "noiommu")) continue;
    if (!supports(machine, driver, type)) continue;
    if (driver === "noiommu" && !record(machine.tasks, pid).creds.root) {
      refusal = NO_RIGHT;
      continue;
    }
    if (type === VFIO.VFIO_UNMAP_ALL) return NOT_A_TYPE;
    const isV2 = type !== VFIO.VFIO_TYPE1_IOMMU;
    const isNesting = type === VFIO.VFIO_TYPE1_NESTING_IOMMU;
    machine.containers[object] = { ...record(machine.containers, object), isV2, isNesting };
    const attached = attachAll(machine, ops, object, { driver, pid });
    if (attached.ok) {
      machine.containers[object] = { ...record(machine.containers, object), driver };
      return ZERO;
    }
    refusal = attached;
  }
  return refusal;
}

function attachAll<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  { driver, pid }: { readonly driver: IommuDriver; readonly pid: number },
): Result<void> {
  const { groups } = record(machine.containers, id);
  for (const [index, group] of groups.entries()) {
    const attached = attachTo(machine, ops, id, { driver, group, pid });
    if (attached.ok) continue;
    for (const before of groups.slice(0, index).toReversed()) detach(machine, id, before);
    return attached;
  }
  return OK;
}

/** A number given by value. */
function numberOf(arg: Value): number {
  return typeof arg === "number" || typeof arg === "bigint" ? Number(arg) : 0;
}

const NO_COMMAND = refuse("ENOTTY", "the driver knows no such ioctl");
const UNSET = refuse("EINVAL", "no IOMMU is set");

/** What the driver of a container does with the ioctls that are its own. */
function driverIoctl(machine: VfioPart, ops: VfioOps<VfioPart>, request: IoctlRequest): Reply {
  const { object, pid, command, arg } = request;
  const container = record(machine.containers, object);
  if (container.driver === "unset") return UNSET;
  if (container.driver === "noiommu") return NO_COMMAND;
  if (command === "VFIO_IOMMU_GET_INFO") return ioctlGetInfo(machine, container, arg);
  if (command === "VFIO_IOMMU_MAP_DMA") return ioctlMapDma(machine, object, pid, arg);
  if (command === "VFIO_IOMMU_UNMAP_DMA") return ioctlUnmapDma(machine, request);
  if (command === "VFIO_IOMMU_BIND" && machine.vfio.canBind && ops.bindContainer) {
    return ops.bindContainer(machine, request);
  }
  return NO_COMMAND;
}

/**
 * /dev/vfio/vfio. Each open makes a container of its own (VFIO-SM-002); closing it changes nothing
 * while a group is in it.
 *
 * Refuses, beyond what the ioctls refuse: EINVAL for any ioctl of a driver before SET_IOMMU
 * (VFIO-SM-014), ENOTTY for one that type1 does not know (VFIO-SM-015).
 * Source: drivers/vfio/vfio.c vfio_fops v4.18
 */
export const CONTAINER_FILE: FileOps<VfioPart> = {
  open(machine) {
    machine.containers.push(EMPTY);
    return ok(machine.containers.length - 1);
  },
  ioctl(machine, ops: VfioOps<VfioPart>, request) {
    const { object, command, arg } = request;
    if (command === "VFIO_GET_API_VERSION") return ok(VFIO.VFIO_API_VERSION);
    if (command === "VFIO_CHECK_EXTENSION") {
      return ok(checkExtension(machine, record(machine.containers, object), numberOf(arg)));
    }
    if (command === "VFIO_SET_IOMMU") return setIommu(machine, ops, request, numberOf(arg));
    return driverIoctl(machine, ops, request);
  },
  mmap: ({ kernel }) =>
    refuse(kernel === "v6.1" ? "ENODEV" : "EINVAL", "a container cannot be mapped"),
};
