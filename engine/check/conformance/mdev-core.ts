import { type ErrnoName, refuse } from "../../core/index.ts";
import { MDEV_DRIVER, registerParent, type TypeWish, unregisterParent } from "../../mdev/index.ts";
import { findNode } from "../../task/index.ts";
import {
  addMdev,
  addMtty,
  type Bench,
  MTTY_HOME,
  MTTY_TYPES,
  uuidOf,
  withVendor,
  writeCreate,
} from "../bench/index.ts";
import { passedOn, prose, refused, said } from "./compare.ts";
import type { Area } from "./lab.ts";

const TYPE: TypeWish = {
  name: "vendor-one",
  attributes: ["available_instances", "device_api", "name", "description"],
};
const PARENT = "/sys/devices/vendor";

function register(bench: Bench, types: readonly TypeWish[]) {
  const wish = { name: "vendor", path: PARENT, driver: MDEV_DRIVER.mtty, object: 0, types };
  return registerParent(bench.machine, wish);
}

/** All names of sysfs that begin so. */
function names(bench: Bench, start: string): string[] {
  return bench.machine.nodes.map(({ path }) => path).filter((path) => path.startsWith(start));
}

/** What a file of a type of the sample driver says. */
function show({ root }: Bench, type: string, attribute: string): string {
  const text = root.call("read", root.fd(`${MTTY_TYPES}/${type}/${attribute}`), 64).written?.data;
  return typeof text === "string" ? text : "";
}

/** Can nobody but root open it, and can it not be read: mode 0200? */
function isWriteOnly(bench: Bench, path: string): boolean {
  const isForRoot = bench.app.open(path).errno === "EACCES";
  const fd = bench.root.fd(path);
  return isForRoot && bench.root.call("read", fd, 16).errno !== undefined;
}

/** Parents, types, creating: the mdev core and what sysfs shows of it. */
export const MDEV_CORE: Area = {
  "MDEV-002": (lab) => {
    const bench = lab.bench();
    register(bench, [TYPE]);
    const again = register(bench, [TYPE]);
    return again.ok ? {} : { errno: again.errno };
  },
  "MDEV-003": (lab) => {
    const bench = lab.bench();
    const got = register(bench, [TYPE, { ...TYPE, name: "" }]);
    const isClean = names(bench, PARENT).length === 0;
    return {
      ...(got.ok ? {} : { errno: got.errno }),
      event: prose(said("already added types are removed again", isClean)),
    };
  },
  "MDEV-004": (lab) => {
    const bench = lab.bench();
    const bare = lab.bench();
    const needed = { ...TYPE, attributes: ["available_instances", "device_api"] };
    const isOptional = register(bare, [needed]).ok && register(bench, [TYPE]).ok;
    const home = `${PARENT}/mdev_supported_types/vendor-one`;
    const shown = (file: string) => {
      if (!findNode(bench.machine, `${home}/${file}`)) return "(missing)";
      const isThere = findNode(bare.machine, `${home}/${file}`) !== undefined;
      return `.../${file}${isThere || !isOptional ? "" : " (optional)"}`;
    };
    const mode = isWriteOnly(bench, `${home}/create`) ? "0200" : "other";
    const link = findNode(bench.machine, "/sys/class/mdev_bus/vendor")?.link;
    return {
      result: [
        `<parent>/mdev_supported_types/<driver>-<group>/create (${mode})`,
        `${shown("devices")}/`,
        ...["available_instances", "device_api", "name", "description"].map(shown),
        `/sys/class/mdev_bus/<parent> ${link === PARENT ? "link" : "no link"}`,
      ],
    };
  },
  "MDEV-008": (lab) =>
    ["\n", "x"].map((trailing) => {
      const bench = lab.bench();
      addMtty(bench);
      const got = writeCreate(bench, uuidOf(1) + trailing);
      return {
        result: prose(
          said("accepted (normally the newline)", bench.machine.mdevs[0]?.isActive === true),
          said("returns count", got.value === uuidOf(1).length + trailing.length),
        ),
      };
    }),
  "MDEV-009": (lab) => {
    const bench = lab.bench();
    addMtty(bench);
    const got = writeCreate(bench, uuidOf(1).toUpperCase());
    const path = `${MTTY_HOME}/${uuidOf(1)}/remove`;
    return {
      result: prose(
        said("accepted", got.errno === undefined),
        said("device name printed in lower case", findNode(bench.machine, path) !== undefined),
      ),
    };
  },
  "MDEV-011": (lab) =>
    (["ENOSPC", "EIO"] as const).map((errno: ErrnoName) => {
      const bench = lab.bench({ ops: withVendor({ create: () => refuse(errno, "no more") }) });
      addMtty(bench);
      const before = bench.machine.nodes.length;
      const got = writeCreate(bench, uuidOf(1));
      const areGone = bench.machine.vfioDevices.every(({ isGone }) => isGone);
      return {
        errno: passedOn(errno, got),
        event: prose(
          said("device unregistered again", areGone),
          said("no sysfs node left", bench.machine.nodes.length === before),
        ),
      };
    }),
  "MDEV-012": (lab) => {
    const bench = lab.bench();
    addMtty(bench);
    for (let n = 1; n <= 12; n += 1) addMdev(bench, n);
    const left = show(bench, "mtty-2", "available_instances");
    const got = writeCreate(bench, uuidOf(13));
    return {
      result: prose(
        said("succeeds", got.errno === undefined),
        said("neither the core nor mtty enforces available_instances in v4.18", left === "0\n"),
      ),
    };
  },
  "MDEV-014": (lab) => {
    const bench = lab.bench();
    addMtty(bench);
    return { result: show(bench, "mtty-1", "device_api").replaceAll("\n", "\\n") };
  },
  "MDEV-015": (lab) => {
    const bench = lab.bench();
    addMtty(bench);
    const { name } = addMdev(bench);
    const device = `${MTTY_HOME}/${name}`;
    const type = `${MTTY_TYPES}/mtty-2`;
    const mode = isWriteOnly(bench, `${device}/remove`) ? "0200" : "other";
    const target = (path: string) => findNode(bench.machine, path)?.link;
    const onBus = target(`/sys/bus/mdev/devices/${name}`) === device;
    return {
      result: [
        `<parent>/<uuid>/remove (${mode})`,
        `<parent>/<uuid>/mdev_type -> ${target(`${device}/mdev_type`) === type ? "type" : "?"}`,
        `<type>/devices/<uuid> -> ${target(`${type}/devices/${name}`) === device ? "mdev" : "?"}`,
        onBus ? "/sys/bus/mdev/devices/<uuid>" : "?",
      ],
    };
  },
  "MDEV-018": (lab) => {
    let seen = "";
    const ops = withVendor({
      create: (machine, _ops, mdev) => {
        const { device, isActive } = machine.mdevs[mdev] ?? { device: -1, isActive: true };
        const { group = -1 } = machine.vfioDevices[device] ?? {};
        const path = machine.vfioGroups[group]?.path ?? "none";
        seen = `${path} ${isActive}`;
        return { ok: true, value: undefined };
      },
    });
    const bench = lab.bench({ ops });
    addMtty(bench);
    const { path } = addMdev(bench);
    return {
      event: prose(
        said(
          "device_register (probe, iommu group, /dev/vfio/N) happens BEFORE vendor create()",
          seen === `${path} false`,
        ),
        said('"active" is set last', bench.machine.mdevs[0]?.isActive === true),
      ),
    };
  },
  "MDEV-025": (lab) => {
    let asked = 0;
    const ops = withVendor({
      remove: () => {
        asked += 1;
        return refuse("EBUSY", "not now");
      },
    });
    const bench = lab.bench({ ops });
    addMtty(bench);
    for (const n of [1, 2]) addMdev(bench, n);
    const isOver = unregisterParent(bench.machine, bench.ops, 0);
    const areGone = bench.machine.mdevs.every(({ isGone }) => isGone);
    return {
      event: prose(
        said("every child removed with force", areGone && isOver),
        said("vendor remove() errors are ignored", asked === 2 && areGone),
        said("then type directories go", names(bench, MTTY_HOME).length === 0),
      ),
    };
  },
  "MDEV-026": (lab) => {
    const bench = lab.bench();
    const before = bench.machine.nodes.length;
    unregisterParent(bench.machine, bench.ops, 0);
    const isSame = bench.machine.nodes.length === before && bench.machine.parents.length === 0;
    return { result: prose(said("no-op", isSame)) };
  },
  "MDEV-034": (lab) => {
    const bench = lab.bench();
    addMtty(bench);
    const mdev = addMdev(bench);
    bench.hold(mdev); // a program keeps it open, so that the parent cannot finish
    const remove = bench.root.fd(`${MTTY_HOME}/${mdev.name}/remove`);
    unregisterParent(bench.machine, bench.ops, 0);
    return [writeCreate(bench, uuidOf(2)), bench.root.call("write", remove, "1", 1)].map(refused);
  },
};
