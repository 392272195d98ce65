import { assert } from "../core/index.ts";

/** What came of one request. `output` is a copy of its own, `produced` bytes long. */
export interface Deflated {
  readonly status: "ok" | "no-space" | "negative";
  readonly output: Uint8Array;
  /** Bytes of the input that `output` stands for. */
  readonly consumed: number;
  readonly produced: number;
}

/** Shortest and longest match, and how far back one may lie. Source: RFC 1951 3.2.5. */
const MATCH_MIN = 3;
const MATCH_MAX = 258;
const WINDOW = 32_768;

/** Earlier places that one position is compared with: what bounds the time. Ours. */
const CHAIN_MAX = 32;

/** Fewest rows of the hash table, so that short inputs need no long one. Ours. */
const ROWS_MIN = 256;

/** Bits before and after the data: the block's head, 3, and the end of the block, 7. */
const FRAME_BITS = 10;
/** Most bits for one byte of input: a literal from 144 up. No match of three needs 3 times that. */
const BYTE_BITS_MAX = 9;

/** The symbol that ends a block. */
const END_OF_BLOCK = 256;

/** Lengths 3 to 258: code 257 + i begins at BASE[i] and has EXTRA[i] more bits. RFC 1951 3.2.5. */
// biome-ignore format: a table
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/** Distances 1 to 32768, likewise. */
// biome-ignore format: a table
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const LENGTH_BASE = bases(LENGTH_EXTRA, MATCH_MIN).with(28, MATCH_MAX); // a code of its own
const DISTANCE_BASE = bases(DISTANCE_EXTRA, 1);

/** The bits written so far. Bytes past the end of `bytes` are counted and dropped. */
interface Sink {
  readonly bytes: Uint8Array;
  length: number;
  held: number;
  count: number;
}

/** Where three bytes were seen before: the newest place of each row, and before each place. */
interface Chains {
  readonly newest: Int32Array;
  readonly before: Int32Array;
  /** What is left of 32 bits of hash when a row of `newest` is chosen. */
  readonly shift: number;
}

/** A match found: 0 bytes long where there is none. Written by `find`, which makes no object. */
interface Match {
  length: number;
  distance: number;
}

/**
 * Compresses `input` into one raw deflate stream (RFC 1951): one block, the last, with the fixed
 * Huffman codes. Greedy: the longest match among the last CHAIN_MAX places is taken. The same
 * input gives the same bytes everywhere; time is at most CHAIN_MAX * MATCH_MAX steps for a byte.
 * Two header bytes 78 9c in front and an Adler-32 behind make it a zlib stream; the program, and
 * not the engine, writes those.
 *
 * @param input  any number of bytes, none included (the output is then 03 00)
 * @param room   bytes that `output` may have, a whole number
 * @returns one of
 *   ok         the stream fits and is shorter than the input: all of it, `consumed` all of the input
 *   no-space   (status 0x01) the whole stream has more than `room` bytes: nothing, 0 and 0, also
 *              where the input is incompressible besides
 *   negative   (status 0x0d) the stream fits and is not shorter than the input, as for an empty
 *              one: all of it as with ok, since the user driver takes 0x0d for a good result
 *
 * When the real engine says 0x0d, and how much it writes before 0x01, the facts do not say: that
 * `negative` means "not smaller" and that `no-space` delivers nothing is our reading.
 * Leaves out: dynamic codes, stored blocks, several blocks, streams continued over requests.
 * Source: RFC 1951; the statuses: zip-sqe.ts
 */
export function deflate(input: Uint8Array, room: number): Deflated {
  assert(Number.isSafeInteger(room) && room >= 0, "room is not a number of bytes", room);
  const longest = Math.floor((BYTE_BITS_MAX * input.length + FRAME_BITS + 7) / 8);
  const sink: Sink = {
    bytes: new Uint8Array(Math.min(room, longest)),
    length: 0,
    held: 0,
    count: 0,
  };
  put(sink, 0b011, 3); // the last block, fixed codes
  putData(sink, input);
  putSymbol(sink, END_OF_BLOCK);
  put(sink, 0, (8 - sink.count) % 8);

  const produced = sink.length;
  if (produced > room) {
    return { status: "no-space", output: new Uint8Array(0), consumed: 0, produced: 0 };
  }
  const status = produced < input.length ? "ok" : "negative";
  return { status, output: sink.bytes.slice(0, produced), consumed: input.length, produced };
}

/** Everything between the head of the block and its end. Stops early once nothing fits any more. */
function putData(sink: Sink, input: Uint8Array): void {
  const chains = newChains(input.length);
  const match: Match = { length: 0, distance: 0 };
  let at = 0;
  while (at < input.length && sink.length <= sink.bytes.length) {
    find(chains, input, at, match);
    if (match.length === 0) putSymbol(sink, input[at] as number);
    else putMatch(sink, match);
    const next = at + Math.max(match.length, 1);
    for (; at < next; at += 1) enter(chains, input, at);
  }
}

/** Tables as long as the input, within ROWS_MIN and WINDOW, rounded up to a power of two. */
function newChains(length: number): Chains {
  let rows = ROWS_MIN;
  while (rows < length && rows < WINDOW) rows *= 2;
  return {
    newest: new Int32Array(rows).fill(-1),
    before: new Int32Array(rows), // read only at places entered before
    shift: Math.clz32(rows) + 1,
  };
}

/** The row of the three bytes at `at`: the top bits of a product (Knuth's constant). */
function row(chains: Chains, input: Uint8Array, at: number): number {
  const [one, two, three] = [input[at] as number, input[at + 1] as number, input[at + 2] as number];
  return Math.imul(one | (two << 8) | (three << 16), 0x9e3779b1) >>> chains.shift;
}

/** Remembers the three bytes at `at`, where there still are three. */
function enter(chains: Chains, input: Uint8Array, at: number): void {
  if (at + MATCH_MIN > input.length) return;
  const home = row(chains, input, at);
  chains.before[at & (chains.before.length - 1)] = chains.newest[home] as number;
  chains.newest[home] = at;
}

/** The longest match for what begins at `at`, the nearest of equals, into `match`. */
function find(chains: Chains, input: Uint8Array, at: number, match: Match): void {
  match.length = 0;
  const most = Math.min(MATCH_MAX, input.length - at);
  if (most < MATCH_MIN) return;
  let place = chains.newest[row(chains, input, at)] as number;
  for (let tries = 0; tries < CHAIN_MAX && place >= 0 && at - place <= WINDOW; tries += 1) {
    let length = 0;
    while (length < most && input[place + length] === input[at + length]) length += 1;
    if (length >= MATCH_MIN && length > match.length) {
      match.length = length;
      match.distance = at - place;
    }
    if (length === most) return;
    place = chains.before[place & (chains.before.length - 1)] as number;
  }
}

/** A length and a distance, each as its code and the bits that are left. */
function putMatch(sink: Sink, { length, distance }: Match): void {
  const size = slot(LENGTH_BASE, length);
  putSymbol(sink, END_OF_BLOCK + 1 + size);
  put(sink, length - (LENGTH_BASE[size] as number), LENGTH_EXTRA[size] as number);
  const reach = slot(DISTANCE_BASE, distance);
  put(sink, reversed(reach, 5), 5);
  put(sink, distance - (DISTANCE_BASE[reach] as number), DISTANCE_EXTRA[reach] as number);
}

/** A literal, a length or the end, in the fixed code. Source: RFC 1951 3.2.6. */
function putSymbol(sink: Sink, symbol: number): void {
  if (symbol < 144) put(sink, reversed(0b0011_0000 + symbol, 8), 8);
  else if (symbol < 256) put(sink, reversed(0b1_1001_0000 + symbol - 144, 9), 9);
  else if (symbol < 280) put(sink, reversed(symbol - 256, 7), 7);
  else put(sink, reversed(0b1100_0000 + symbol - 280, 8), 8);
}

/** At most 13 bits, lowest first: codes come here reversed. Source: RFC 1951 3.1.1. */
function put(sink: Sink, value: number, bits: number): void {
  sink.held |= value << sink.count;
  sink.count += bits;
  while (sink.count >= 8) {
    sink.bytes[sink.length] = sink.held & 0xff;
    sink.length += 1;
    sink.held >>>= 8;
    sink.count -= 8;
  }
}

/** The last of `starts` that is not past `value`: at most 30 to look at. */
function slot(starts: readonly number[], value: number): number {
  let index = starts.length - 1;
  while ((starts[index] as number) > value) index -= 1;
  return index;
}

function reversed(code: number, bits: number): number {
  let turned = 0;
  for (let bit = 0; bit < bits; bit += 1) turned |= ((code >> bit) & 1) << (bits - 1 - bit);
  return turned;
}

/** Where each code begins, when each covers 2^extra values. */
function bases(extra: readonly number[], first: number): number[] {
  let next = first;
  return extra.map((bits) => {
    const base = next;
    next += 1 << bits;
    return base;
  });
}
