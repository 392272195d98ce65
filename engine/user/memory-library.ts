import { cost, type Value } from "../core/index.ts";
import { done, type Routine } from "../task/index.ts";
import { argsOf, failed, numberOf } from "./call.ts";
import { fault, loadBytes, storeOwn, told } from "./cpu.ts";
import type { UserPart } from "./part.ts";

/** Text as bytes: one a character; what is above 255 is cut to its low byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);
}

/** Bytes as text, one character each. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function textArg(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/**
 * The program's own loads and stores, which are no calls at all: store(address, "bytes"),
 * load(address, size). A bad address is SIGSEGV. Eight bytes are one store of 64 bits, which a device
 * register takes.
 */
export const MEMORY: Routine<UserPart, "store" | "load"> = {
  store: (machine, ops, { pid, frame }) => {
    const args = argsOf(machine, frame);
    const va = numberOf(args[0]);
    const bytes = bytesOf(textArg(args[1]));
    const stored = storeOwn(machine, pid, va, bytes);
    if (!stored.ok && stored.errno === "ENOMEM") return failed("ENOMEM", stored.why);
    if (!stored.ok) return fault(machine, ops, pid, va);
    return done({ value: 0 }, cost("store", Math.floor(bytes.length / 64) + 1));
  },
  load: (machine, ops, { pid, frame }) => {
    const args = argsOf(machine, frame);
    const [va, size] = [numberOf(args[0]), numberOf(args[1])];
    const bytes = loadBytes(machine, pid, va, size);
    if (!bytes.ok && bytes.errno === "ENOMEM") return failed("ENOMEM", bytes.why);
    if (!bytes.ok) return fault(machine, ops, pid, va);
    told(machine, "cpu.read", va, size);
    const written = { data: textOf(bytes.value) };
    return done({ value: 0, written }, cost("store", Math.floor(size / 64) + 1));
  },
};
