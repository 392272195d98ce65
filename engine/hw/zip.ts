import { Bytes } from "../core/index.ts";
import { deflate } from "./deflate.ts";
import { ZIP_STATUS, ZIP_TYPE } from "./zip-sqe.ts";

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
