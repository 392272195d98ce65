import { PAGE, record } from "../../core/index.ts";
import {
  allocUacce,
  QM_UACCE,
  registerUacce,
  removeUacce,
  zipInterface,
} from "../../frameworks/index.ts";
import { RING_PAGES } from "../../hw/index.ts";
import { VM } from "../../mm/index.ts";
import { FLAG, POLL } from "../../task/index.ts";
import { passedOn, prose, refused, said } from "./compare.ts";
import type { Area } from "./lab.ts";
import { CLASS, mapRegion, NODE, offering, stateOf, tooLarge } from "./uacce-states.ts";

const { getQueue } = QM_UACCE;
const SOUND = POLL.POLLIN | POLL.POLLRDNORM;

/** Opening, mapping, polling, ending, and what sysfs says: all but the states of a queue. */
export const UACCE_FILES: Area = {
  "UACCE-001": (lab) => {
    const { bench, machine, app, uacce } = offering(lab);
    const node = machine.nodes.find(({ path }) => path === NODE);
    removeUacce(machine, bench.ops, uacce);
    if (node) machine.nodes.push(node); // as mknod would leave it
    return refused(app.open(NODE));
  },
  "UACCE-002": (lab) => {
    const on = offering(lab);
    tooLarge(on);
    return refused(on.app.open(NODE));
  },
  "UACCE-028": (lab) => {
    const on = offering(lab);
    tooLarge(on);
    return { errno: passedOn("EOVERFLOW", on.app.open(NODE)) };
  },
  "UACCE-014": (lab) => {
    const { app } = offering(lab);
    const fd = app.fd(NODE);
    return [0, 1].map((region) => {
      app.good(mapRegion(app, fd, region), "mmap");
      return refused(mapRegion(app, fd, region));
    });
  },
  "UACCE-015": (lab) => {
    const { app } = offering(lab);
    const fd = app.fd(NODE);
    const at = app.good(mapRegion(app, fd, 1), "mmap");
    app.must("munmap", at, RING_PAGES * PAGE);
    return refused(mapRegion(app, fd, 1));
  },
  "UACCE-017": (lab) => {
    const { app } = offering(lab, { driver: { getQueue } });
    const fd = app.fd(NODE);
    return [0, 1].map((region) => refused(mapRegion(app, fd, region)));
  },
  "UACCE-018": (lab) => {
    const { machine, app } = offering(lab);
    const at = app.good(mapRegion(app, app.fd(NODE), 1), "mmap");
    const area = (mm: number) => record(machine.mms, mm).vmas.find(({ start }) => start === at);
    const flags = area(app.task.mm)?.flags ?? 0;
    const named = (["DONTCOPY", "DONTEXPAND", "WIPEONFORK"] as const).filter(
      (name) => (flags & VM[name]) !== 0,
    );
    const isGone = area(app.fork().task.mm) === undefined;
    return {
      result: prose(
        said(named.map((name) => `VM_${name}`).join("|")),
        said("not inherited by fork", isGone),
      ),
    };
  },
  "UACCE-019": (lab) => {
    let isUpdated = false;
    const driver = { ...QM_UACCE, isUpdated: () => isUpdated };
    const { app } = offering(lab, { driver });
    const fd = app.fd(NODE);
    const poll = () => app.call("poll", [{ fd, events: SOUND }], 1, 0);
    const before = poll();
    isUpdated = true;
    const after = poll();
    return {
      result: prose(
        said("EPOLLIN|EPOLLRDNORM iff ops->is_q_updated", after.written?.revents === SOUND),
        said(`else ${before.value}`),
      ),
    };
  },
  "UACCE-020": (lab) => {
    const { machine, app } = offering(lab);
    for (let n = 0; n < 3; n += 1) app.fd(NODE);
    app.fork(); // it keeps the files open
    app.exit();
    const isPut = [0, 1, 2].every((place) => stateOf(machine, place) === "UACCE_Q_ZOMBIE");
    return { event: prose(said("every queue of that mm is put (ZOMBIE)", isPut)) };
  },
  "UACCE-021": (lab) => {
    const { machine, app } = offering(lab);
    const fds = [app.fd(NODE), app.fd(NODE)];
    const [one, two] = machine.uacceQueues.map(({ queue }) => machine.queues.pasid[queue] ?? 0);
    const isBound = () => machine.bonds.some(({ refs }) => refs > 0);
    app.close(fds[0] ?? -1);
    const isHeld = isBound();
    app.close(fds[1] ?? -1);
    return {
      result: prose(
        said("same PASID", one === two && (one ?? 0) > 0),
        said("bond released with the last queue", isHeld && !isBound()),
      ),
    };
  },
  "UACCE-022": (lab) => {
    const { machine, uacce } = offering(lab, { iommu: { ssidBits: 0 } });
    const isCleared = record(machine.uacces, uacce).flags === 0;
    return { result: prose(said("succeeds with the flag cleared", isCleared)) };
  },
  "UACCE-023": (lab) => {
    const registered = registerUacce(lab.bench().machine, undefined);
    return registered.ok ? {} : { errno: registered.errno };
  },
  "UACCE-024": (lab) => {
    const { machine, app } = offering(lab);
    const paths = machine.nodes.map(({ path }) => path).filter((path) => path.startsWith(CLASS));
    for (const path of paths) app.must("read", app.must("open", path, FLAG.O_RDONLY), 64);
    return { result: paths.map((path) => path.slice(CLASS.length + 1)) };
  },
  "UACCE-025": (lab) => {
    const { app } = offering(lab, { driver: { getQueue } });
    const file = app.must("open", `${CLASS}/available_instances`, FLAG.O_RDONLY);
    return refused(app.call("read", file, 64));
  },
  "UACCE-026": (lab) => {
    const { machine, device } = offering(lab);
    const isHidden = ([0, 1] as const).map((region) => {
      const pages = [region === 0 ? 0 : 2, region === 1 ? 0 : 2] as const;
      const id = allocUacce(machine, device, { ...zipInterface(2), pages });
      const home = id.ok ? `/sys/class/uacce/${record(machine.uacces, id.value).name}` : "";
      registerUacce(machine, id.ok ? id.value : undefined);
      const has = (name: string) => machine.nodes.some(({ path }) => path === `${home}/${name}`);
      return (
        has("region_mmio_size") === (region === 1) && has("region_dus_size") === (region === 0)
      );
    });
    return { result: prose(said("region_*_size attribute is hidden", !isHidden.includes(false))) };
  },
};
