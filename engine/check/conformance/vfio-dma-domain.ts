import { PAGE, record } from "../../core/index.ts";
import { STE } from "../../iommu/index.ts";
import {
  attach,
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  VFIO,
} from "../../vfio/index.ts";
import { addPci, join, openAll, setUp } from "../bench/index.ts";
import { outcome, prose, said } from "./compare.ts";
import { device, failed } from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";
import { mediated } from "./vfio-dma-map.ts";
import { at, containerOf, liveDomains } from "./vfio-states.ts";

const AT = 16 * PAGE;

/** Mediated device and mapping, its driver listening; a device of the bus that may join. */
function both(lab: Lab) {
  const one = mediated(lab);
  const { bench, app, container, buffer } = one;
  app.good(app.map(container, { vaddr: buffer, iova: AT, size: 4 * PAGE }), "map");
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  return { ...one, pci: addPci(bench, "0000:01:00.0") };
}

/** Which domain a group gets, and what becomes of mappings when groups come and go. */
export const VFIO_DMA_DOMAIN: Area = {
  "VFIO-DMA-029": (lab) => {
    const bench = lab.bench({ memlock: 1 });
    const held = mediated({ ...lab, bench: () => bench }).groups;
    const { root } = bench;
    bench.app.close(held[0] ?? -1);
    const [group = -1] = [root.fd("/dev/vfio/0")];
    const container = root.fd("/dev/vfio/vfio");
    root.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
    root.must("ioctl", container, "VFIO_SET_IOMMU", VFIO.VFIO_TYPE1v2_IOMMU);
    const vaddr = root.buffer(4);
    root.good(root.map(container, { vaddr, iova: AT, size: 4 * PAGE }), "map");
    registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
    root.dropRights();
    const iovas = [0, 1, 2].map((page) => AT + page * PAGE);
    const late = pinPages(bench.machine, 0, { iovas, prot: 3 });
    root.good(root.map(container, { vaddr, iova: 0, size: PAGE }), "map");
    const fresh = pinPages(bench.machine, 0, { iovas: [0], prot: 3 });
    return {
      result: prose(
        said("no rlimit check", late.ok && root.lockedVm === 3),
        said(
          "capability is sampled once, at MAP_DMA",
          late.ok && !fresh.ok && fresh.errno === "ENOMEM",
        ),
      ),
    };
  },
  "VFIO-DMA-060": (lab) => {
    const bench = lab.bench();
    const pci = addPci(bench, "one");
    device(bench.machine, bench.iommu, { group: pci.iommuGroup, bus: "platform" });
    const { container, groups } = openAll(bench.app, pci);
    bench.app.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_SET_CONTAINER", container);
    return outcome(bench.app.ioctl(container, "VFIO_SET_IOMMU", VFIO.VFIO_TYPE1v2_IOMMU));
  },
  "VFIO-DMA-061": (lab) => {
    const { bench, app } = at(lab, "set");
    return failed(attach(bench.machine, bench.ops, 0, { group: 0, pid: app.pid }));
  },
  "VFIO-DMA-063": (lab) => {
    const { app, container } = at(lab, "joined", { remapsInterrupts: false });
    return outcome(app.ioctl(container, "VFIO_SET_IOMMU", VFIO.VFIO_TYPE1v2_IOMMU));
  },
  "VFIO-DMA-064": (lab) => {
    const { bench, app, container } = at(lab, "set");
    const [first] = containerOf(app, container).domains;
    const before = bench.machine.domains.length;
    join(app, container, addPci(bench, "two"));
    const { domains } = containerOf(app, container);
    const isShared = domains.length === 1 && domains[0]?.domain === first?.domain;
    const fresh = bench.machine.domains.slice(before).filter(({ kind }) => kind === "unmanaged");
    return {
      result: prose(
        said("shares the first group domain", isShared && domains[0]?.groups.length === 2),
        said(
          "the fresh domain is freed",
          fresh.length === 1 && fresh[0]?.isGone === true && liveDomains(bench) === 1,
        ),
      ),
    };
  },
  "VFIO-DMA-065": (lab) => {
    const { bench, app, container, pci } = both(lab);
    pinPages(bench.machine, 0, { iovas: [AT], prot: 3 });
    const before = [bench.pins, app.lockedVm].join();
    join(app, container, pci);
    const [domain] = containerOf(app, container).domains;
    const entered = [0, 1, 2, 3].map((page) =>
      bench.translate(domain?.domain ?? -1, AT + page * PAGE),
    );
    const isPinned = before === "1,1" && bench.pins === 5;
    return {
      event: prose(
        said("replay: every vfio_dma is pinned", isPinned),
        said("accounted (except pages an mdev already pinned)", app.lockedVm === 4),
        said(
          "mapped",
          entered.every((frame) => frame >= 0),
        ),
      ),
    };
  },
  "VFIO-DMA-067": (lab) => {
    const { bench, app, container, pci } = both(lab);
    const group = join(app, container, pci);
    pinPages(bench.machine, 0, { iovas: [AT, AT + PAGE], prot: 3 });
    const before = app.lockedVm;
    app.must("ioctl", group, "VFIO_GROUP_UNSET_CONTAINER");
    const { dmas } = containerOf(app, container);
    const after = [before, app.lockedVm, bench.pins].join();
    const given = unpinPages(bench.machine, 0, [AT, AT + PAGE]);
    return {
      event: prose(
        said("mappings kept", dmas.length === 1),
        said(
          "locked_vm drops to the number of externally pinned pages",
          after === "4,2,2" && given.ok && app.lockedVm === 0,
        ),
      ),
    };
  },
  "VFIO-DMA-068": (lab) => {
    const bench = lab.bench();
    const pci = addPci(bench, "one");
    const { container } = setUp(bench.app, [pci], VFIO.VFIO_TYPE1_NESTING_IOMMU);
    const { isV2, domains } = containerOf(bench.app, container);
    const { isNesting } = record(bench.machine.domains, domains[0]?.domain ?? -1);
    const { config } = record(bench.machine.streams, pci.stream);
    return {
      result: prose(
        said("implies v2", isV2),
        said("asks DOMAIN_ATTR_NESTING", isNesting && config === STE.s2),
      ),
    };
  },
};
