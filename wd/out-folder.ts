/**
 * A folder that a command fills. Its mark says whose it is: a folder that holds anything else is left
 * alone. While it is being filled there is no index.json, so that a broken run is seen.
 */

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileStop } from "./input.ts";
import type { Io } from "./io.ts";
import { bad, quote } from "./stop.ts";

export interface Folder {
  /** @param path below the folder, with slashes @returns the path that it got */
  readonly write: (path: string, bytes: string | Uint8Array) => Promise<string>;
  /** The last file: with it the folder is whole. */
  readonly close: (index: string) => Promise<void>;
}

const MARK = ".wd-export";
const MARK_TEXT = "Written by wd export --all, which empties this folder before it writes.\n";
const INDEX = "index.json";
/** Names that Windows keeps for devices, whatever the ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** @throws Stop: it is no folder, it is not empty and not ours, or it cannot be written */
export async function openFolder(name: string, { folder }: Io): Promise<Folder> {
  const root = resolve(folder, name);
  try {
    await mkdir(root, { recursive: true });
    const there = await readdir(root);
    const isOurs = there.includes(MARK) && (await readFile(join(root, MARK), "utf8")) === MARK_TEXT;
    if (there.length > 0 && !isOurs) {
      throw bad(`${quote(name)} is not empty, and not written by --all: name another folder`);
    }
    // The index goes first and the mark stays: a run that breaks here leaves a folder that is ours.
    await rm(join(root, INDEX), { force: true });
    await writeFile(join(root, MARK), MARK_TEXT);
    for (const old of there) {
      if (old !== MARK) await rm(join(root, old), { recursive: true, force: true });
    }
  } catch (error) {
    throw fileStop(name, error);
  }
  return { write: writer(root, name), close: (index) => close(root, name, index) };
}

function writer(root: string, name: string): Folder["write"] {
  const made = new Set<string>();
  const written = new Set<string>();
  return async (path, bytes) => {
    const parts = path.split("/").map((part) => (DEVICE.test(part) ? `_${part}` : part));
    const file = join(root, ...parts);
    const key = file.toLowerCase();
    if (written.has(key)) throw bad(`${quote(path)} and another file have one name`);
    written.add(key);
    try {
      if (!made.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
      made.add(dirname(file));
      await writeFile(file, bytes);
    } catch (error) {
      throw fileStop(`${name}/${path}`, error);
    }
    return parts.join("/");
  };
}

/** In one step: an index is there whole, or not at all. */
async function close(root: string, name: string, index: string): Promise<void> {
  try {
    await writeFile(join(root, `${INDEX}.part`), index);
    await rename(join(root, `${INDEX}.part`), join(root, INDEX));
  } catch (error) {
    throw fileStop(name, error);
  }
}
