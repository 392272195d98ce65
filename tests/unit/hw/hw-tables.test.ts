import { expect, test } from "vitest";
import {
  bdOffset,
  DUMMY_BD,
  DUMMY_CMD_FLUSH,
  DUMMY_PAGE,
  HW_TAG,
  MAX_COPY_SIZE,
  MAX_DEV,
  MAX_QUEUE,
  Q_BDS,
} from "../../../engine/hw/dummy-registers.ts";
import { AEQE_TYPE, ENTRY_SIZE, QM_ENTRIES, QM_WORDS } from "../../../engine/hw/qm-entries.ts";
import {
  CQ_BYTES,
  CQE_SIZE,
  DOORBELL_CMD,
  MAILBOX,
  MAILBOX_CMD,
  MAILBOX_TRIES_MAX,
  QM,
  QM_LIMITS,
  QM_Q_DEPTH,
  QM_REGIONS,
  ringBytes,
  SQ_BYTES,
  SQE_SIZE,
  sqBytes,
  sqeSize,
} from "../../../engine/hw/qm-registers.ts";
import {
  type Layout,
  layoutFaults,
  pack,
  packWord,
  type Register,
  registerFaults,
  unpack,
} from "../../../engine/hw/register.ts";
import { RSA_SQE, RSA_WORDS } from "../../../engine/hw/rsa-sqe.ts";
import { ZIP_SQE, ZIP_STATUS, ZIP_TYPE, ZIP_WORDS } from "../../../engine/hw/zip-sqe.ts";

const REGISTERS: Readonly<Record<string, Register>> = {
  ...QM,
  ...QM_WORDS,
  ...ZIP_WORDS,
  ...RSA_WORDS,
};
const LAYOUTS: Readonly<Record<string, Layout>> = {
  ...QM_ENTRIES,
  MAILBOX,
  ZIP_SQE,
  RSA_SQE,
  DUMMY_BD,
  DUMMY_PAGE,
};

test.each(Object.entries(REGISTERS))(
  "%s has no two fields at one bit, and a source",
  (name, register) => {
    expect(registerFaults(name, register)).toEqual([]);
    expect(register.source).not.toBe("");
  },
);

test.each(Object.entries(LAYOUTS))(
  "%s has no two fields at one byte, and a source",
  (name, layout) => {
    expect(layoutFaults(name, layout)).toEqual([]);
    expect(layout.source).not.toBe("");
  },
);

/** A word spelt out must be the word of the structure that it says it is. */
const WITHIN = Object.entries({ ...QM_WORDS, ...ZIP_WORDS }) as readonly [string, Register][];
test.each(WITHIN)("%s lies where its structure has that word", (_name, register) => {
  const [layout = "", field = ""] = (register.within ?? "").split(".");
  const place = LAYOUTS[layout]?.fields[field];
  expect(place?.at).toBe(register.offset);
  expect(place && place.bytes * 8).toBe(register.width);
});

test("the 32 words of a ZIP request fill 128 bytes, in the order of the facts", () => {
  const words = Object.entries<{ at: number; bytes: number; count?: number }>(ZIP_SQE.fields);
  let next = 0;
  for (const [name, { at, bytes, count = 1 }] of words) {
    expect([name, at, bytes]).toEqual([name, next, 4]);
    next += 4 * count;
  }
  expect(next).toBe(128);
  expect(words.map(([name]) => name).slice(12, 17)).toEqual([
    "dw12",
    "tag",
    "dest_avail_out",
    "rsvd0",
    "comp_head_addr_l",
  ]);
});

// biome-ignore format: one word a line
const DOORBELLS = [
  ["queue 3, SQ, index 1",       { qn: 3, cmd: 0, index: 1, priority: 0 },       0x0000_0001_0000_0003n],
  ["queue 0, CQ, index 1023",    { qn: 0, cmd: 1, index: 1023, priority: 0 },    0x0000_03ff_0001_0000n],
  ["queue 4095, CQ, re-arm",     { qn: 4095, cmd: 1, index: 2, priority: 1 },    0x0001_0002_0001_0fffn],
  ["every bit",                  { qn: 0xffff, cmd: 0xffff, index: 0xffff, priority: 0xffff }, 0xffff_ffff_ffff_ffffn],
] as const;

test.each(DOORBELLS)("doorbell v1: %s", (_what, values, word) => {
  expect(pack(QM.DOORBELL_V1, values)).toBe(word);
  expect(unpack(QM.DOORBELL_V1, word)).toEqual(values);
});

test("doorbell v2 has 10 bits of queue and 4 of command", () => {
  const values = { sqn: 0x3ff, cmd: 0xf, index: 5, priority: 1 };
  expect(pack(QM.DOORBELL_V2, values)).toBe(0x0001_0005_0000_f3ffn);
  expect(() => pack(QM.DOORBELL_V2, { ...values, sqn: 0x400 })).toThrow("too wide");
});

test("offsets and commands are those of facts 3.2", () => {
  expect([QM.DOORBELL_V1.offset, QM.DOORBELL_V2.offset, QM.MAILBOX_W0.offset]).toEqual([
    0x340, 0x1000, 0x300,
  ]);
  expect(DOORBELL_CMD).toEqual({ SQ: 0, CQ: 1, EQ: 2, AEQ: 3 });
  expect(MAILBOX_CMD).toEqual({ SQC: 0, CQC: 1, EQC: 2, AEQC: 3, SQC_BT: 4, CQC_BT: 5 });
  expect(packWord(QM.MAILBOX_W0, { op: 0, busy: 1, status: 0, event: 0, cmd: 1 })).toBe(0x2001);
  expect(unpack(QM.MAILBOX_W0, 0x4300)).toEqual({ op: 1, busy: 0, status: 1, event: 1, cmd: 0 });
  expect(MAILBOX.size).toBe(16);
  expect(MAILBOX_TRIES_MAX).toBe(10);
});

test("sizes and depths are those of facts 3.2", () => {
  const sizes = Object.entries(QM_ENTRIES).map(([name, { size }]) => [name, size]);
  expect(Object.fromEntries(sizes)).toEqual({
    CQE: 16,
    EQE: 4,
    AEQE: 4,
    SQC: 32,
    CQC: 32,
    EQC: 28,
  });
  expect([QM_Q_DEPTH, SQE_SIZE, CQE_SIZE]).toEqual([1024, 128, 16]);
  expect([QM_ENTRIES.CQE.size, ZIP_SQE.size]).toEqual([CQE_SIZE, SQE_SIZE]);
  expect(1 << ENTRY_SIZE.HPRE_SQE).toBe(RSA_SQE.size);
  expect([1 << ENTRY_SIZE.SQE, 1 << ENTRY_SIZE.CQE, 1 << ENTRY_SIZE.EQE]).toEqual([128, 16, 4]);
  expect(packWord(QM_WORDS.ENTRY_SIZE_DW3, { entry_size: ENTRY_SIZE.CQE })).toBe(4 << 12);
  expect(Object.values(QM_LIMITS).map(({ value }) => value)).toEqual([
    1024, 128, 64, 4096, 1024, 63, 2, 128, 64, 16,
  ]);
});

test("the rings of a ZIP queue are 36 pages, those of an RSA queue 20", () => {
  expect([ringBytes("zip") / 4096, ringBytes("rsa") / 4096]).toEqual([36, 20]);
  expect([sqeSize("rsa"), sqBytes("rsa")]).toEqual([RSA_SQE.size, 65_536]);
});

test("the rings begin at page 1 and are 36 pages", () => {
  expect([SQ_BYTES, CQ_BYTES]).toEqual([131_072, 16_384]);
  expect(QM_REGIONS.rings).toMatchObject({ page: 1, bytes: 147_456 });
  expect(QM_REGIONS.rings.bytes).toBe(36 * 4096);
  expect(QM_REGIONS.doorbell).toMatchObject({ page: 0, bytes: 4096 });
});

test("entries take apart as facts 3.2 says", () => {
  expect(unpack(QM_WORDS.CQE_W7, 0x001b)).toEqual({ status: 0x0d, phase: 1 });
  expect(unpack(QM_WORDS.EQE_DW0, 0x0001_0007)).toEqual({ phase: 1, cqn: 7 });
  expect(unpack(QM_WORDS.AEQE_DW0, 0x0005_0009)).toEqual({
    type: AEQE_TYPE.CQE_ERROR,
    phase: 1,
    qn: 9,
  });
  expect(unpack(QM_WORDS.SQC_W13, 0x0211)).toEqual({ type: 2, order: 1, priority: 1 });
  expect(unpack(QM_WORDS.CQC_DW6, 3)).toEqual({ c_flag: 1, phase: 1 });
  expect(unpack(QM_WORDS.EQC_DW6, 0x103ff)).toEqual({ phase: 1, depth: 1023 });
});

test("statuses and types are those of facts 3.5", () => {
  expect(ZIP_STATUS).toEqual({ OK: 0, NO_SPACE: 1, NEGATIVE: 13, CRC_ERROR: 16, END: 19 });
  expect(ZIP_TYPE).toEqual({ DEFLATE: 1, ZLIB: 2, GZIP: 3 });
});

test("the dummy page is that of facts 3.1", () => {
  const { ring, ring_bd_num, head, tail } = DUMMY_PAGE.fields;
  expect([ring.at, ring_bd_num.at, head.at, tail.at]).toEqual([8, 648, 652, 656]);
  expect(ring.bytes).toBe(DUMMY_BD.size);
  expect([bdOffset(0), bdOffset(15), bdOffset(16)]).toEqual([8, 608, 648]);
  expect(String.fromCharCode(...HW_TAG)).toBe("WDDUMMY\0");
  expect([MAX_DEV, MAX_QUEUE, Q_BDS]).toEqual([3, 4, 16]);
  expect([MAX_COPY_SIZE, DUMMY_CMD_FLUSH]).toEqual([4096, 0x6400]);
});
