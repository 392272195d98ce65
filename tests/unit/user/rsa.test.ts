/** The RSA engine behind its queue manager, from the program's side: what of it is not ZIP's. */
import { describe, expect, test } from "vitest";
import type { Value } from "../../../engine/core/index.ts";
import { readFrame } from "../../../engine/mm/index.ts";
import { FLAG } from "../../../engine/task/index.ts";
import { Computer, word } from "../frameworks/computer.ts";

const RW = FLAG.PROT_READ | FLAG.PROT_WRITE;
const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const HOME = "/sys/class/spimdev/hisi_hpre-0/device";
const TYPE = `${HOME}/mdev_supported_types/hisi_hpre-rsa`;
const RSA = "iommu smmu0 kind=smmuv3\ndevice hisi_hpre-0 kind=rsa hw=v1 behind=smmu0";
const KEY = "\x7b\xfd\x5a\x47\x81\x60\x4c\x41\xc7\x58\x62\x0f\x11\x64\x99\x3f";
const MESSAGE = "\x00pay 100";
const SIGNED = "\x08\xd3\xdc\xaf\x93\x1d\x6f\x46";

interface Wish {
  readonly alg?: Value;
  readonly more?: string;
}

function computer({ alg = "rsa", more = "" }: Wish = {}) {
  const on = new Computer({ hardware: RSA, more });
  on.write(on.root, `${TYPE}/create`, UUID);
  const asked = on.call(on.app, "wd_request_queue", {
    vfio_group_path: "/dev/vfio/1",
    device_api_path: `${TYPE}/device_api`,
    iommu_ext_path: `${HOME}/params/iommu_type`,
    dmaflag_ext_path: `${HOME}/params/dma_flag`,
    mdev_name: UUID,
    ...(alg === null ? {} : { alg }),
  });
  return { on, asked, q: Number(asked.written?.fd) };
}

/** A page at the address that it gives, with key, message and room for the signature. */
function filled(on: Computer, q: number, size = 4096): number {
  const flags = FLAG.MAP_PRIVATE | FLAG.MAP_ANONYMOUS;
  const buf = on.good(on.app, "mmap", 0, size, RW, flags, -1, 0);
  on.good(on.app, "store", buf, KEY);
  on.good(on.app, "store", buf + 64, MESSAGE);
  on.good(on.app, "wd_mem_share", q, buf, size, 0);
  return buf;
}

function load(on: Computer, at: number): Value | undefined {
  return on.call(on.app, "load", at, 8).written?.data;
}

function request(buf: number, other: { readonly [name: string]: Value } = {}) {
  return { key: buf, src: buf + 64, dst: buf + 128, len: 8, ...other };
}

describe("drv_open", () => {
  test("a queue for RSA has rings of 20 pages", () => {
    const { on, asked, q } = computer();
    expect(asked.value).toBe(0);
    const page = (length: number, at: number) =>
      word(on.call(on.app, "mmap", 0, length, RW, FLAG.MAP_SHARED, q, at * 4096));
    expect(page(20 * 4096, 1)).toMatch(/^\d+$/);
    expect(page(20 * 4096 + 1, 1)).toBe("EINVAL");
    const { queues } = on.machine;
    expect((queues.cq[0] as number) - (queues.sq[0] as number)).toBe(65_536);
  });

  test("the context of its queue says that a request has 64 bytes", () => {
    const { on } = computer();
    const frame = on.machine.devices[0]?.tables?.frames[0] ?? -1;
    const sqc = readFrame(on.machine, frame as Parameters<typeof readFrame>[1], 0, 32);
    expect(new DataView(sqc.buffer, sqc.byteOffset).getUint32(12, true)).toBe(6 << 12);
  });

  // The user driver of ZIP asks for 36 pages, which such a queue does not have.
  test.each([[null], ["zip"]])("opened for %s it is refused", (alg) => {
    const { on, asked } = computer({ alg, more: "mended D20" });
    expect(asked.value).not.toBe(0);
    expect(on.machine.userQueues).toHaveLength(0);
  });

  test("what it has is given back whole, and a second program gets it", () => {
    const { on, q } = computer();
    on.good(on.app, "wd_release_queue", q);
    const { vmas } = on.machine.mms[on.machine.tasks[on.app]?.mm ?? 0] ?? { vmas: [] };
    expect(vmas.filter(({ backing }) => backing.kind === "device")).toEqual([]);
    expect(on.machine.queues.taken[0]).toBe(0);
  });
});

describe("wd_send and wd_recv", () => {
  test("a message is signed", () => {
    const { on, q } = computer();
    const buf = filled(on, q);
    on.good(on.app, "wd_send", q, request(buf));
    expect(on.call(on.app, "wd_recv", q).written).toEqual({ request: 0, status: 0 });
    expect(load(on, buf + 128)).toBe(SIGNED);
    expect(on.call(on.app, "wd_recv", q).errno).toBe("EAGAIN");
  });

  test("key and input may lie across pages, and the output too", () => {
    const { on, q } = computer();
    const buf = filled(on, q, 3 * 4096);
    const [key, src, dst] = [buf + 4096 - 8, buf + 2 * 4096 - 3, buf + 3 * 4096 - 8];
    on.good(on.app, "store", key, KEY);
    on.good(on.app, "store", src, MESSAGE);
    on.good(on.app, "wd_send", q, request(buf, { key, src, dst }));
    on.good(on.app, "wd_recv", q);
    expect(load(on, dst)).toBe(SIGNED);
  });

  test("the ring has 1024 slots, and the first is used again after the last", () => {
    const { on, q } = computer();
    const buf = filled(on, q);
    for (let at = 0; at < 1025; at += 1) {
      on.good(on.app, "wd_send", q, request(buf));
      expect(on.call(on.app, "wd_recv", q).written?.request).toBe(at);
    }
    expect(load(on, buf + 128)).toBe(SIGNED);
  });

  // biome-ignore format: one case a line
  test.each<[string, (buf: number) => { readonly [name: string]: Value }, number]>([
    ["a key that nobody shared",       () => ({ key: 0x1000 }),    0x80],
    ["an input that nobody shared",    () => ({ src: 0x1000 }),    0x80],
    ["an output that nobody shared",   () => ({ dst: 0x1000 }),    0x80],
    ["a length beyond 4096 bits",      () => ({ len: 520 }),       0x22],
    ["a key in five parts that is not", (buf) => ({ crt: 1, key: buf + 4 }),        0x23],
  ])("%s: -EIO, the engine says why, and nothing is written", (_, other, etype) => {
    const { on, q } = computer({ more: "mended D18" });
    const buf = filled(on, q);
    on.good(on.app, "wd_send", q, request(buf, other(buf)));
    expect(on.call(on.app, "wd_recv", q).errno).toBe("EIO");
    expect(load(on, buf + 128)).toBe("\0\0\0\0\0\0\0\0");
    const pfn = on.machine.queues.pfn[0] as Parameters<typeof readFrame>[1];
    const dw0 = new DataView(readFrame(on.machine, pfn, 0, 4).slice().buffer).getUint32(0, true);
    expect([dw0 >>> 30, (dw0 >>> 5) & 0x7ff]).toEqual([3, etype]);
    on.good(on.app, "wd_send", q, request(buf));
    expect(on.call(on.app, "wd_recv", q).written).toEqual({ request: 1, status: 0 });
  });

  test("as posted a bad request is seen again and again", () => {
    const { on, q } = computer();
    const buf = filled(on, q);
    on.good(on.app, "wd_send", q, request(buf, { len: 520 }));
    on.good(on.app, "wd_send", q, request(buf));
    for (let times = 0; times < 3; times += 1) {
      expect(on.call(on.app, "wd_recv", q).errno).toBe("EIO");
    }
    expect(load(on, buf + 128)).toBe(SIGNED); // the engine went on
  });
});

test("uacce offers the engine too, by its own name and with its own rings", () => {
  const hardware = "iommu smmu0 kind=smmuv3\ndevice hpre kind=rsa hw=v2 behind=smmu0";
  const on = new Computer({ kernel: "v6.1", framework: "uacce", hardware });
  const home = "/sys/class/uacce/hisi_hpre-0";
  expect(on.read(on.app, `${home}/algorithms`).written?.data).toBe("rsa\ndh\n");
  expect(on.read(on.app, `${home}/region_dus_size`).written?.data).toBe("81920\n");
  const fd = on.good(on.app, "open", "/dev/hisi_hpre-0", FLAG.O_RDWR);
  on.good(on.app, "drv_open", fd, "hisi_qm_v2", "rsa");
});
