import { describe, expect, test } from "vitest";
import { removeUacce } from "../../../engine/frameworks/index.ts";
import { word } from "../frameworks/computer.ts";
import { computer, map, open, RINGS, START } from "../frameworks/uacce-bench.ts";
import { onUacce } from "./story.ts";

/**
 * Devices of uacce: numbers of queues, attributes, sizes of regions, PASIDs over fork, exec and exit,
 * a device that is taken away.
 * Source: drivers/misc/uacce/uacce.c, drivers/crypto/hisilicon/qm.c, kernel/fork.c __mmdrop,
 * mm/mmap.c file_mmap_ok, fs/kernfs/file.c kernfs_fop_open, all v6.1
 */

const NAME = "/dev/hisi_zip-0";
const CLASS = "/sys/class/uacce/hisi_zip-0";
const opened = (name: string, who = "app") => `${who}: ${name} = open("${NAME}", O_RDWR)`;
const notOpened = (errno: string, who = "app") => `${who}: open("${NAME}", O_RDWR) = -1 ${errno}`;
const numberOf = (fd: string, id: number, who = "app") =>
  `${who}: ioctl(${fd}, UACCE_CMD_QM_SET_QP_CTX, {id: 9, qc_type: 1}) = 0 {id: ${id}}`;
const noMap = (size: string, at: string, errno: string, flags = "MAP_SHARED") =>
  `app: mmap(NULL, ${size}, PROT_READ|PROT_WRITE, ${flags}, q, ${at}) = -1 ${errno}`;

type Row = readonly [what: string, lines: (isFirst: boolean) => readonly string[], more?: string];
const ROWS: readonly Row[] = [
  // idr_alloc_cyclic of qm_create_qp_nolock; v5.7 takes the first zero bit.
  [
    "v6.1 hands out the number behind the last, v5.7 the lowest",
    (isFirst) => [
      opened("a"),
      numberOf("a", 0),
      opened("b"),
      numberOf("b", 1),
      "app: close(a) = 0",
      opened("c"),
      numberOf("c", isFirst ? 0 : 2),
      "app: close(b) = 0",
      opened("d"),
      numberOf("d", isFirst ? 1 : 0), // behind the highest it begins again
      "app: close(d) = 0",
      opened("e"),
      numberOf("e", 1),
    ],
    "queues=3",
  ],
  [
    "no queue left: who was bound for one is not any more, and keeps his number",
    () => [
      opened("a"),
      notOpened("EBUSY", "other"),
      "expect count(sva.bind) == 2",
      "expect count(sva.unbind) == 1",
      notOpened("EBUSY"),
      "expect count(sva.unbind) == 1", // one hold more of the same bond, and back
      notOpened("EBUSY", "third"),
      "expect third.pasid == 3",
      "app: close(a) = 0",
      opened("b", "other"),
      "expect other.pasid == 2",
      numberOf("b", 0, "other"),
    ],
    "queues=1",
  ],
  [
    "SET_QP_CTX takes a structure with one of two types",
    () => [
      opened("q"),
      "app: ioctl(q, UACCE_CMD_QM_SET_QP_CTX) = -1 EFAULT",
      "app: ioctl(q, UACCE_CMD_QM_SET_QP_CTX, NULL) = -1 EFAULT",
      "app: ioctl(q, UACCE_CMD_QM_SET_QP_CTX, {id: 0, qc_type: 2}) = -1 EINVAL",
      "app: ioctl(q, UACCE_CMD_QM_SET_QP_CTX, {id: 0, qc_type: 65535}) = -1 EINVAL",
      "app: ioctl(q, UACCE_CMD_START_Q) = 0",
      numberOf("q", 0),
    ],
  ],
  [
    "sizes and offsets of regions, at each edge",
    () => [
      opened("q"),
      noMap("12K", "0", "EINVAL"),
      noMap("140K", "4K", "EINVAL"),
      noMap("148K", "4K", "EINVAL"),
      noMap("144K", "8K", "EINVAL"),
      noMap("4K", "0x100000000000", "EINVAL"), // nothing is cut to 32 bits
      noMap("4K", "0xffffffffffffe000", "EINVAL"),
      noMap("4K", "0xfffffffffffff000", "EOVERFLOW"),
      noMap("8K", "0xffffffffffffe000", "EOVERFLOW"),
      noMap("4K", "0xfffffffffffff000", "EOVERFLOW", "0"),
      noMap("4K", "0xffffffffffffe000", "EINVAL", "0"),
      noMap("0", "0xfffffffffffff000", "EINVAL"),
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, q, 0)",
      "app: mmap(NULL, 144K, PROT_READ, MAP_SHARED, q, 4K)",
    ],
  ],
  [
    "the file of a queue is neither read nor written, and ready for nothing but input",
    () => [
      opened("q"),
      'app: write(q, "x", 1) = -1 EINVAL',
      'app: write(q, "", 0) = -1 EINVAL',
      "app: read(q, 0) = -1 EINVAL",
      "app: poll([{fd: q, events: POLLOUT}], 1, 0) = 0",
      "app: poll([{fd: q, events: 0}], 1, 0) = 0",
    ],
  ],
  [
    "attributes are opened to be read, by root too; a put queue is free, a stopped one is not",
    (isFirst) => [
      `root: open("${CLASS}/api", O_WRONLY) = -1 EACCES`,
      `root: open("${CLASS}/api", O_RDWR) = -1 EACCES`,
      `app: open("${CLASS}/available_instances", O_RDWR) = -1 EACCES`,
      `app: left = open("${CLASS}/available_instances", O_RDONLY)`,
      'app: read(left, 16) = 2 {data: "5\\n"}',
      opened("q"),
      "app: ioctl(q, UACCE_CMD_START_Q) = 0",
      "app: child = fork()",
      "app: close(q) = 0",
      'app: read(left, 16) = 2 {data: "4\\n"}',
      "child: ioctl(q, UACCE_CMD_PUT_Q) = 0",
      `app: read(left, 1) = 1 {data: "${isFirst ? 5 : 4}"}`,
      "root: kill(pid(child)) = 0",
      'app: read(left, 16) = 2 {data: "5\\n"}',
    ],
    "queues=5",
  ],
  // A number is dropped with the last hold of the address space, and a bond is one.
  [
    "PASIDs: a new one for a child and after exec; the old one is free when its queues are closed",
    (isFirst) => [
      opened("q"),
      "app: child = fork()",
      opened("own", "child"),
      "expect child.pasid == 2",
      'app: execve("/bin/other") = 0',
      `app: ioctl(q, UACCE_CMD_START_Q) = ${isFirst ? "-1 EINVAL" : "0"}`,
      opened("new"),
      "expect app.pasid == 3",
      opened("q", "other"),
      "expect other.pasid == 4",
      "app: close(q) = 0",
      "other: exit(0)",
      opened("q", "third"),
      "expect third.pasid == 4", // the child still holds the first
      "child: close(q) = 0",
      opened("q", "fourth"),
      "expect fourth.pasid == 1",
      "root: kill(pid(child)) = 0",
      opened("q", "fifth"),
      "expect fifth.pasid == 2",
      "expect count(sva.unbind) == 3",
    ],
  ],
  [
    "its opener is killed, a child has the queue: v5.7 has put it, v6.1 starts it",
    (isFirst) => [
      opened("q"),
      "app: child = fork()",
      "root: kill(pid(app)) = 0",
      `expect count(queue.put) == ${isFirst ? 1 : 0}`,
      "expect count(sva.unbind) == 0",
      `child: ioctl(q, UACCE_CMD_START_Q) = ${isFirst ? "-1 EINVAL" : "0"}`,
      "child: exit(0)",
      "expect count(queue.put) == 1",
      "expect count(sva.unbind) == 1",
    ],
  ],
  [
    "PUT_Q of a queue that was never started",
    (isFirst) => [
      opened("q"),
      "app: ioctl(q, UACCE_CMD_PUT_Q) = 0",
      `app: ioctl(q, UACCE_CMD_START_Q) = ${isFirst ? "-1 EINVAL" : "0"}`,
      "app: ioctl(q, UACCE_CMD_PUT_Q) = 0",
      `expect count(queue.put) == ${isFirst ? 1 : 0}`,
      "app: close(q) = 0",
      "expect count(queue.put) == 1",
    ],
  ],
];

describe.each(["v5.7", "v6.1"] as const)("uacce of %s", (kernel) => {
  const rows = ROWS.map(([what, lines, more = ""]) => [what, lines, more] as const);
  test.each(rows)("%s", (_what, lines, more) => {
    onUacce(kernel, lines(kernel === "v5.7"), { pasids: 4, device: more });
  });
});

describe("a device that is taken away while it is open, on v6.1", () => {
  test("every call on its queue is ENXIO, its attributes are ENODEV, its names are gone", () => {
    const on = computer();
    const fd = open(on);
    const api = on.good(on.app, "open", `${CLASS}/api`, 0);
    const at = on.good(on.app, "mmap", 0, RINGS, 3, 1, fd, 4096);
    on.good(on.app, "ioctl", fd, START);
    removeUacce(on.machine, on.ops, 0);
    const said = ["UACCE_CMD_START_Q", "UACCE_CMD_PUT_Q", "UACCE_CMD_QM_SET_QP_CTX", "UACCE_X"];
    for (const command of said) expect(word(on.ioctl(on.app, fd, command))).toBe("ENXIO");
    expect([map(on, fd, 0, 4096), map(on, fd, 1, RINGS), map(on, fd, 2, 4096)]).toEqual([
      "ENXIO",
      "ENXIO",
      "EINVAL",
    ]);
    expect(word(on.call(on.app, "read", api, 16))).toBe("ENODEV");
    expect(word(on.call(on.app, "open", NAME, 2))).toBe("ENOENT");
    expect(word(on.call(on.app, "open", `${CLASS}/api`, 0))).toBe("ENOENT");
    expect(word(on.call(on.app, "close", fd))).toBe("0");
    expect(word(on.call(on.app, "munmap", at, RINGS))).toBe("0");
    expect(on.machine.bonds.map(({ refs }) => refs)).toEqual([0]);
  });
});
