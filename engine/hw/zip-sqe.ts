import {
  type Layout,
  packWord,
  type Register,
  read,
  readPair,
  unpack,
  write,
  writePair,
} from "./register.ts";

/**
 * One request to the ZIP engine, 32 words of 32 bits, as it lies in a submission queue.
 *
 * The user driver fills it, the engine writes `consumed`, `produced` and the status of `dw3` back
 * into the same slot, and the user driver copies that over the request.
 *
 * Leaves out: the meaning of words that the facts only name (dw8, dw10, dw12, lba, cipher keys).
 * Source: the ZIP request of KL near RFCv1 and of WD; docs/sources.md
 */
const FACTS = "the ZIP request of KL near RFCv1 and of WD";

// biome-ignore format: one word a line
export const ZIP_SQE = {
  size: 128,
  fields: {
    consumed:           { at: 0, bytes: 4, notes: "bytes of the source read, written by the engine" },
    produced:           { at: 4, bytes: 4, notes: "bytes of the target written, written by the engine" },
    comp_data_length:   { at: 8, bytes: 4, notes: "early spelling comp_date_length" },
    dw3:                { at: 12, bytes: 4, notes: "ZIP_DW3" },
    input_data_length:  { at: 16, bytes: 4, notes: "bytes of the source; early spelling input_date_length" },
    lba_l:              { at: 20, bytes: 4 },
    lba_h:              { at: 24, bytes: 4 },
    dw7:                { at: 28, bytes: 4, notes: "ZIP_DW7" },
    dw8:                { at: 32, bytes: 4 },
    dw9:                { at: 36, bytes: 4, notes: "ZIP_DW9" },
    dw10:               { at: 40, bytes: 4 },
    priv_info:          { at: 44, bytes: 4 },
    dw12:               { at: 48, bytes: 4 },
    tag:                { at: 52, bytes: 4 },
    dest_avail_out:     { at: 56, bytes: 4, notes: "bytes there is room for at the target" },
    rsvd0:              { at: 60, bytes: 4 },
    comp_head_addr_l:   { at: 64, bytes: 4 },
    comp_head_addr_h:   { at: 68, bytes: 4 },
    source_addr_l:      { at: 72, bytes: 4, notes: "device address" },
    source_addr_h:      { at: 76, bytes: 4 },
    dest_addr_l:        { at: 80, bytes: 4, notes: "device address" },
    dest_addr_h:        { at: 84, bytes: 4 },
    stream_ctx_addr_l:  { at: 88, bytes: 4 },
    stream_ctx_addr_h:  { at: 92, bytes: 4 },
    cipher_key1_addr_l: { at: 96, bytes: 4 },
    cipher_key1_addr_h: { at: 100, bytes: 4 },
    cipher_key2_addr_l: { at: 104, bytes: 4 },
    cipher_key2_addr_h: { at: 108, bytes: 4 },
    rsvd1:              { at: 112, bytes: 4, count: 4 },
  },
  source: FACTS,
} as const satisfies Layout;

/** The words of a request that hold several fields. */
export const ZIP_WORDS = {
  ZIP_DW3: {
    offset: 12,
    width: 32,
    fields: { last_block: [8, 8], status: [7, 0] },
    source: FACTS,
    within: "ZIP_SQE.dw3",
    notes: "status: ZIP_STATUS",
  },
  ZIP_DW7: {
    offset: 28,
    width: 32,
    fields: { stream_flags: [31, 25] },
    source: FACTS,
    within: "ZIP_SQE.dw7",
    notes: "from bit 25 up",
  },
  ZIP_DW9: {
    offset: 36,
    width: 32,
    fields: { buffer_type: [11, 8], type: [7, 0] },
    source: FACTS,
    within: "ZIP_SQE.dw9",
    notes: "type: ZIP_TYPE",
  },
} as const satisfies Record<string, Register>;

/** What the engine says of a request. The user driver takes OK and NEGATIVE, all else is -EIO. */
export const ZIP_STATUS = {
  OK: 0x00,
  NO_SPACE: 0x01,
  NEGATIVE: 0x0d,
  CRC_ERROR: 0x10,
  END: 0x13,
} as const;

/** The form of the compressed data. */
export const ZIP_TYPE = { DEFLATE: 1, ZLIB: 2, GZIP: 3 } as const;

/** What the program writes in front of the engine's output, the zlib header. Source: FACTS. */
export const ZLIB_HEADER: readonly number[] = [0x78, 0x9c];

/** Bytes in one request of the sample program. Source: FACTS. */
export const ZIP_BLOCK_SIZE = 512_000;

/** A request as the engine understands it. Addresses are device addresses, lengths bytes. */
export interface ZipRequest {
  readonly source: number;
  readonly length: number;
  readonly target: number;
  readonly room: number;
  /** One of ZIP_TYPE, or what else the user wrote there: 0 to 255. */
  readonly type: number;
  readonly tag: number;
}

/** What the engine writes back: two lengths in bytes and one of ZIP_STATUS. */
export interface ZipResult {
  readonly status: number;
  readonly consumed: number;
  readonly produced: number;
}

/**
 * The request of one slot, whatever the user put there.
 *
 * @param at  where the slot starts in `bytes`
 * @returns addresses of up to 64 bits, rounded above 2^53: compare before making an `Iova`
 */
export function readRequest(bytes: Uint8Array, at = 0): ZipRequest {
  return {
    source: readPair(ZIP_SQE, bytes, at, "source_addr"),
    length: read(ZIP_SQE, bytes, at, "input_data_length"),
    target: readPair(ZIP_SQE, bytes, at, "dest_addr"),
    room: read(ZIP_SQE, bytes, at, "dest_avail_out"),
    type: unpack(ZIP_WORDS.ZIP_DW9, read(ZIP_SQE, bytes, at, "dw9")).type,
    tag: read(ZIP_SQE, bytes, at, "tag"),
  };
}

/** Makes a slot a fresh request: the words it has, all others zero. */
export function writeRequest(bytes: Uint8Array, request: ZipRequest, at = 0): void {
  bytes.fill(0, at, at + ZIP_SQE.size);
  writePair(ZIP_SQE, bytes, at, "source_addr", request.source);
  write(ZIP_SQE, bytes, at, "input_data_length", request.length);
  writePair(ZIP_SQE, bytes, at, "dest_addr", request.target);
  write(ZIP_SQE, bytes, at, "dest_avail_out", request.room);
  write(ZIP_SQE, bytes, at, "tag", request.tag);
  const dw9 = packWord(ZIP_WORDS.ZIP_DW9, { buffer_type: 0, type: request.type });
  write(ZIP_SQE, bytes, at, "dw9", dw9);
}

/** What stands in a slot after the engine wrote it back. */
export function readResult(bytes: Uint8Array, at = 0): ZipResult {
  return {
    status: unpack(ZIP_WORDS.ZIP_DW3, read(ZIP_SQE, bytes, at, "dw3")).status,
    consumed: read(ZIP_SQE, bytes, at, "consumed"),
    produced: read(ZIP_SQE, bytes, at, "produced"),
  };
}

/** Writes a result into a slot: three words, of `dw3` the status only. The rest stays as it was. */
export function writeResult(bytes: Uint8Array, result: ZipResult, at = 0): void {
  const { last_block } = unpack(ZIP_WORDS.ZIP_DW3, read(ZIP_SQE, bytes, at, "dw3"));
  const dw3 = packWord(ZIP_WORDS.ZIP_DW3, { last_block, status: result.status });
  write(ZIP_SQE, bytes, at, "dw3", dw3);
  write(ZIP_SQE, bytes, at, "consumed", result.consumed);
  write(ZIP_SQE, bytes, at, "produced", result.produced);
}
