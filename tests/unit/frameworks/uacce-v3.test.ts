import { describe, expect, test } from "vitest";
import { V3_MMAP_CHECKS, V3_STATE } from "../../../engine/frameworks/index.ts";
import { iovaToFrame } from "../../../engine/iommu/index.ts";
import { Computer, chain, HEADERS, type Wish, word } from "./computer.ts";

const PAGE = 4096;
const SHARED = 1;
const BARE = "device hisi_zip-0 kind=zip hw=v1";
const TWO = `${HEADERS.zip}\ndevice hisi_zip-1 kind=zip hw=v1 behind=smmu0`;

function v3(wish: Wish = {}): Computer {
  return new Computer({ framework: "uacce-v3", ...wish });
}

function map(computer: Computer, pid: number, fd: number, page: number, pages: number) {
  return computer.call(pid, "mmap", 0, pages * PAGE, 3, SHARED, fd, page * PAGE);
}

/** A queue with everything mapped, and started. */
function started(wish: Wish = {}, path = "/dev/ua0") {
  const computer = v3(wish);
  const pid = computer.app;
  const q = computer.good(pid, "open", path, 2);
  computer.good(pid, "drv_open", q, "hisi_qm_v1");
  computer.good(pid, "ioctl", q, "UACCE_CMD_START");
  return { computer, pid, q };
}

/** Frames that somebody holds, and entries in the device's domain. */
function held({ machine }: Computer) {
  const { refs, top } = machine.frames;
  let frames = 0;
  for (let pfn = 1; pfn < top; pfn += 1) frames += refs[pfn] as number;
  let entries = 0;
  for (const { root, isGone } of machine.domains) {
    if (root < 0 || isGone) continue;
    for (let page = 0; page < 64; page += 1) {
      if (iovaToFrame(machine, 1, 0x7f000000 + page * PAGE) >= 0) entries += 1;
    }
  }
  return { frames, entries };
}

test("the device is put on an unmanaged domain, where the DMA API may not be used", () => {
  const { machine } = v3();
  const { domain } = machine.groups[0] ?? { domain: -1 };
  expect(machine.domains[domain]?.kind).toBe("unmanaged");
  expect(machine.devices[0]?.tables).toBeUndefined();
});

// biome-ignore format: one file a line
const FILES = [
  [HEADERS.zip, "id",                  "0"],
  [HEADERS.zip, "api",                 "hisi_qm_v1\n"],
  [HEADERS.zip, "flags",               "8\n"],
  [BARE,        "flags",               "33\n"],
  [BARE,        "api",                 "hisi_qm_v1_noiommu\n"],
  [HEADERS.zip, "available_instances", "0\n"],
] as const;

test.each(FILES)("%s: attrs/%s", (hardware, name, data) => {
  const computer = v3({ hardware });
  const path = `/sys/class/uacce/hisi_zip-0/attrs/${name}`;
  expect(computer.read(computer.app, path).written).toEqual({ data });
});

// biome-ignore format: one mapping a line: page, pages
const MAPPINGS = [
  ["doorbell",                   HEADERS.zip, 0,  1,  "good"],
  ["doorbell, too long",         HEADERS.zip, 0,  2,  "EINVAL"],
  ["tables",                     HEADERS.zip, 1,  3,  "good"],
  ["tables, too short",          HEADERS.zip, 1,  2,  "EINVAL"],
  ["tables, from their second",  HEADERS.zip, 2,  3,  "good"],
  ["rings",                      HEADERS.zip, 4,  36, "good"],
  ["rings, too long",            HEADERS.zip, 4,  37, "EINVAL"],
  ["shared, before START",       HEADERS.zip, 40, 2,  "EINVAL"],
  ["no tables without an IOMMU", BARE,        1,  3,  "EINVAL"],
  ["rings without an IOMMU",     BARE,        1,  36, "good"],
] as const;

test.each(MAPPINGS)("mmap: %s", (_what, hardware, page, pages, got) => {
  const computer = v3({ hardware });
  const q = computer.good(computer.app, "open", "/dev/ua0", 2);
  expect(map(computer, computer.app, q, page, pages).errno ?? "good").toBe(got);
});

test("each check of mmap refuses for its own reason, in order", () => {
  const { computer, pid, q } = started();
  const fresh = v3();
  const early = fresh.good(fresh.app, "open", "/dev/ua0", 2);
  const whys = [
    map(computer, pid, q, 4, 35),
    map(computer, pid, q, 4, 36),
    map(fresh, fresh.app, early, 40, 1),
  ].map((result) => result.chain?.[0]?.why);
  expect(whys).toEqual(V3_MMAP_CHECKS.map(({ why }) => why));
});

describe("opening", () => {
  const open = (computer: Computer) => word(computer.call(computer.app, "open", "/dev/ua0", 2));

  test("D28 as posted: any number until one has started; then EBUSY until anybody closes", () => {
    const { computer, pid, q } = started();
    expect(open(computer)).toBe("EBUSY");
    computer.good(pid, "close", q);
    for (const { start, end } of computer.machine.mms[computer.machine.tasks[pid]?.mm ?? 0]?.vmas ??
      []) {
      computer.good(pid, "munmap", start, end - start);
    }
    expect([open(computer), open(computer)]).toEqual(["3", "4"]);
  });

  test("D28 mended: the second is EBUSY at once", () => {
    const computer = v3({ more: "mended D28" });
    expect([open(computer), open(computer)]).toEqual(["3", "EBUSY"]);
  });

  test("D30 mended: what failed is as if it had not been tried", () => {
    const computer = v3({ more: "fail allocate 1\nmended D30" });
    expect([open(computer), open(computer)]).toEqual(["ENOMEM", "3"]);
  });

  test("without an IOMMU everybody may", () => {
    const { computer } = started({ hardware: BARE });
    expect([open(computer), open(computer)]).toEqual(["4", "5"]);
  });
});

describe("START", () => {
  test("D29 as posted crashes without its regions, mended is EINVAL", () => {
    const [posted, mended] = ["", "mended D29"].map((more) => {
      const computer = v3({ more });
      const q = computer.good(computer.app, "open", "/dev/ua0", 2);
      return word(computer.ioctl(computer.app, q, "UACCE_CMD_START"));
    });
    expect([posted, mended]).toEqual(["BUG", "EINVAL"]);
  });

  test("without an IOMMU and without rings it is EINVAL", () => {
    const computer = v3({ hardware: BARE });
    const q = computer.good(computer.app, "open", "/dev/ua0", 2);
    expect(word(computer.ioctl(computer.app, q, "UACCE_CMD_START"))).toBe("EINVAL");
  });

  test("the rings are where the program has them; without an IOMMU, where they lie in memory", () => {
    const [shielded, bare] = [HEADERS.zip, BARE].map((hardware) => {
      const { computer } = started({ hardware });
      const { sq, pfn } = computer.machine.queues;
      return { sq: sq[0] ?? 0, physical: (pfn[0] ?? 0) * PAGE };
    });
    expect(shielded?.sq).toBe(0x7f003000);
    expect(bare?.sq).toBe(bare?.physical);
  });

  test("the memory for the kernel only is not the program's to touch", () => {
    const { computer, pid } = started();
    const tables = computer.machine.v3Regions.find(({ kind }) => kind === 1);
    expect(word(computer.call(pid, "load", tables?.iova ?? 0, 8))).toBe("SIGSEGV");
  });

  test("a second time begins the rings again", () => {
    const { computer, pid, q } = started();
    computer.machine.queues.head[0] = 7;
    expect(word(computer.ioctl(pid, q, "UACCE_CMD_START"))).toBe("0");
    expect(computer.machine.queues.head[0]).toBe(0);
  });
});

describe("shared memory", () => {
  test("the device's address is the program's, with the program's rights", () => {
    const { computer, pid, q } = started();
    const at = map(computer, pid, q, 40, 3).value;
    const { machine } = computer;
    const frames = [0, 1, 2].map((page) => iovaToFrame(machine, 1, at + page * PAGE));
    expect(frames).toEqual([0, 1, 2].map((page) => (frames[0] ?? 0) + page));
    computer.good(pid, "store", at, "word");
    expect(machine.v3Regions.at(-1)).toMatchObject({ kind: 3, iova: at, pages: 3, prot: 3 });
  });

  test("munmap changes nothing for the device, and the slot stays taken", () => {
    const { computer, pid, q } = started();
    const at = map(computer, pid, q, 40, 1).value;
    computer.good(pid, "munmap", at, PAGE);
    expect(iovaToFrame(computer.machine, 1, at)).toBeGreaterThan(0);
    expect(word(map(computer, pid, q, 40, 1))).toBe("EBUSY");
  });

  test("a child inherits no region, and its requests kill it", () => {
    const { computer, pid, q } = started();
    map(computer, pid, q, 40, 1);
    const child = computer.good(pid, "fork", "child");
    const { machine } = computer;
    expect(machine.mms[machine.tasks[child]?.mm ?? 0]?.vmas).toEqual([]);
    // Nobody asks who calls: the descriptor itself still works in the child.
    expect(word(computer.ioctl(child, q, "UACCE_CMD_START"))).toBe("0");
  });

  test("GET_SS_PA is for devices whose memory lies side by side, and for memory that is there", () => {
    const pa = (hardware: string) => {
      const { computer, pid, q } = started({ hardware });
      const early = word(computer.ioctl(pid, q, "UACCE_CMD_GET_SS_PA", 0));
      const at = map(computer, pid, q, hardware === BARE ? 37 : 40, 1).value;
      const late = computer.ioctl(pid, q, "UACCE_CMD_GET_SS_PA", 0);
      return { early, late, at };
    };
    expect(word(pa(HEADERS.zip).late)).toBe("EINVAL");
    const bare = pa(BARE);
    expect([bare.early, word(bare.late)]).toEqual(["EINVAL", "0"]);
    expect(Number(bare.late.written?.pa) % PAGE).toBe(0);
  });
});

describe("SHARE_SVAS", () => {
  /** Two engines, both started; the first has shared memory. */
  function two(more: string) {
    const { computer, pid, q } = started({ hardware: TWO, more });
    const q1 = computer.good(pid, "open", "/dev/ua1", 2);
    computer.good(pid, "drv_open", q1, "hisi_qm_v1");
    computer.good(pid, "ioctl", q1, "UACCE_CMD_START");
    const at = map(computer, pid, q, 40, 2).value;
    const share = (to: number, from: number) =>
      chain(computer.ioctl(pid, to, "UACCE_CMD_SHARE_SVAS", from));
    const second = computer.machine.v3Devices[1]?.domain ?? -1;
    return { computer, pid, q, q1, at, share, second };
  }

  test("D27 as posted: refused, whatever it is asked", () => {
    const { share, q, q1 } = two("");
    expect(share(q1, q)).toBe("EINVAL a device that can fault needs no sharing");
    expect(share(q1, 0)).toBe("EINVAL not the descriptor of a queue");
  });

  test("D27 mended: the same pages at the same addresses, until the last of the two closes", () => {
    const { computer, pid, share, q, q1, at, second } = two("mended D27");
    const { machine } = computer;
    expect(share(q1, q)).toBe("");
    const frame = iovaToFrame(machine, second, at);
    expect(frame).toBe(iovaToFrame(machine, machine.v3Devices[0]?.domain ?? -1, at));
    expect([share(q1, q), share(q, q1)].every((words) => words.startsWith("EINVAL"))).toBe(true);
    computer.kill(pid);
    expect(machine.frames.refs[frame]).toBe(0);
    expect(iovaToFrame(machine, second, at)).toBe(-1);
  });

  test("D27 mended: both are its users, and the first keeps it when the second closes", () => {
    const { computer, pid, share, q, q1, at, second } = two("mended D27");
    const { machine } = computer;
    share(q1, q);
    expect(machine.v3Regions.at(-1)?.users).toEqual([0, 1]);
    const { mm, fds } = machine.tasks[pid] ?? { mm: -1, fds: [] };
    for (const { start, end, backing } of machine.mms[mm]?.vmas ?? []) {
      const isSecond = backing.kind === "device" && backing.file === fds[q1];
      if (isSecond) computer.good(pid, "munmap", start, end - start);
    }
    computer.good(pid, "close", q1);
    expect(iovaToFrame(machine, second, at)).toBe(-1);
    expect(word(computer.call(pid, "store", at, "still there"))).toBe("0");
    expect(machine.v3Regions.at(-1)?.users).toEqual([0]);
  });

  test("D27 mended: the other must have memory to share", () => {
    const { share, q, q1 } = two("mended D27");
    expect(share(q, q1)).toMatch(/no shared memory/);
  });
});

describe("the end", () => {
  test.each(["kill", "exit"])("of the process (%s) takes everything back", (how) => {
    const empty = v3();
    const before = held(empty);
    const { computer, pid, q } = started();
    const at = map(computer, pid, q, 40, 4).value;
    computer.good(pid, "store", at, "word");
    expect(held(computer).entries).toBeGreaterThan(0);
    if (how === "kill") computer.kill(pid);
    else computer.begin(pid, "exit", 0);
    expect(held(computer)).toEqual(before);
    expect(computer.taken()).toBe(0);
    expect(computer.machine.v3Devices[0]?.state).toBe(V3_STATE.INIT);
    expect(computer.machine.devices[0]?.tables).toBeUndefined();
  });

  test.each([1, 2, 3, 4])("allocation %i fails: after the end nothing is left", (nth) => {
    const before = held(v3());
    const computer = v3({ more: `fail allocate ${nth}\nmended D29 D30` });
    const pid = computer.app;
    const opened = computer.call(pid, "open", "/dev/ua0", 2);
    if (opened.errno === undefined) {
      const q = opened.value;
      computer.call(pid, "drv_open", q, "hisi_qm_v1");
      computer.ioctl(pid, q, "UACCE_CMD_START");
      map(computer, pid, q, 40, 2);
    }
    computer.kill(pid);
    expect(held(computer)).toEqual(before);
    expect(computer.taken()).toBe(0);
  });
});
