import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type Change,
  DOCUMENT_FILE,
  DOCUMENT_PATH,
  documentPatch,
  type Insertion,
  maintainersPlace,
  printDocument,
  readTemplate,
  toctreePlace,
} from "../text/index.ts";
import { projectText } from "./content.ts";
import { fileStop, readText } from "./input.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad, printable, quote, Stop } from "./stop.ts";
import { provenRun } from "./story.ts";

/** Where a toctree may name the document: next to its successor where that is listed, else last. */
const TOCTREES: readonly (readonly [path: string, wantsNeighbour: boolean])[] = [
  ["Documentation/subsystem-apis.rst", true],
  ["Documentation/index.rst", true],
  ["Documentation/index.rst", false],
];

/** The document rewritten: as reST, or as a patch for a kernel tree. */
export async function run({ option }: Asked, io: Io): Promise<number> {
  const format = option("--format") ?? "rst";
  const [tree, from] = [option("--tree"), option("--from")];
  for (const [name, value] of [
    ["--tree", tree],
    ["--from", from],
  ] as const) {
    if (value !== undefined && format !== "patch") throw bad(`${name} is for --format patch`);
  }
  const rst = printDocument(readTemplate(projectText(DOCUMENT_FILE), DOCUMENT_FILE), provenRun());
  const who = from === undefined ? undefined : checkedName(from);
  const text = format === "patch" ? await patch(rst, { tree, who }, io) : rst;
  const name = format === "patch" ? "0001-docs-say-what-WarpDrive-does.patch" : "warpdrive.rst";
  await write(text, name, option("-o"), io);
  if (format === "patch" && who === undefined) {
    io.err("wd document: the patch has no author and no sign-off; --from gives them\n");
  }
  return 0;
}

function checkedName(from: string): string {
  if (/^[^<>"\p{Cc}]*[^<>"\s\p{Cc}] <[^<>\s@\p{Cc}]+@[^<>\s@\p{Cc}]+>$/u.test(from)) return from;
  throw bad(`--from: expected "Name <name@host>", found ${quote(from)}`);
}

async function patch(
  rst: string,
  { tree, who }: { readonly tree: string | undefined; readonly who: string | undefined },
  io: Io,
): Promise<string> {
  if (tree !== undefined && who === undefined) {
    throw bad('--tree needs --from "Name <name@host>": MAINTAINERS names who keeps the document');
  }
  const changes = tree === undefined || who === undefined ? [] : await changesOf(tree, who, io);
  return documentPatch(rst, changes, who);
}

async function changesOf(tree: string, who: string, io: Io): Promise<readonly Change[]> {
  if ((await textIn(tree, DOCUMENT_PATH, io)) !== undefined) {
    throw bad(`${printable(join(tree, DOCUMENT_PATH))}: is there already; this patch would add it`);
  }
  const maintainers = await textIn(tree, "MAINTAINERS", io);
  if (maintainers === undefined) {
    throw bad(`--tree ${printable(tree)}: expected a kernel tree, found no MAINTAINERS`);
  }
  const entry = maintainersPlace(maintainers, who);
  if (!entry) throw bad(`${printable(join(tree, "MAINTAINERS"))}: expected entries, found none`);
  const changes = [await toctreeChange(tree, io), change("MAINTAINERS", maintainers, entry)];
  return changes.filter((one) => one !== undefined);
}

/** The line in a toctree; none where the document is listed already. */
async function toctreeChange(tree: string, io: Io): Promise<Change | undefined> {
  for (const [path, wantsNeighbour] of TOCTREES) {
    const text = await textIn(tree, path, io);
    const place = text === undefined ? undefined : toctreePlace(text, wantsNeighbour);
    if (text !== undefined && place) return change(path, text, place);
  }
  throw bad(`--tree ${printable(tree)}: expected a toctree in Documentation/index.rst, found none`);
}

function change(path: string, text: string, place: Insertion | "there"): Change | undefined {
  return place === "there" ? undefined : { path, text, ...place };
}

/** A file of the tree; undefined where there is none. */
async function textIn(tree: string, path: string, io: Io): Promise<string | undefined> {
  return readText(join(tree, path), io).catch((error: unknown) => {
    if (error instanceof Stop && error.message.endsWith("no such file")) return undefined;
    throw error;
  });
}

async function write(text: string, name: string, folder: string | undefined, io: Io) {
  if (folder === undefined || folder === "-") return io.out(text);
  try {
    await mkdir(resolve(io.folder, folder), { recursive: true });
    await writeFile(resolve(io.folder, folder, name), text);
  } catch (error) {
    throw fileStop(folder, error, "this folder cannot be made");
  }
}
