import { PAGE } from "../../core/index.ts";
import { findVma } from "../../mm/index.ts";
import { FLAG } from "../../task/index.ts";
import { prose, said } from "./compare.ts";
import type { Area, Lab } from "./lab.ts";
import { isWritable, pinned, reached, write } from "./pin-hazard.ts";

/** A pinned page, and a child that has it too. */
function forked(lab: Lab, advice?: number) {
  const one = pinned(lab);
  if (advice !== undefined) one.app.must("madvise", one.at, PAGE, advice);
  return { ...one, child: one.app.fork() };
}

type Forked = ReturnType<typeof forked>;

/** Does what the device writes reach a process? */
function hears(one: Forked, who: Forked["app"]): boolean {
  write(one, 0x44);
  return who.load(one.at, 1) === "D";
}

/** fork and copy-on-write of a page that a device has. */
export const PIN_HAZARD_FORK: Area = {
  "PIN-HAZARD-008": (lab) => {
    const one = forked(lab);
    const { app, child, at, frame } = one;
    const isProtected = !isWritable(app, at) && !isWritable(child, at);
    const areBoth = app.bench.page(app, at) === frame && app.bench.page(child, at) === frame;
    return {
      event: prose(
        said("P write-protected in parent AND child", isProtected && areBoth),
        said(`mapcount ${app.bench.mapcount(frame)}`),
        said("pin is not consulted", isProtected && app.bench.pins === 1),
      ),
    };
  },
  "PIN-HAZARD-009": (lab) => {
    const one = forked(lab);
    const { app, child, at, frame } = one;
    app.store(at, "x");
    const { bench } = app;
    return {
      event: prose(
        said("parent gets a NEW page", bench.page(app, at) !== frame),
        said("child keeps P", bench.page(child, at) === frame),
        said("device now talks to the child copy", hears(one, child) && app.load(at, 1) === "x"),
      ),
    };
  },
  "PIN-HAZARD-010": (lab) => {
    const one = forked(lab);
    const { app, child, at, frame } = one;
    child.store(at, "x");
    const { bench } = app;
    const isCopied = bench.page(child, at) !== frame;
    const maps = bench.mapcount(frame);
    app.store(at, "y");
    return {
      event: prose(
        said("child gets the copy", isCopied),
        said(`mapcount drops to ${maps}`),
        said("parent reuses P", bench.page(app, at) === frame),
        said("pin stays coherent", hears(one, app) && child.load(at, 1) === "x"),
      ),
    };
  },
  "PIN-HAZARD-011": (lab) => {
    const one = forked(lab);
    const { app, child, at, frame } = one;
    child.exit();
    const { bench } = app;
    const [maps, refs] = [bench.mapcount(frame), bench.refs(frame)];
    app.store(at, "y");
    const isReused = bench.page(app, at) === frame;
    return {
      event: prose(
        said(`mapcount is ${maps} again`),
        said("parent reuses P", isReused),
        said("because v4.18 tests mapcount+swapcount, not refcount", isReused && refs === 2),
      ),
    };
  },
  "PIN-HAZARD-012": (lab) => {
    const one = forked(lab);
    const see = hears(one, one.app) && hears(one, one.child);
    return { event: prose(said("both parent and child see the DMA data", see)) };
  },
  "PIN-HAZARD-013": (lab) => {
    const one = forked(lab, FLAG.MADV_DONTFORK);
    const { app, child, at, frame } = one;
    const isSkipped = findVma(app.bench.machine, child.task.mm, at) === undefined;
    const isFree = isWritable(app, at);
    app.store(at, "x");
    const isSame = app.bench.page(app, at) === frame && reached(one) === frame;
    return {
      event: prose(
        said("VMA skipped in the child", isSkipped),
        said("(child SIGSEGVs there)", child.load(at, 1) === "SIGSEGV"),
        said("parent PTEs not write-protected", isFree),
        said("pin coherent", isSame && hears(one, app)),
      ),
    };
  },
  "PIN-HAZARD-015": (lab) => {
    const { app, child, at, frame } = forked(lab, FLAG.MADV_WIPEONFORK);
    const isEmpty = app.bench.page(child, at) === -1 && child.load(at, 1) === "\0";
    return {
      event: prose(
        said("child gets an empty range", isEmpty),
        said("copy_page_range skipped", app.bench.mapcount(frame) === 1),
        said("so the parent page is not write-protected", isWritable(app, at)),
      ),
    };
  },
  "PIN-HAZARD-027": (lab) => {
    const one = forked(lab);
    const { app, child, at, frame } = one;
    const { bench } = app;
    const own = bench.page(child, at);
    app.store(at, "x");
    return {
      event: prose(
        said("child gets its own copy at once", own > 0 && own !== frame),
        said("parent keeps P writable", bench.page(app, at) === frame),
        said("pin stays coherent", hears(one, app) && child.load(at, 1) === "\x01"),
      ),
    };
  },
};
