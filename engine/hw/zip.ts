import { Bytes, cost, DMA_WHAT } from "../core/index.ts";
import { deflate } from "./deflate.ts";
import type { Engine } from "./engine.ts";
import { readRequest, writeResult, ZIP_SQE, ZIP_STATUS, ZIP_TYPE } from "./zip-sqe.ts";

/**
 * Status of a request whose memory access was refused. The number is this model's own: no public
 * source names it. All that counts is that it is neither OK nor NEGATIVE, so that the user driver
 * says -EIO.
 */
export const BUS_ERROR = 0x80;

/**
 * Bytes of the longest request that the model's engine takes: twice what the sample program sends.
 * Hardware takes more; a longer one ends the run, so that every run ends.
 */
export const REQUEST_MAX = 1_048_576;

export interface Compressed {
  readonly status: number;
  readonly output: Uint8Array;
  readonly consumed: Bytes;
  readonly produced: Bytes;
}

const STATUS = {
  ok: ZIP_STATUS.OK,
  "no-space": ZIP_STATUS.NO_SPACE,
  negative: ZIP_STATUS.NEGATIVE,
} as const;

/**
 * What the ZIP engine makes of its input: one deflate stream, whichever of the three forms is
 * asked for (the program writes the zlib or gzip header itself).
 *
 * Leaves out: decompression, streams of several requests, checksums.
 */
export function compress(type: number, input: Uint8Array, room: number): Compressed {
  if (!(Object.values(ZIP_TYPE) as number[]).includes(type)) {
    return { status: BUS_ERROR, output: new Uint8Array(0), consumed: Bytes(0), produced: Bytes(0) };
  }
  const { status, output, consumed, produced } = deflate(input, room);
  return { status: STATUS[status], output, consumed: Bytes(consumed), produced: Bytes(produced) };
}

/** Bytes of a request that the engine writes back: consumed to dw3. */
const RESULT_BYTES = 16;

const SRC = DMA_WHAT.indexOf("src");

/** The ZIP engine behind its queue manager. */
export const ZIP: Engine = {
  order(request) {
    const { source: iova, length, target, room, type } = readRequest(request);
    return { inputs: length > 0 ? [{ iova, length, what: SRC }] : [], target, room, type };
  },
  work({ type, data, room }) {
    const pages = Math.max(1, Math.floor((data.length + 4095) / 4096));
    return { ...compress(type, data, room), span: cost("engine", pages) };
  },
  answer(job) {
    const bytes = new Uint8Array(ZIP_SQE.size);
    writeResult(bytes, job);
    return bytes.subarray(0, RESULT_BYTES);
  },
  did: "engine.compute",
  busError: BUS_ERROR,
};
