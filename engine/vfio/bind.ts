import { type Check, firstRefusal, record, refuse, type Value, ZERO } from "../core/index.ts";
import { bindMm, enableFeature, pasidOf, unbindMm } from "../iommu/index.ts";
import type { IoctlRequest, Reply } from "../task/index.ts";
import { IOCTLS } from "./ioctl-numbers.ts";
import type { Container, VfioPart } from "./part.ts";
import { readWords, type Words } from "./words.ts";

/** Words of struct vfio_iommu_type1_bind, and of the process in it. */
const BIND = { argsz: 32, flags: 32 } as const;

/** VFIO_IOMMU_BIND_PROCESS. */
const PROCESS = 1n;

const RFC = "patchwork.kernel.org/patch/10394851, the series, recalled";

// biome-ignore format: one check a line
export const BIND_WORD_CHECKS: readonly Check<Words<keyof typeof BIND>>[] = [
  { errno: "EINVAL", source: RFC, why: "argsz below 20", refuses: ({ argsz }) => argsz < IOCTLS.VFIO_IOMMU_BIND.argsz },
  { errno: "EINVAL", source: RFC, why: "a flag that is not PROCESS", refuses: ({ flags }) => flags !== PROCESS },
];

const NO_DOMAIN = refuse("EINVAL", "no device of the container is behind an IOMMU");

/**
 * ioctl(container, VFIO_IOMMU_BIND, {argsz, flags}) of the patches for sharing a process's page
 * table: every device of the container may use the caller's, under one PASID, which is written
 * back. Closing the container ends it.
 *
 * Refuses: EFAULT; BIND_WORD_CHECKS, in order; EINVAL without a domain; then what the IOMMU refuses.
 * Leaves out: binding another process by its pid; VFIO_IOMMU_UNBIND; a device that joins later.
 */
export function ioctlBind(machine: VfioPart, { object, pid, arg }: IoctlRequest): Reply {
  const bind = readWords(arg as Value, BIND);
  if (!bind.ok) return bind;
  const refusal = firstRefusal(BIND_WORD_CHECKS, machine.kernel, bind.value);
  if (refusal) return refusal;
  const container = record(machine.containers, object);
  if (container.domains.length === 0) return NO_DOMAIN;
  const { mm } = record(machine.tasks, pid);
  const bonds: number[] = [];
  for (const stream of streamsOf(machine, container)) {
    if (!record(machine.streams, stream).sva) {
      const enabled = enableFeature(machine, stream, "sva");
      if (!enabled.ok) return undo(machine, bonds, enabled);
    }
    const bond = bindMm(machine, stream, mm);
    if (!bond.ok) return undo(machine, bonds, bond);
    bonds.push(bond.value);
  }
  const all = [...(container.bonds ?? []), ...bonds];
  machine.containers[object] = { ...container, bonds: all };
  return { ...ZERO, written: { pasid: pasidOf(machine, mm) } };
}

function undo<R>(machine: VfioPart, bonds: readonly number[], refusal: R): R {
  for (const bond of bonds) unbindMm(machine, bond);
  return refusal;
}

/** The devices that a container's domains translate for, a parent for its mediated devices. */
function streamsOf(machine: VfioPart, { domains }: Container): number[] {
  const groups = domains.flatMap(({ groups: members, parentGroup }) =>
    parentGroup >= 0
      ? [parentGroup]
      : members.map((group) => record(machine.vfioGroups, group).iommuGroup),
  );
  return groups.flatMap((group) => record(machine.groups, group).streams);
}
