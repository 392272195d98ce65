import { type Actual, outcome, prose, refused, said } from "./compare.ts";
import type { Area } from "./lab.ts";
import { mapRegion, NODE, OTHER, offering, PUT, START, stateOf } from "./uacce-states.ts";

/** How a queue comes to be in each of its states, from being opened on. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  INIT: [],
  STARTED: [START],
  ZOMBIE: [PUT],
};

/** The states of a queue: START_Q, PUT_Q, and what else a queue in each of them may do. */
export const UACCE_QUEUE: Area = {
  "UACCE-004": (lab) => {
    const { machine, app } = offering(lab);
    app.fd(NODE);
    return { result: stateOf(machine) };
  },
  "UACCE-005": (lab) => {
    const { machine, app, asked } = offering(lab);
    const got = app.ioctl(app.fd(NODE), START);
    return {
      ...outcome(got),
      event: prose(
        said("ops->start_queue", asked.join() === "start_queue"),
        said("state STARTED", stateOf(machine) === "UACCE_Q_STARTED"),
      ),
    };
  },
  "UACCE-006": (lab) =>
    ["STARTED", "ZOMBIE"].map((state): Actual => {
      const { app } = offering(lab);
      const fd = app.fd(NODE);
      for (const command of WAYS[state] ?? []) app.must("ioctl", fd, command);
      return refused(app.ioctl(fd, START));
    }),
  "UACCE-008": (lab) => {
    const { machine, app, asked } = offering(lab);
    const fd = app.fd(NODE);
    app.must("ioctl", fd, START);
    const got = app.ioctl(fd, PUT);
    return {
      ...outcome(got),
      event: prose(
        said(asked.slice(1).join(" then ")),
        said("state ZOMBIE", stateOf(machine) === "UACCE_Q_ZOMBIE"),
      ),
    };
  },
  "UACCE-009": (lab) => {
    const { machine, app, asked } = offering(lab);
    const got = app.ioctl(app.fd(NODE), PUT);
    return {
      ...outcome(got),
      event: prose(
        said("put_queue only", asked.join() === "put_queue"),
        said("state ZOMBIE", stateOf(machine) === "UACCE_Q_ZOMBIE"),
      ),
    };
  },
  "UACCE-010": (lab) => {
    const { machine, app, asked } = offering(lab);
    const fd = app.fd(NODE);
    app.must("ioctl", fd, PUT);
    const before = asked.length;
    const got = app.ioctl(fd, PUT);
    const isNothing = asked.length === before && stateOf(machine) === "UACCE_Q_ZOMBIE";
    return { ...outcome(got), event: prose(said("no-op", isNothing)) };
  },
  "UACCE-011": (lab) => {
    const { app, asked } = offering(lab);
    const fd = app.fd(NODE);
    app.must("ioctl", fd, PUT);
    app.must("ioctl", fd, OTHER, { id: 0, qc_type: 0 });
    return { result: prose(said("still forwarded to ops->ioctl", asked.at(-1) === "ioctl")) };
  },
  "UACCE-013": (lab) =>
    Object.values(WAYS).flatMap((commands) =>
      [2, 3, 1000].map((region) => {
        const { app } = offering(lab);
        const fd = app.fd(NODE);
        for (const command of commands) app.must("ioctl", fd, command);
        return refused(mapRegion(app, fd, region));
      }),
    ),
  "UACCE-016": (lab) => {
    const { app } = offering(lab);
    const fd = app.fd(NODE);
    app.must("ioctl", fd, PUT);
    return [0, 1].map((region) => refused(mapRegion(app, fd, region)));
  },
  "UACCE-031": (lab) => {
    const { machine, app, asked } = offering(lab);
    const fd = app.fd(NODE);
    app.must("ioctl", fd, START);
    const got = app.ioctl(fd, PUT);
    const isOnly = asked.join() === "start_queue,stop_queue";
    const isInit = stateOf(machine) === "UACCE_Q_INIT";
    const again = app.ioctl(fd, START);
    return {
      ...outcome(got),
      event: prose(
        said("stop_queue only", isOnly),
        said("state back to INIT", isInit),
        said("START_Q works again", again.value === 0 && stateOf(machine) === "UACCE_Q_STARTED"),
      ),
    };
  },
};
