import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import type { CallResult } from "../../../engine/core/index.ts";
import { runFlow } from "../../../engine/index.ts";
import { bytesOf, sampleText, textOf } from "../../../engine/user/index.ts";
import { Computer, open, word } from "./computer.ts";

const FLOWS = new URL("../../../content/flows/", import.meta.url);

function flow(name: string): string {
  return readFileSync(new URL(`${name}.flow`, FLOWS), "latin1");
}

/** What a field of a call's answer says. */
function said(result: CallResult | undefined, field: string): number {
  return Number(result?.written?.[field] ?? -1);
}

test("what flow send-request leaves is a zlib stream without its trailer, and inflates to the text", () => {
  const library = new Map([["open-a-queue", flow("open-a-queue")]]);
  const text = `${flow("send-request").split("== and again ==")[0]}
app: load(buf+4K, 4K) = 0   @all
`;
  const ran = runFlow({ text, file: "send-request" }, library);
  if (!ran.ok) throw new Error(JSON.stringify(ran.errors));
  expect(ran.run.failures).toEqual([]);
  const { calls } = ran.run.machine;
  const answer = calls.findLast(({ result }) => said(result, "produced") >= 0)?.result;
  expect(said(answer, "consumed")).toBe(2048);
  const loaded = calls.findLast(({ call }) => call === "load")?.result?.written?.data;
  const bytes = bytesOf(String(loaded)).subarray(0, 2 + said(answer, "produced"));
  expect([bytes[0], bytes[1]]).toEqual([0x78, 0x9c]);
  expect(bytes.length).toBeLessThan(2048);
  expect(textOf(inflateRawSync(bytes.subarray(2)))).toBe(sampleText(2048));
});

/** A queue of the ZIP engine and two shared pages. */
function zip(more = "") {
  const computer = new Computer({ more });
  const pid = computer.app;
  const opened = open(computer, pid, {
    home: "/sys/class/spimdev/hisi_zip-0",
    type: "hisi_zip-zip",
    group: "/dev/vfio/1",
    iommu: 1,
  });
  const q = computer.good(pid, "ioctl", opened.mdev, "VFIO_SPIMDEV_CMD_GET_Q");
  computer.good(pid, "drv_open", q, "hisi_qm_v1");
  const buf = computer.good(pid, "mmap", 0, 8192, 3, 0x22, -1, 0);
  const wish = { argsz: 32, flags: 3, vaddr: buf, iova: buf, size: 8192 };
  computer.good(pid, "ioctl", opened.container, "VFIO_IOMMU_MAP_DMA", wish);
  const send = (len: number, room: number, type = 2) =>
    word(computer.call(pid, "wd_send", q, { src: buf, len, dst: buf + 4096, room, type }));
  return { computer, pid, q, buf, send };
}

test.each([1, 2, 3])("form %i is the same deflate stream", (type) => {
  const { computer, pid, q, buf, send } = zip();
  computer.good(pid, "store", buf, sampleText(3000));
  expect(send(3000, 4096, type)).toBe("0");
  const result = computer.call(pid, "wd_recv", q);
  expect([word(result), said(result, "status")]).toEqual(["0", 0]);
  const size = said(result, "produced");
  const { data } = computer.call(pid, "load", buf + 4096, size).written ?? {};
  expect(textOf(inflateRawSync(bytesOf(String(data))))).toBe(sampleText(3000));
});

test("no room is status 1 and -EIO, and not one byte of the target changes", () => {
  const { computer, pid, q, buf, send } = zip("mended D18");
  computer.good(pid, "store", buf, sampleText(3000));
  computer.good(pid, "store", buf + 4096, "z".repeat(4096));
  send(3000, 16);
  const { made } = computer.machine.queues;
  expect(word(computer.call(pid, "wd_recv", q))).toBe("EIO");
  const status = computer.machine.calls.findLast(({ kind }) => kind === "request")?.result?.value;
  expect([made, status]).toEqual([1, 1]);
  expect(computer.call(pid, "load", buf + 4096, 4096).written?.data).toBe("z".repeat(4096));
  send(3000, 4096);
  expect(word(computer.call(pid, "wd_recv", q))).toBe("0");
});

test("what does not get smaller is status 0x0d, and success all the same", () => {
  const { computer, pid, q, buf, send } = zip();
  let state = 7;
  const noise = Array.from({ length: 512 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(state >>> 24);
  }).join("");
  computer.good(pid, "store", buf, noise);
  send(512, 4096);
  const result = computer.call(pid, "wd_recv", q);
  expect([word(result), said(result, "status")]).toEqual(["0", 0x0d]);
  const size = said(result, "produced");
  expect(size).toBeGreaterThanOrEqual(512);
  const { data } = computer.call(pid, "load", buf + 4096, size).written ?? {};
  expect(textOf(inflateRawSync(bytesOf(String(data))))).toBe(noise);
});

test("all 1024 slots can be filled where nothing is taken out, and the next is -EBUSY", () => {
  const { computer, send } = zip();
  computer.machine.devices[0] = { ...computer.machine.devices[0], held: true } as never;
  const words = Array.from({ length: 1025 }, () => send(1, 4096));
  expect(words.indexOf("EBUSY")).toBe(1024);
});
