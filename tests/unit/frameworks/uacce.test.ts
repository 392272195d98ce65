import { describe, expect, test } from "vitest";
import { PAGE, refuse } from "../../../engine/core/index.ts";
import {
  QM_UACCE,
  removeUacce,
  type UacceDriver,
  uacceStateOf,
} from "../../../engine/frameworks/index.ts";
import { word } from "./computer.ts";
import { computer, ioctl, map, NAME, open, PUT, SET_CTX, START, state } from "./uacce-bench.ts";

describe("a queue's life", () => {
  // biome-ignore format: one case a line
  const ROWS: readonly (readonly [row: string, kernel: "v5.7" | "v6.1", calls: string, got: string, state: string])[] = [
    ["UACCE-004", "v5.7", "",                "",                        "INIT"],
    ["UACCE-005", "v5.7", "START",           "0",                       "STARTED"],
    ["UACCE-006", "v5.7", "START START",     "0 EINVAL",                "STARTED"],
    ["UACCE-006", "v5.7", "PUT START",       "0 EINVAL",                "ZOMBIE"],
    ["UACCE-008", "v5.7", "START PUT",       "0 0",                     "ZOMBIE"],
    ["UACCE-009", "v5.7", "PUT",             "0",                       "ZOMBIE"],
    ["UACCE-010", "v5.7", "PUT PUT",         "0 0",                     "ZOMBIE"],
    ["UACCE-011", "v5.7", "PUT CTX",         "0 0",                     "ZOMBIE"],
    ["UACCE-011", "v5.7", "PUT OTHER",       "0 EINVAL",                "ZOMBIE"],
    ["UACCE-031", "v6.1", "START PUT",       "0 0",                     "INIT"],
    ["UACCE-031", "v6.1", "START PUT START", "0 0 0",                   "STARTED"],
    ["UACCE-031", "v6.1", "PUT PUT START",   "0 0 0",                   "STARTED"],
    ["UACCE-006", "v6.1", "START START",     "0 EINVAL",                "STARTED"],
  ];

  const COMMANDS: Readonly<Record<string, string>> = {
    START,
    PUT,
    CTX: SET_CTX,
    OTHER: "DUMMY_CMD_FLUSH",
  };

  test.each(ROWS)(
    "%s on %s: after [%s] they gave [%s], and it is %s",
    (_row, kernel, calls, got, end) => {
      const on = computer({ kernel });
      const fd = open(on);
      const answers = calls
        .split(" ")
        .filter(Boolean)
        .map((name) =>
          ioctl(on, fd, COMMANDS[name] as string, name === "CTX" ? { qc_type: 0 } : null),
        );
      expect(answers.join(" ")).toBe(got);
      expect(state(on)).toBe(end);
    },
  );

  test("UACCE-008, -009: stop only where it was started, put once, whoever asks and closes", () => {
    const heard: string[] = [];
    const driver: UacceDriver = {
      ...QM_UACCE,
      stopQueue: (machine, queue) => {
        heard.push("stop");
        QM_UACCE.stopQueue?.(machine, queue);
      },
      putQueue: (machine, queue) => {
        heard.push("put");
        QM_UACCE.putQueue?.(machine, queue);
      },
    };
    const on = computer({ kernel: "v5.7", driver });
    const [first, second, third] = [open(on), open(on), open(on)];
    ioctl(on, first, START);
    for (const fd of [first, first]) ioctl(on, fd, PUT);
    expect(heard.splice(0)).toEqual(["stop", "put"]);
    ioctl(on, second, PUT);
    expect(heard.splice(0)).toEqual(["put"]);
    ioctl(on, third, START);
    for (const fd of [first, second, third]) on.good(on.app, "close", fd);
    expect(heard).toEqual(["stop", "put"]);
    expect(on.taken()).toBe(0);
  });

  test("what the driver refuses at START_Q is passed on, and the state stays", () => {
    const driver: UacceDriver = { ...QM_UACCE, startQueue: () => refuse("EIO", "no") };
    const on = computer({ driver });
    expect(ioctl(on, open(on), START)).toBe("EIO");
    expect(state(on)).toBe("INIT");
  });

  test("taking, starting, stopping and putting are told, each once; its state has a name", () => {
    const on = computer({ kernel: "v5.7" });
    const fd = open(on);
    const names = [uacceStateOf(on.machine, on.app, fd)];
    for (const command of [START, PUT, PUT]) {
      ioctl(on, fd, command);
      names.push(uacceStateOf(on.machine, on.app, fd));
    }
    expect(names).toEqual(["INIT", "STARTED", "ZOMBIE", "ZOMBIE"]);
    const kinds = ["queue.get", "queue.start", "queue.stop", "queue.put"] as const;
    expect(kinds.map((kind) => on.count(kind))).toEqual([1, 1, 1, 1]);
    expect([0, 77].map((other) => uacceStateOf(on.machine, on.app, other))).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("a driver may have neither start_queue nor ioctl", () => {
    const { getQueue } = QM_UACCE;
    const on = computer({ driver: { getQueue } });
    const fd = open(on);
    expect(ioctl(on, fd, SET_CTX, { qc_type: 0 })).toBe("EINVAL");
    expect(ioctl(on, fd, START)).toBe("0");
    expect(ioctl(on, fd, PUT)).toBe("0");
  });

  test("v6.1: a removed queue refuses every ioctl, and mmap, with ENXIO", () => {
    const on = computer();
    const fd = open(on);
    removeUacce(on.machine, on.ops, 0);
    expect([START, PUT, SET_CTX].map((command) => ioctl(on, fd, command))).toEqual(
      Array(3).fill("ENXIO"),
    );
    expect(map(on, fd, 0, PAGE)).toBe("ENXIO");
  });

  test("the driver's own command tells the queue's number", () => {
    const on = computer();
    open(on);
    const fd = open(on);
    expect(on.ioctl(on.app, fd, SET_CTX, { id: 0, qc_type: 1 })).toMatchObject({
      value: 0,
      written: { id: 1 },
    });
    expect(ioctl(on, fd, SET_CTX, { qc_type: 2 })).toBe("EINVAL");
    expect(ioctl(on, fd, SET_CTX, null)).toBe("EFAULT");
  });
});

describe("open", () => {
  test("UACCE-001: a node without a device is ENODEV", () => {
    const on = computer();
    const [node] = on.machine.nodes.filter(({ path }) => path === NAME);
    removeUacce(on.machine, on.ops, 0);
    expect(on.has(NAME)).toBe(false);
    if (node) on.machine.nodes.push(node); // made by hand, with mknod
    expect(word(on.call(on.app, "open", NAME, 2))).toBe("ENODEV");
  });

  test("UACCE-002, -028: v5.7 calls every failure to bind ENOMEM, v6.1 says which it was", () => {
    for (const [kernel, more, said] of [
      ["v5.7", "", "ENOMEM"],
      ["v5.7", "mended D26", "EOVERFLOW"],
      ["v6.1", "", "EOVERFLOW"],
    ] as const) {
      const on = computer({ kernel, more, iommu: "pasid=2 faults=stall" });
      const { mm } = on.machine.tasks[on.app] as { readonly mm: number };
      on.machine.pasids[3] = mm; // as if another device had given it the last one
      expect(word(on.call(on.app, "open", NAME, 2))).toBe(said);
      expect([on.taken(), on.machine.bonds.length]).toEqual([0, 0]);
    }
  });

  test("without a free queue it is the driver's EBUSY, and the process is unbound again", () => {
    const on = computer({ device: "hw=v2 queues=1" });
    open(on);
    const other = on.task("other", false);
    expect(word(on.call(other, "open", NAME, 2))).toBe("EBUSY");
    expect(on.machine.bonds.map(({ refs }) => refs)).toEqual([1, 0]);
    expect(word(on.call(on.app, "open", NAME, 2))).toBe("EBUSY");
    expect(on.machine.bonds[0]?.refs).toBe(1);
  });

  test("UACCE-021: queues of a process share PASID and bond, and the last one lets go of it", () => {
    const on = computer({ kernel: "v5.7" });
    const fds = [open(on), open(on)];
    expect(Array.from(on.machine.queues.pasid.subarray(0, 2))).toEqual([1, 1]);
    expect(on.machine.bonds).toMatchObject([{ pasid: 1, refs: 2 }]);
    on.good(on.app, "close", fds[0] as number);
    expect(on.machine.bonds[0]?.refs).toBe(1);
    on.good(on.app, "close", fds[1] as number);
    expect(on.machine.bonds[0]?.refs).toBe(0);
    expect(on.count("sva.unbind")).toBe(1);
  });

  test("ENOMEM for the rings takes back number and bond", () => {
    const on = computer({ more: "fail allocate 2" }); // the first is the bond
    expect(word(on.call(on.app, "open", NAME, 2))).toBe("ENOMEM");
    expect([on.taken(), on.machine.bonds[0]?.refs, on.machine.uacceQueues.length]).toEqual([
      0, 0, 0,
    ]);
    expect(on.good(on.app, "open", NAME, 2)).toBe(3);
  });
});
