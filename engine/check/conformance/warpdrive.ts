import { addActor, record } from "../../core/index.ts";
import { registerSdmdev, STARTING_DRIVERS } from "../../frameworks/index.ts";
import { type DeviceKind, wakeWaiters } from "../../hw/index.ts";
import { addStream, bindMm, enableFeature, pasidOf } from "../../iommu/index.ts";
import {
  type Bench,
  type BenchOptions,
  type Got,
  type Process,
  setUp,
  uuidOf,
} from "../bench/index.ts";
import { type Actual, outcome, prose, said } from "./compare.ts";
import type { Area, Lab } from "./lab.ts";

interface Wish {
  readonly kind?: DeviceKind;
  readonly queues?: number;
  readonly mended?: readonly string[];
  /** A build with process page tables. */
  readonly hasSva?: boolean;
  readonly ops?: BenchOptions["ops"];
}

/** A device that sdmdev offers. */
function offered(lab: Lab, wish: Wish = {}) {
  const { kind = "zip", queues = 2, mended = [], hasSva = false, ops } = wish;
  const iommu = { ssidBits: 4, faults: "stall" } as const;
  const more = { ...(hasSva ? { iommu } : {}), ...(ops ? { ops } : {}) };
  const bench = lab.bench({ mended, noiommu: true, ...more });
  const { machine } = bench;
  Object.assign(machine, { hasSva });
  const id = machine.devices.length;
  const actor = addActor(machine, { name: kind, kind: "device", id });
  const stream = addStream(machine, { device: actor, iommu: bench.iommu });
  machine.devices.push({
    name: kind,
    kind,
    actor,
    stream,
    queueCount: queues,
    held: false,
    version: 1,
  });
  machine.jobs.push(undefined);
  const registered = registerSdmdev(machine, id);
  if (!registered.ok) throw new Error(registered.why);
  const { path, types } = record(machine.parents, machine.parents.length - 1);
  return {
    bench,
    machine,
    app: bench.app,
    stream,
    path,
    home: `${path}/mdev_supported_types/${types[0]}`,
  };
}
type Offering = ReturnType<typeof offered>;

/** Root writes a uuid to `create`. */
function create({ bench, home }: Offering, n = 1): Got {
  return bench.root.call("write", bench.root.fd(`${home}/create`), uuidOf(n));
}

/** A process opens the mediated device. @returns its descriptors */
function opened(one: Offering, who: Process, n = 1) {
  one.bench.root.good(create(one, n), "create");
  const { machine } = one;
  const mdev = machine.mdevs.length - 1;
  const { device, iommuGroup } = record(machine.mdevs, mdev);
  const { path } = record(machine.vfioGroups, record(machine.vfioDevices, device).group);
  const { groups } = setUp(who, [{ name: uuidOf(n), path, iommuGroup, stream: -1 }]);
  const fd = who.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_GET_DEVICE_FD", uuidOf(n));
  return { fd, queue: record(machine.sdmdevQueues, mdev).queue };
}

function taken({ machine }: Offering): number {
  return machine.queues.taken.reduce((sum, one) => sum + one, 0);
}

function show({ bench: { root }, home }: Offering, name: string): string {
  const data = root.call("read", root.fd(`${home}/${name}`), 64).written?.data;
  return typeof data === "string" ? data : "";
}

function waits(bench: Bench): boolean {
  return bench.app.task.state === "asleep";
}

/** What the second RFC adds: one mediated device is one queue. */
export const WARPDRIVE: Area = {
  "WARPDRIVE-001": (lab) => {
    const one = offered(lab);
    const counts = [1, 2].map((n) => {
      one.bench.root.good(create(one, n), "create");
      return taken(one);
    });
    const queues = one.machine.sdmdevQueues.map(({ queue }) => queue);
    return {
      result: prose(
        said("create() = ops->get_queue", counts.join() === "1,2"),
        said("one mdev is one queue", new Set(queues).size === 2),
      ),
    };
  },
  "WARPDRIVE-003": (lab): Actual => {
    const one = offered(lab, { queues: 1 });
    one.bench.root.good(create(one), "create");
    const got = create(one, 2);
    const inner = got.chain?.at(-1)?.errno; // what the driver of the hardware said
    return { errno: got.errno !== undefined && got.errno === inner ? "E" : (got.errno ?? "none") };
  },
  "WARPDRIVE-004": (lab) => {
    const one = offered(lab);
    const started = (queue: number) => one.machine.queues.started[queue] === 1;
    const { fd, queue } = opened(one, one.app);
    const wasStarted = started(queue);
    one.app.close(fd);
    const sva = offered(lab, { hasSva: true });
    const { queue: other } = opened(sva, sva.app);
    const isBuild = sva.machine.queues.started[other] !== 1;
    return {
      event: prose(
        said("start_queue", wasStarted && isBuild),
        said("/ stop_queue", !started(queue) && one.machine.queues.taken[queue] === 1),
      ),
    };
  },
  "WARPDRIVE-005": (lab) => {
    const silent = { sdmdev: { ...STARTING_DRIVERS.zip, canNotify: false } };
    const one = offered(lab, { ops: (ops) => Object.assign({}, ops, silent) });
    const { fd } = opened(one, one.app);
    return outcome(one.app.ioctl(fd, "VFIO_SDMDEV_CMD_WAIT", 0));
  },
  "WARPDRIVE-006": (lab) => {
    const one = offered(lab, { mended: ["D15"] });
    const { fd, queue } = opened(one, one.app);
    const got = one.app.ioctl(fd, "VFIO_SDMDEV_CMD_WAIT", 0);
    wakeWaiters(one.machine, queue); // for nothing
    one.bench.run();
    const isWaiting = got.isAsleep === true && waits(one.bench);
    one.machine.queues.updated[queue] = 1;
    wakeWaiters(one.machine, queue);
    one.bench.run();
    const isOver = one.app.task.state === "idle" && one.app.task.returned?.value === 0;
    const killed = offered(lab, { mended: ["D15"] });
    const { fd: theirs } = opened(killed, killed.app);
    killed.app.ioctl(theirs, "VFIO_SDMDEV_CMD_WAIT", 0);
    const wasWaiting = waits(killed.bench);
    killed.bench.root.call("kill", killed.app.pid, 9);
    return {
      event: prose(
        said("waits without limit", isWaiting),
        said("interruptible", wasWaiting && killed.app.task.state === "dead"),
        said("until is_q_updated", isOver),
      ),
    };
  },
  "WARPDRIVE-007": (lab) => {
    const one = offered(lab, { hasSva: true });
    const { fd } = opened(one, one.app);
    enableFeature(one.machine, one.stream, "sva");
    const other = one.bench.process("other").task.mm;
    const bound = bindMm(one.machine, one.stream, other);
    const pasid = bound.ok ? pasidOf(one.machine, other) : 0;
    return [pasid, 0, 9].map((given) =>
      outcome(one.app.ioctl(fd, "VFIO_SDMDEV_CMD_BIND_PASID", given)),
    );
  },
  "WARPDRIVE-010": (lab) => {
    const { machine, home, path } = offered(lab);
    const below = (folder: string) =>
      machine.nodes
        .map((node) => node.path)
        .filter((name) => name.startsWith(`${folder}/`))
        .map((name) => name.slice(folder.length + 1));
    const type = below(home).filter((name) => !["create", "devices"].includes(name));
    return { result: { type, parent: below(`${path}/params`) } };
  },
  "WARPDRIVE-011": (lab) => ({ result: show(offered(lab), "available_instances") }),
};
