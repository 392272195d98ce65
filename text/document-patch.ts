/** A patch as a mail that `git am` takes: one new file, and lines put into others. */

import { wrap } from "../diagrams/index.ts";
import type { Insertion } from "./document-place.ts";

/** A file of the tree that gets lines. */
export interface Change extends Insertion {
  readonly path: string;
  /** The file as it is. */
  readonly text: string;
}

export interface PatchOptions {
  readonly path: string;
  readonly text: string;
  readonly changes: readonly Change[];
  /** "Name <mail>": author and sign-off. Absent: neither is written, and `git am` has no author. */
  readonly from?: string;
  readonly subject: string;
  /** Paragraphs. */
  readonly message: readonly string[];
}

/** Columns of a commit message. */
const WIDTH = 75;
/** Unchanged lines around a change. */
const CONTEXT = 3;
/** Columns of the plus signs in the list of files. */
const SIGNS = 24;

/** The whole mail, ending in a newline. It has no date: nobody has sent it. */
export function patchOf(options: PatchOptions): string {
  const { from, subject, message, path, text, changes } = options;
  const paragraphs = message.map((one) => (wrap(one, WIDTH) ?? [one]).join("\n"));
  const head = [
    "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001",
    ...(from === undefined ? [] : [`From: ${encoded(from)}`]),
    `Subject: [PATCH] ${subject}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=UTF-8",
    "Content-Transfer-Encoding: 8bit",
  ];
  const added = text.replace(/\n$/, "").split("\n");
  const files = [{ path, count: added.length }, ...changes.map(countOf)].sort(byPath);
  const diffs = [{ path, diff: newFile(path, added) }, ...changes.map(diffOf)].sort(byPath);
  return [
    ...head,
    "",
    paragraphs.join("\n\n"),
    ...(from === undefined ? [] : ["", `Signed-off-by: ${from}`]),
    "---",
    ...statOf(files),
    ` create mode 100644 ${path}`,
    "",
    ...diffs.map(({ diff }) => diff),
    "-- ",
    "warpdrive-explained",
    "",
  ].join("\n");
}

function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path < other.path ? -1 : 1;
}

function countOf({ path, lines }: Change) {
  return { path, count: lines.length };
}

/** The files and how many lines each gets, as `git diff --stat` has them; checkpatch reads it. */
function statOf(files: readonly { readonly path: string; readonly count: number }[]) {
  const names = Math.max(...files.map(({ path }) => path.length));
  const most = Math.max(...files.map(({ count }) => count));
  const digits = String(most).length;
  const sum = files.reduce((total, { count }) => total + count, 0);
  return [
    ...files.map(({ path, count }) => {
      const signs = "+".repeat(Math.max(1, Math.round((count * Math.min(SIGNS, most)) / most)));
      return ` ${path.padEnd(names)} | ${String(count).padStart(digits)} ${signs}`;
    }),
    ` ${files.length} file${files.length === 1 ? "" : "s"} changed, ${sum} insertions(+)`,
  ];
}

function newFile(path: string, lines: readonly string[]): string {
  return [
    `diff --git a/${path} b/${path}`,
    "new file mode 100644",
    "--- /dev/null",
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
  ].join("\n");
}

function diffOf({ path, text, at, lines }: Change): {
  readonly path: string;
  readonly diff: string;
} {
  const isOpen = !text.endsWith("\n");
  const old = (isOpen ? text : text.slice(0, -1)).split("\n");
  const start = Math.max(0, at - CONTEXT);
  const [before, after] = [old.slice(start, at), old.slice(at, at + CONTEXT)];
  const count = before.length + after.length;
  // The last line without a newline: where lines are put behind it, it gets one.
  const isBehind = isOpen && at === old.length;
  const isNear = isOpen && at + CONTEXT >= old.length;
  const kept = isBehind ? before.slice(0, -1) : before;
  const last = isBehind ? [`-${before.at(-1)}`, NO_NEWLINE, `+${before.at(-1)}`] : [];
  const diff = [
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${start + 1},${count} +${start + 1},${count + lines.length} @@`,
    ...kept.map((line) => ` ${line}`),
    ...last,
    ...lines.map((line) => `+${line}`),
    ...after.map((line) => ` ${line}`),
    ...(isNear && !isBehind ? [NO_NEWLINE] : []),
  ].join("\n");
  return { path, diff };
}

const NO_NEWLINE = "\\ No newline at end of file";

/** A name that is not 7-bit as a header has it (RFC 2047); the address stays as it is. */
function encoded(from: string): string {
  const [, name = "", mail = ""] = /^(.*) (<.*>)$/.exec(from) ?? [];
  if (/^[ -~]*$/.test(name)) return from;
  const bytes = [...new TextEncoder().encode(name)];
  const quoted = bytes.map((byte) =>
    /[A-Za-z0-9]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return `=?UTF-8?q?${quoted.join("")}?= ${mail}`;
}
