import { type Check, firstRefusal, ok, type Result } from "../core/index.ts";
import { addNode, DRIVER } from "../task/index.ts";
import type { MdevDriver } from "./ops.ts";
import type { Attribute, MdevPart } from "./part.ts";

export interface ParentWish {
  readonly name: string;
  /** Its directory in sysfs. */
  readonly path: string;
  readonly driver: MdevDriver;
  readonly object: number;
  readonly types: readonly TypeWish[];
}

export interface TypeWish {
  /** Without a name the type is refused (MDEV-003). */
  readonly name: string;
  /** The attributes that its driver shows: device_api, available_instances. */
  readonly attributes: readonly string[];
}

interface RegisterInput {
  readonly wish: ParentWish;
  readonly isKnown: boolean;
}

const REGISTER = "drivers/vfio/mdev/mdev_core.c mdev_register_device v4.18";

// biome-ignore format: one check a line
export const REGISTER_CHECKS: readonly Check<RegisterInput>[] = [
  { errno: "EINVAL", source: REGISTER, why: "no types are offered", refuses: ({ wish }) => wish.types.length === 0 },
  { errno: "EEXIST", source: "MDEV-002", why: "the parent is registered already", refuses: ({ isKnown }) => isKnown },
  { errno: "EINVAL", source: "MDEV-003", why: "a type has no name", refuses: ({ wish }) => wish.types.some(({ name }) => name === "") },
];

/**
 * A device offers mediated devices (mdev_register_device). For each type appears
 * `mdev_supported_types/<driver>-<group>/` with `create` and the driver's attributes (MDEV-004), and with the parent a link on the mdev bus.
 *
 * @returns the id of the parent
 * Refuses: REGISTER_CHECKS, in order; nothing stays then.
 * Leaves out: opening a file by way of a link.
 * Source: drivers/vfio/mdev/mdev_core.c mdev_register_device, mdev_sysfs.c v4.18
 */
export function registerParent(machine: MdevPart, wish: ParentWish): Result<number> {
  const isKnown = machine.parents.some(({ path, isGone }) => !isGone && path === wish.path);
  const refusal = firstRefusal(REGISTER_CHECKS, machine.kernel, { wish, isKnown });
  if (refusal) return refusal;
  const { name, path, driver, object } = wish;
  const types = wish.types.map((type) => type.name);
  const parent = machine.parents.length;
  const bus = `/sys/class/mdev_bus/${name}`;
  const homes = types.map((type) => `${path}/mdev_supported_types/${type}`);
  const files = wish.types.flatMap(({ attributes }, type) =>
    ["create", ...attributes, "devices"].map((file) => `${homes[type]}/${file}`),
  );
  machine.parents.push({
    name,
    path,
    driver,
    object,
    types,
    files: [...files, bus],
    isLeaving: false,
    isGone: false,
  });
  for (const [type, { attributes }] of wish.types.entries()) {
    const home = homes[type] as string;
    addAttribute(machine, `${home}/create`, { kind: "create", parent, type });
    for (const attribute of attributes) {
      addAttribute(machine, `${home}/${attribute}`, {
        kind: "type",
        parent,
        type,
        name: attribute,
      });
    }
    addNode(machine, { path: `${home}/devices`, driver: DRIVER.none, object: -1 });
  }
  addNode(machine, { path: bus, driver: DRIVER.none, object: -1, link: path });
  return ok(parent);
}

/** A file in sysfs appears. @returns its id */
export function addAttribute(machine: MdevPart, path: string, attribute: Attribute): number {
  machine.attributes.push(attribute);
  const object = machine.attributes.length - 1;
  addNode(machine, { path, driver: DRIVER.mdevAttribute, object });
  return object;
}
