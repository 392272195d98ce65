import { hex, type Value } from "../core/index.ts";
import type { Expression } from "./ast.ts";
import { quote } from "./flow-error.ts";

/**
 * What an argument of a call may be. `size` is how much a program loads or makes at once, and
 * `timeout` is in milliseconds: both are bounded, so that every story ends.
 */
export type Kind = "number" | "size" | "timeout" | "text" | "command" | "struct" | "list" | "any";

export interface Signature {
  /** The kinds, in order. */
  readonly args: readonly Kind[];
  /** How many of them must be there. */
  readonly needs: number;
}

/** Bytes that a program loads, and texts that a flow makes, at most. */
export const TEXT_MAX = 1_048_576;

/** Characters of text that all calls of a story are given together, and texts made in one line. */
export const GIVEN_MAX = 67_108_864;
export const MAKERS_MAX = 8;

/** How much text there is in arguments. */
export function textIn(value: Value): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, part: Value) => sum + textIn(part), 0);
}

/** The longest sleep of a call, in milliseconds. */
export const TIMEOUT_MAX = 1_000;

/** Every call that a flow may name. */
// biome-ignore format: one call a line
export const SIGNATURES: { readonly [call: string]: Signature } = {
  open:      { needs: 1, args: ["text", "number", "number"] },
  close:     { needs: 1, args: ["number"] },
  read:      { needs: 1, args: ["number", "size"] },
  write:     { needs: 2, args: ["number", "text", "number"] },
  ioctl:     { needs: 2, args: ["number", "command", "any"] },
  poll:      { needs: 3, args: ["list", "number", "timeout"] },
  mmap:      { needs: 6, args: ["number", "number", "number", "number", "number", "number"] },
  munmap:    { needs: 2, args: ["number", "number"] },
  mprotect:  { needs: 3, args: ["number", "number", "number"] },
  mremap:    { needs: 4, args: ["number", "number", "number", "number", "number"] },
  mlock:     { needs: 2, args: ["number", "number"] },
  munlock:   { needs: 2, args: ["number", "number"] },
  madvise:   { needs: 3, args: ["number", "number", "number"] },
  setrlimit: { needs: 2, args: ["number", "number"] },
  execve:    { needs: 1, args: ["text"] },
  fork:      { needs: 0, args: [] },
  kill:      { needs: 1, args: ["number", "number"] },
  exit:      { needs: 0, args: ["number"] },
  drv_open:  { needs: 2, args: ["number", "text", "text"] },
  wd_send:   { needs: 2, args: ["number", "struct"] },
  wd_recv:   { needs: 1, args: ["number"] },
  wd_request_queue: { needs: 1, args: ["struct"] },
  wd_release_queue: { needs: 1, args: ["number"] },
  wd_mem_share:     { needs: 3, args: ["number", "number", "number", "number"] },
  wd_mem_unshare:   { needs: 3, args: ["number", "number", "number"] },
  wd_send_sync:     { needs: 3, args: ["number", "struct", "timeout"] },
  wd_recv_sync:     { needs: 2, args: ["number", "timeout"] },
  store:     { needs: 2, args: ["number", "text"] },
  load:      { needs: 2, args: ["number", "size"] },
  rx_queue_setup:   { needs: 3, args: ["number", "number", "number"] },
  rx_burst:         { needs: 2, args: ["number", "number"] },
  tx_burst:         { needs: 2, args: ["number", "list"] },
  pktmbuf_free:     { needs: 2, args: ["number", "number"] },
  receive:          { needs: 1, args: ["struct"] },
};

const WORDS: Readonly<Record<Kind, string>> = {
  number: "a number",
  size: `a number of bytes from 0 to ${TEXT_MAX}`,
  timeout: `a number of milliseconds from -1 to ${TIMEOUT_MAX}`,
  text: "a text",
  command: "an ioctl command",
  struct: "a structure",
  list: "a list",
  any: "a value",
};

/** What is wrong with an argument: what it should be, and what it is. */
export interface Misfit {
  readonly expected: string;
  readonly got: string;
}

/** The first argument that is of another kind than the call takes. */
export function misfit(call: string, values: readonly Value[]): Misfit | undefined {
  for (const [place, value] of values.entries()) {
    const kind = SIGNATURES[call]?.args[place] ?? "any";
    if (!fits(kind, value)) return { expected: argument(kind, place, call), got: shown(value) };
  }
  return undefined;
}

/** As `misfit`, for an argument that tells its kind as it is written: no name, no sum. */
export function writtenMisfit(call: string, place: number, arg: Expression): Misfit | undefined {
  const kind = SIGNATURES[call]?.args[place] ?? "any";
  const got = WRITTEN[arg.kind];
  if (kind === "any" || kind === "command" || got === undefined) return undefined;
  const isNumber = kind === "number" || kind === "size" || kind === "timeout";
  if (got === (isNumber ? "number" : kind)) return undefined;
  return { expected: argument(kind, place, call), got: WORDS[got] };
}

/** What is written as such can be nothing else. */
const WRITTEN: { readonly [kind in Expression["kind"]]?: "number" | "text" | "struct" | "list" } = {
  number: "number",
  errno: "number",
  flags: "number",
  string: "text",
  struct: "struct",
  list: "list",
};

function argument(kind: Kind, place: number, call: string): string {
  return `${WORDS[kind]} as argument ${place + 1} of ${call}()`;
}

function fits(kind: Kind, value: Value): boolean {
  const isWhole = typeof value === "number" || typeof value === "bigint";
  switch (kind) {
    case "number":
      return isWhole;
    case "size":
      return isWhole && value >= 0 && value <= TEXT_MAX;
    case "timeout":
      return isWhole && value >= -1 && value <= TIMEOUT_MAX;
    case "text":
    case "command":
      return typeof value === "string";
    case "struct":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "list":
      return Array.isArray(value);
    case "any":
      return true;
  }
}

/** A value in a few words: a text may be a megabyte long. */
function shown(value: Value): string {
  if (value === "") return 'the text ""';
  if (typeof value === "string") return `the text ${quote(value.slice(0, 20))}`;
  if (typeof value === "number" || typeof value === "bigint") {
    return value >= 0x1000000 ? hex(value) : value.toString();
  }
  return Array.isArray(value) ? WORDS.list : WORDS.struct;
}
