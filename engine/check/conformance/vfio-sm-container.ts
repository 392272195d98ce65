import { hex, PAGE } from "../../core/index.ts";
import { IOCTLS, VFIO } from "../../vfio/index.ts";
import { addOtherIommu, addPci, openAll, setUp } from "../bench/index.ts";
import { outcome, passedOn, prose, refused, said } from "./compare.ts";
import type { Area } from "./lab.ts";
import { at, containerOf, groupOf, isAtHome, liveDomains, objectOf } from "./vfio-states.ts";

const { VFIO_TYPE1_IOMMU: V1, VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const { VFIO_TYPE1_NESTING_IOMMU: NESTING, VFIO_NOIOMMU_IOMMU: NOIOMMU } = VFIO;
const UNKNOWN = 77;

/** Opening a container, asking it, giving it an IOMMU driver. */
export const VFIO_SM_CONTAINER: Area = {
  "VFIO-SM-001": () => {
    const { VFIO_IOMMU_BIND: _posted, ...header } = IOCTLS; // a patch's, in no header of Linux
    const numbers = Object.entries(header).map(([name, { number }]) => [
      name.replace(/^VFIO_/, ""),
      hex(number),
    ]);
    return { result: Object.fromEntries(numbers) };
  },
  "VFIO-SM-002": (lab) => {
    const { bench, app, container } = at(lab, "set");
    const other = app.fd("/dev/vfio/vfio");
    const roots = bench.root.fd("/dev/vfio/vfio");
    const fresh = containerOf(app, other);
    const objects = [container, other].map((fd) => objectOf(app, fd));
    const isNew = new Set([...objects, objectOf(bench.root, roots)]).size === 3;
    const isEmpty = fresh.groups.length === 0 && fresh.dmas.length === 0;
    return {
      result: prose(
        said("each open returns a new", isNew),
        said("independent", app.ioctl(other, "VFIO_SET_IOMMU", V2).errno === "EINVAL"),
        said("empty container", isEmpty),
      ),
    };
  },
  "VFIO-SM-003": (lab) =>
    (["fresh", "joined", "set"] as const).map((state) => {
      const { app, container } = at(lab, state);
      return outcome(app.ioctl(container, "VFIO_GET_API_VERSION"));
    }),
  "VFIO-SM-004": (lab) => {
    const { app, container } = at(lab, "fresh");
    return [V1, V2, NESTING].map((type) =>
      outcome(app.ioctl(container, "VFIO_CHECK_EXTENSION", type)),
    );
  },
  "VFIO-SM-005": (lab) => {
    const { app, container } = at(lab, "fresh");
    return outcome(app.ioctl(container, "VFIO_CHECK_EXTENSION", UNKNOWN));
  },
  "VFIO-SM-006": (lab) => {
    const { app, container } = at(lab, "fresh");
    return outcome(app.ioctl(container, "VFIO_CHECK_EXTENSION", VFIO.VFIO_DMA_CC_IOMMU));
  },
  "VFIO-SM-008": (lab) => {
    const { app, container } = at(lab, "set", { noiommu: true });
    const fresh = app.fd("/dev/vfio/vfio");
    const ask = (fd: number, type: number) => app.ioctl(fd, "VFIO_CHECK_EXTENSION", type).value;
    const isAsked = ask(container, V1) === 1 && ask(fresh, NOIOMMU) === 1;
    const only = isAsked && ask(container, NOIOMMU) === 0;
    return { result: prose(said("only the already-set driver is asked", only)) };
  },
  "VFIO-SM-009": (lab) => {
    const { app, container } = at(lab, "fresh", { noiommu: true });
    const answers = [V1, NOIOMMU, UNKNOWN].map(
      (type) => app.ioctl(container, "VFIO_CHECK_EXTENSION", type).value,
    );
    const first = answers.join() === "1,1,0";
    return { result: prose(said("first positive answer among registered drivers", first)) };
  },
  "VFIO-SM-010": (lab) => {
    const { app } = at(lab, "fresh");
    return outcome(app.ioctl(app.fd("/dev/vfio/vfio"), "VFIO_SET_IOMMU", V2));
  },
  "VFIO-SM-013": (lab) => {
    const bench = lab.bench({ iommu: { asids: 3 } }); // two for the default domains, one is left
    const { app } = bench;
    const offered = [addPci(bench, "one"), addPci(bench, "two")];
    const { container, groups } = openAll(app, ...offered);
    for (const group of groups) app.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
    const { mark } = bench;
    const got = app.ioctl(container, "VFIO_SET_IOMMU", V2);
    const order = bench.order(mark, "iommu.attach", "iommu.detach");
    const areHome = offered.every((one) => isAtHome(bench, one));
    const { driver } = containerOf(app, container);
    return {
      errno: passedOn("ENOSPC", got),
      event: prose(
        said(
          "groups attached earlier in the same call are detached again",
          order.includes("iommu.attach iommu.detach") && areHome,
        ),
        said("driver data released", liveDomains(bench) === 0),
        said(`container stays ${driver}`),
      ),
    };
  },
  "VFIO-SM-014": (lab) => {
    const { app, container } = at(lab, "fresh");
    const calls = ["VFIO_IOMMU_MAP_DMA", "VFIO_IOMMU_UNMAP_DMA", "VFIO_IOMMU_GET_INFO"];
    return calls.map((call) => outcome(app.ioctl(container, call, { argsz: 32 })));
  },
  "VFIO-SM-015": (lab) => {
    const { app, container } = at(lab, "set");
    return outcome(app.ioctl(container, "VFIO_EEH_PE_OP"));
  },
  "VFIO-SM-040": (lab) =>
    [false, true].map((isOther) => {
      const { bench, app, container } = at(lab, "set");
      const buffer = app.buffer(2);
      app.good(app.map(container, { vaddr: buffer, iova: 0, size: 2 * PAGE }), "map");
      const second = addPci(bench, "two", isOther ? addOtherIommu(bench) : bench.iommu);
      const { mark } = bench;
      const joined = app.ioctl(app.fd(second.path), "VFIO_GROUP_SET_CONTAINER", container);
      const { domains } = containerOf(app, container);
      const entered = bench.seen(mark, "iommu.map").length;
      return {
        ...outcome(joined),
        event: prose(
          said("the group is attached at once", !isAtHome(bench, second)),
          said(
            "existing mappings are replayed into a new domain, or the group joins a compatible domain",
            isOther ? domains.length === 2 && entered > 0 : domains.length === 1 && entered === 0,
          ),
        ),
      };
    }),
  "VFIO-SM-044": (lab) => {
    const bench = lab.bench();
    const { app } = bench;
    const [one, two] = [addPci(bench, "one"), addPci(bench, "two")];
    const { container, groups } = setUp(app, [one, two]);
    const unset = groups.map((group) => {
      const got = app.ioctl(group, "VFIO_GROUP_UNSET_CONTAINER");
      return { got, driver: containerOf(app, container).driver, domains: liveDomains(bench) };
    });
    const isReleased = unset[0]?.domains === 1 && unset[1]?.domains === 0;
    return unset.map(({ got }) => ({
      ...outcome(got),
      event: prose(
        said("group detached", isAtHome(bench, one) && isAtHome(bench, two)),
        said("if it was the last group the IOMMU driver is released", isReleased),
        said(
          "the container is unset again",
          unset.map(({ driver }) => driver).join() === "type1,unset",
        ),
      ),
    }));
  },
  "VFIO-SM-045": (lab) => {
    const { bench, app, container, group } = at(lab, "set");
    const buffer = app.buffer(3);
    app.good(app.map(container, { vaddr: buffer, iova: 0, size: 3 * PAGE }), "map");
    app.must("ioctl", group, "VFIO_GROUP_UNSET_CONTAINER");
    const isUnpinned = bench.pins === 0 && app.lockedVm === 0 && liveDomains(bench) === 0;
    app.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
    app.must("ioctl", container, "VFIO_SET_IOMMU", V2);
    const again = app.map(container, { vaddr: buffer, iova: 0, size: 3 * PAGE });
    return {
      event: prose(
        said("all mappings unmapped and unpinned", isUnpinned),
        said("a later SET_IOMMU starts empty", again.value === 0),
      ),
    };
  },
  "VFIO-SM-047": (lab) => {
    const { bench, app, pci, container, group } = at(lab, "set");
    const before = groupOf(bench, pci).users;
    app.close(group);
    const { users } = groupOf(bench, pci);
    const isUnset = containerOf(app, container).driver === "unset" && isAtHome(bench, pci);
    return {
      event: prose(said("implicit UNSET_CONTAINER", isUnset), said(`(users ${before}->${users})`)),
    };
  },
  "VFIO-SM-048": (lab) => {
    const { bench, app, pci, container, group, device } = at(lab, "device");
    app.close(group);
    const isKept = containerOf(app, container).driver === "type1" && !isAtHome(bench, pci);
    app.close(device);
    const isDissolved = containerOf(app, container).driver === "unset" && isAtHome(bench, pci);
    return {
      event: prose(
        said("container kept until the device fd closes", isKept),
        said("then dissolved", isDissolved),
      ),
    };
  },
  "VFIO-SM-066": (lab) => {
    const { bench, app, container, group } = at(lab, "fresh");
    bench.bindHost(0);
    return refused(app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", container));
  },
};
