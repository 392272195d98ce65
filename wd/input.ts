/** Files and standard input, as text, whatever is in them. */

import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Io } from "./io.ts";
import { bad, badLine, printable } from "./stop.ts";

/** No story and no draft is longer. */
const BYTES_MAX = 4_000_000;

/** What somebody calls a file: "-" is standard input. */
export function fileName(name: string): string {
  return name === "-" ? "stdin" : printable(name);
}

/** @throws Stop, where it cannot be read, is too long, or is no UTF-8 text */
export async function readText(name: string, io: Io): Promise<string> {
  const shown = fileName(name);
  const bytes = name === "-" ? await io.input(BYTES_MAX) : await readFile(name, io.folder);
  if (bytes.length > BYTES_MAX) {
    throw bad(`${shown}: expected at most ${BYTES_MAX} bytes, found more`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badLine(`${shown}:${lineOfBadByte(bytes)}: expected text in UTF-8, found other bytes`);
  }
}

async function readFile(name: string, folder: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(resolve(folder, name));
    if ((await file.stat()).isDirectory())
      throw bad(`${printable(name)}: expected a file, found a directory`);
    return await readUpTo(file);
  } catch (error) {
    throw fileStop(name, error);
  } finally {
    await file?.close();
  }
}

/** At most one byte more than allowed: a device may have no end. */
async function readUpTo(file: FileHandle): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size <= BYTES_MAX) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1 << 16), 0, 1 << 16, null);
    if (bytesRead === 0) break;
    parts.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return Buffer.concat(parts);
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "not allowed",
  EPERM: "not allowed",
  EISDIR: "expected a file, found a directory",
  ELOOP: "too many links",
  ENAMETOOLONG: "this name is too long",
  ENOSPC: "no space left",
  EROFS: "this file system is read-only",
};

/**
 * What the system said of a file, in words.
 * @param missing what is not there where something is not
 */
export function fileStop(name: string, error: unknown, missing = "no such file"): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  const isNul = code === "ERR_INVALID_ARG_VALUE";
  const isMissing = code === "ENOENT" || code === "ENOTDIR";
  const known = isMissing ? missing : REASONS[code];
  const reason = isNul ? "no file has a NUL in its name" : (known ?? code);
  return bad(`${printable(name).slice(0, 300)}: ${reason}`);
}

/** 1-based. */
function lineOfBadByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(start, stop));
    } catch {
      return line;
    }
    start = stop + 1;
  }
  return line;
}
