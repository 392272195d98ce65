import { type ErrnoName, PAGE, refuse, WARN } from "../../core/index.ts";
import { FLAG, findNode } from "../../task/index.ts";
import { NOTIFY_DMA_UNMAP, pinPages, registerNotifier } from "../../vfio/index.ts";
import {
  addMdev,
  addMtty,
  type Bench,
  type BenchOptions,
  type Got,
  MTTY_HOME,
  type Offered,
  setUp,
  withBareVendor,
  withVendor,
} from "../bench/index.ts";
import { outcome, prose, said } from "./compare.ts";
import type { Area, Lab } from "./lab.ts";
import { containerOf, liveDomains } from "./vfio-states.ts";

/** One mediated device of the sample driver. */
function made(lab: Lab, options: Omit<BenchOptions, "kernel"> = {}) {
  const bench = lab.bench(options);
  addMtty(bench);
  return { bench, mdev: addMdev(bench) };
}

function remove({ root }: Bench, { name }: Offered, text = "1"): Got {
  return root.call("write", root.fd(`${MTTY_HOME}/${name}/remove`), text, text.length);
}

/** Removing, and what VFIO makes of a mediated device. */
export const MDEV_DEVICE_ROWS: Area = {
  "MDEV-016": (lab) => {
    const { bench, mdev } = made(lab);
    const second = addMdev(bench, 2);
    const members = bench.machine.vfioDevices.filter(
      ({ group }) => bench.machine.vfioGroups[group]?.path === mdev.path,
    );
    const isFresh = second.iommuGroup !== mdev.iommuGroup;
    const only = isFresh && members.length === 1;
    return { result: prose(said("a fresh group holding only this mdev", only)) };
  },
  "MDEV-019": (lab) => {
    const { bench, mdev } = made(lab);
    return ["yes", "\n"].map((text) => outcome(remove(bench, mdev, text)));
  },
  "MDEV-021": (lab) =>
    (["EIO", "ENOMEM"] as const).map((errno: ErrnoName) => {
      const ops = withVendor({ remove: () => refuse(errno, "not now") });
      const { bench, mdev } = made(lab, { ops });
      const got = remove(bench, mdev);
      const isMasked = got.chain?.at(-1)?.errno === errno && got.errno !== errno;
      return {
        ...outcome(got),
        event: prose(
          said("vendor errno is masked", isMasked),
          said("mdev stays active", bench.machine.mdevs[0]?.isActive === true),
          said(
            "remove file re-created",
            findNode(bench.machine, `${MTTY_HOME}/${mdev.name}/remove`) !== undefined,
          ),
        ),
      };
    }),
  "MDEV-023": (lab) => {
    const { bench, mdev } = made(lab);
    const kept = bench.root.fd(`${MTTY_HOME}/${mdev.name}/remove`);
    bench.root.good(remove(bench, mdev), "remove");
    return outcome(bench.root.call("write", kept, "1", 1));
  },
  "MDEV-024": (lab) => {
    const { bench, mdev } = made(lab);
    const held = bench.hold(mdev);
    const isWaiting = remove(bench, mdev).isAsleep === true;
    bench.app.close(held.device);
    bench.app.must("ioctl", held.group, "VFIO_GROUP_UNSET_CONTAINER");
    const isOver = bench.root.task.state === "idle" && bench.machine.mdevs[0]?.isGone === true;
    return {
      event: prose(
        said("writer blocks in vfio_del_group_dev until the device fd closes", isWaiting && isOver),
      ),
    };
  },
  "MDEV-028": (lab) => {
    const bench = lab.bench({ ops: withBareVendor });
    addMtty(bench);
    const { device } = bench.hold(addMdev(bench));
    const { app } = bench;
    return [
      outcome(app.ioctl(device, "VFIO_DEVICE_RESET")),
      outcome(app.call("read", device, 16)),
      outcome(app.call("write", device, "x", 1)),
      outcome(app.call("mmap", 0, PAGE, FLAG.PROT_READ, FLAG.MAP_SHARED, device, 0)),
    ];
  },
  "MDEV-029": (lab) => {
    const { bench, mdev } = made(lab);
    const { container } = setUp(bench.app, [mdev]);
    const { external, domains } = containerOf(bench.app, container);
    const buffer = bench.app.buffer(1);
    bench.app.good(bench.app.map(container, { vaddr: buffer, iova: 0, size: PAGE }), "map");
    return {
      result: prose(
        said("goes to the external domain", external.length === 1),
        said("no iommu_domain", domains.length === 0 && liveDomains(bench) === 0),
        said("no pinning at MAP", bench.pins === 0),
      ),
    };
  },
  "MDEV-030": (lab) => {
    const { bench, mdev } = made(lab);
    const { container } = setUp(bench.app, [mdev, addMdev(bench, 2)]);
    const { external } = containerOf(bench.app, container);
    return { result: prose(said("both on the same external_domain list", external.length === 2)) };
  },
  "MDEV-031": (lab) => {
    const { bench, mdev } = made(lab);
    const { container, groups } = setUp(bench.app, [mdev]);
    const buffer = bench.app.buffer(1);
    bench.app.good(bench.app.map(container, { vaddr: buffer, iova: 0, size: PAGE }), "map");
    registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
    const pinned = pinPages(bench.machine, 0, { iovas: [0], prot: 3 });
    const { mark } = bench;
    bench.app.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_UNSET_CONTAINER");
    const warned = bench.seen(mark, "kernel.warn").map(({ args }) => WARN[args[0] ?? -1]);
    const areGone = containerOf(bench.app, container).dmas.length === 0;
    return {
      event: prose(
        said("all mappings removed", areGone),
        said(
          "WARN if any page is still pinned or a notifier is still registered",
          pinned.ok && warned.length === 2,
        ),
      ),
    };
  },
  "MDEV-035": (lab) => {
    const ops = withVendor({ remove: () => refuse("EBUSY", "not now") });
    const { bench, mdev } = made(lab, { ops });
    const held = bench.hold(mdev);
    const got = remove(bench, mdev);
    bench.app.close(held.device);
    bench.app.close(held.group);
    const isOver = bench.root.task.state === "idle" && bench.machine.mdevs[0]?.isGone === true;
    return {
      event: prose(
        said("no vendor veto any more", isOver),
        said("remove blocks until the device fd closes", got.isAsleep === true && isOver),
        said("EBUSY path is gone", got.errno === undefined),
      ),
    };
  },
};
