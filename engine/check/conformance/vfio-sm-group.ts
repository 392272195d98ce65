import { type ErrnoName, ms, record, refuse } from "../../core/index.ts";
import { FLAG } from "../../task/index.ts";
import { addGroupDev, DEVICE_DRIVER, PCI_UNBIND } from "../../vfio/index.ts";
import {
  addMdev,
  addMtty,
  type BenchOptions,
  type CheckMachine,
  MTTY_HOME,
  Process,
  setUp,
  withPci,
  withVendor,
} from "../bench/index.ts";
import { outcome, passedOn, prose, refused, said } from "./compare.ts";
import type { Area } from "./lab.ts";
import { at, containerOf, groupOf } from "./vfio-states.ts";

const CLOSED = 99;

/** A driver of a bus's device that notes when it is told to ask for it, and how often before. */
function hearing(
  heard: { readonly at: number; readonly count: number }[],
): NonNullable<BenchOptions["ops"]> {
  return (ops) => {
    const pci = ops.device[DEVICE_DRIVER.pci];
    const request = (machine: CheckMachine, _ops: unknown, _object: number, count: number) => {
      heard.push({ at: machine.agenda.now, count });
    };
    return withPci({ ...pci, request })(ops);
  };
}

/** Opening a group, joining a container, and what else can stand in the way of a device. */
export const VFIO_SM_GROUP: Area = {
  "VFIO-SM-018": (lab) => {
    const { bench, app, pci } = at(lab, "fresh");
    return [app, bench.root].map((who) => outcome(who.open(pci.path)));
  },
  "VFIO-SM-020": (lab) => {
    const bench = lab.bench({ noiommu: true, ops: withVendor({ isUnshielded: () => true }) });
    addMtty(bench);
    const { path } = addMdev(bench);
    if (!path.startsWith("/dev/vfio/noiommu-")) return { result: path };
    return outcome(bench.app.open(path));
  },
  "VFIO-SM-022": (lab) => {
    const { app, group } = at(lab, "fresh");
    return outcome(app.ioctl(group, "VFIO_GROUP_GET_STATUS", null));
  },
  "VFIO-SM-023": (lab) => {
    const { app, group } = at(lab, "fresh");
    const got = app.ioctl(group, "VFIO_GROUP_GET_STATUS", { argsz: 8, flags: 0 });
    return { result: { flags: Process.field(got, "flags") } };
  },
  "VFIO-SM-025": (lab) => {
    const { bench, app, group } = at(lab, "fresh");
    bench.bindHost(0);
    const got = app.ioctl(group, "VFIO_GROUP_GET_STATUS", { argsz: 8, flags: 0 });
    const isViable = Process.field(got, "flags") % 2 === 1;
    return { result: { flags_without: isViable ? "nothing" : "VIABLE(1)" } };
  },
  "VFIO-SM-026": (lab) => {
    const { bench, app, container, group } = at(lab, "fresh");
    bench.bindHost(0);
    const joined = app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", container);
    const set = app.ioctl(container, "VFIO_SET_IOMMU", 3);
    const status = app.ioctl(group, "VFIO_GROUP_GET_STATUS", { argsz: 8, flags: 0 });
    const isViable = Process.field(status, "flags") % 2 === 1;
    const event = prose(
      said("both succeed", joined.value === 0 && set.value === 0),
      said("viability is not checked there in v4.18", !isViable),
    );
    return [joined, set].map((got) => ({ ...outcome(got), event }));
  },
  "VFIO-SM-027": (lab) => {
    const { bench, app, pci, container, group } = at(lab, "fresh");
    bench.bindHost(0);
    app.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
    app.must("ioctl", container, "VFIO_SET_IOMMU", 3);
    return outcome(app.ioctl(group, "VFIO_GROUP_GET_DEVICE_FD", pci.name));
  },
  "VFIO-SM-028": (lab) => {
    const { app, pci, group } = at(lab, "fresh");
    return outcome(app.ioctl(group, "VFIO_GROUP_GET_DEVICE_FD", pci.name));
  },
  "VFIO-SM-029": (lab) => {
    const { app, pci, group } = at(lab, "joined");
    return outcome(app.ioctl(group, "VFIO_GROUP_GET_DEVICE_FD", pci.name));
  },
  "VFIO-SM-031": (lab) =>
    (["ENOMEM", "EIO"] as const).map((errno: ErrnoName) => {
      const driver = { open: () => refuse(errno, "the driver said no") };
      const { bench, app, pci, group } = at(lab, "set", { ops: withPci(driver) });
      const [before, fds] = [groupOf(bench, pci).users, app.task.fds.length];
      const got = app.ioctl(group, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
      return {
        errno: passedOn(errno, got),
        event: prose(
          said("no fd", app.task.fds.length === fds),
          said("container_users unchanged", groupOf(bench, pci).users === before),
        ),
      };
    }),
  "VFIO-SM-032": (lab) => {
    const heard: string[] = [];
    const { app, pci, group, device } = at(lab, "device", { ops: withPci(listening(heard)) });
    const second = app.must("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
    return {
      result: prose(
        said("two distinct fds", second !== device),
        said("the driver open op runs for each", heard.join() === "open,open"),
      ),
    };
  },
  "VFIO-SM-033": (lab) => {
    const { bench, app, pci, group } = at(lab, "set");
    const before = groupOf(bench, pci).users;
    const fd = app.must("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
    const { flags = 0 } = record(bench.machine.files, app.task.fds[fd] ?? -1);
    const isOpen = () => (app.task.fds[fd] ?? -1) >= 0;
    const wasOpen = isOpen();
    const users = groupOf(bench, pci).users - before;
    app.must("execve", "/bin/true");
    const isClosed = wasOpen && !isOpen() && (app.task.fds[group] ?? -1) >= 0;
    return {
      result: prose(
        said(`fd is ${flags === FLAG.O_RDWR ? "O_RDWR" : flags}|${isClosed ? "O_CLOEXEC" : "0"}`),
        said(`container_users += ${users}`),
      ),
    };
  },
  "VFIO-SM-034": (lab) => {
    const { app, group } = at(lab, "fresh");
    return outcome(app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", null));
  },
  "VFIO-SM-035": (lab) => {
    const { app, group } = at(lab, "fresh");
    return outcome(app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", -1));
  },
  "VFIO-SM-036": (lab) => {
    const { app, group } = at(lab, "fresh");
    return outcome(app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", CLOSED));
  },
  "VFIO-SM-038": (lab) => {
    const { app, container, group } = at(lab, "joined");
    return [container, CLOSED].map((fd) =>
      outcome(app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", fd)),
    );
  },
  "VFIO-SM-050": (lab) => {
    const { bench } = at(lab, "set");
    const crash = bench.bindHost(0);
    return {
      event: prose(
        said(`kernel ${crash?.errno ?? "goes on"}`),
        said("(BUG_ON on BOUND_DRIVER notify)", crash !== undefined),
        said("model as fatal isolation violation", crash?.why.includes("group in use") === true),
      ),
    };
  },
  "VFIO-SM-051": (lab) => {
    const { machine } = lab.bench();
    const wish = { iommuGroup: -1, name: "x", driver: DEVICE_DRIVER.mdev, object: 0 };
    const added = addGroupDev(machine, wish);
    return added.ok ? {} : { errno: added.errno };
  },
  "VFIO-SM-053": (lab) => {
    const heard: { readonly at: number; readonly count: number }[] = [];
    const { bench, app, pci, group, device } = at(lab, "device", { ops: hearing(heard) });
    app.close(group);
    const { root } = bench;
    root.begin("write", root.fd(PCI_UNBIND), `${pci.name}\n`, pci.name.length + 1);
    bench.runFor(ms(35_000));
    const isBlocked = root.task.state === "asleep" && heard.length === 4;
    const isEven = heard.every((one) => one.at === (heard[0]?.at ?? 0) + ms(10_000) * one.count);
    app.close(device);
    const isOver = root.task.state === "idle" && root.task.returned?.value === pci.name.length + 1;
    return {
      event: prose(
        said("blocks until the device fd closes", isBlocked && isOver),
        said("ops->request called every 10 s", isEven),
        said("with rising count", heard.map(({ count }) => count).join() === "0,1,2,3"),
      ),
    };
  },
  "VFIO-SM-054": (lab) => {
    const bench = lab.bench();
    const { app, root } = bench;
    addMtty(bench);
    const mdev = addMdev(bench);
    const { container, groups } = setUp(app, [mdev]);
    const remove = root.fd(`${MTTY_HOME}/${mdev.name}/remove`);
    const isWaiting = root.call("write", remove, "1", 1).isAsleep === true;
    const isJoined = containerOf(app, container).groups.length === 1;
    app.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_UNSET_CONTAINER");
    const isOver = root.task.state === "idle";
    return {
      event: prose(
        said(
          "also blocks until group->container becomes NULL",
          isWaiting && isJoined && isOver && containerOf(app, container).groups.length === 0,
        ),
      ),
    };
  },
  "VFIO-SM-069": (lab) => {
    const { app, group } = at(lab, "joined");
    return refused(app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", CLOSED));
  },
  "VFIO-SM-070": (lab) => {
    const heard: string[] = [];
    const { app, pci, group, device } = at(lab, "device", { ops: withPci(listening(heard)) });
    const second = app.must("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
    const opened = heard.length;
    app.close(device);
    app.close(second);
    return {
      result: prose(
        said("second open shares the device", second !== device && heard.join() === "open,release"),
        said("driver open op runs only for open_count 0->1", opened === 1),
      ),
    };
  },
};

/** A driver that writes down what it is asked. */
function listening(heard: string[]): Parameters<typeof withPci>[0] {
  return {
    open: () => {
      heard.push("open");
      return { ok: true, value: undefined };
    },
    release: () => void heard.push("release"),
  };
}
