/**
 * Between the pages and the engine: a story by its name, its steps as a page prints them, and its
 * drawings as text. A stand-in for now: one sample for all names.
 */
import { runOf } from "./engine-stub.ts";
import { inked } from "./inked.ts";
import { drawingOf, NARROW, PARTS, type View, WIDE } from "./pictures.ts";
import { fillReply } from "./reply.ts";

export type { View };

/** A step as a page prints it. */
export interface Line {
  readonly number: string;
  readonly label?: string;
  readonly actor: string;
  readonly text: string;
  readonly caption: readonly string[];
  readonly section?: string;
}

export interface Story {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly lines: readonly Line[];
  /** Addresses of the key frames; the first one is the picture at rest. */
  readonly key: readonly string[];
  readonly views: readonly View[];
  readonly source: string;
  /** What the model leaves out here, a sentence each. */
  readonly leavesOut: readonly string[];
}

/** One drawing at its full width, as HTML, and as plain text for phones. */
export interface Frame {
  readonly wide: string;
  readonly narrow?: string;
}

const LINES: readonly Line[] = [
  "app: ioctl(queue, VFIO_SPIMDEV_CMD_GET_Q, 0) = 5",
  "app: mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0) = 0x7f0000000000",
  "app: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_WRITE, vaddr: buf, iova: buf, size: 8K}) = 0",
  "app: wd_send(q, {src: buf, len: 2K, dst: buf+4K, room: 4K}) = 0",
  "hisi_zip-0: request 0: 2048 bytes in, 311 bytes out",
  "app: wait until wd_recv(q) == 0 within 50us",
].map((text, at) => ({
  number: String(at + 1),
  ...(at === 3 ? { label: "send", section: "each request" } : {}),
  ...(at === 5 ? { label: "done" } : {}),
  actor: text.split(":")[0] ?? "",
  text,
  caption: [
    at === 3
      ? "The request is written to the ring and the doorbell is rung. The kernel is not entered."
      : "The buffer is pinned and mapped: the engine will use the process's own addresses.",
  ],
}));

export function storyNames(): readonly string[] {
  return ["send-request"];
}

export function story(name: string, _page: string): Story {
  return {
    name,
    title: "One request to the ZIP engine",
    about: "spimdev, Linux v4.18",
    lines: LINES,
    key: ["@send", "@done"],
    views: ["sequence", "memory"],
    source: "title      One request to the ZIP engine\nkernel     v4.18\nframework  spimdev\n",
    leavesOut: [],
  };
}

/** The line at an address, "send" or "17". */
export function keyLine(tale: Story, _at: string, _page: string): Line {
  const found = tale.lines.at(-1);
  if (!found) throw new Error(`${tale.name} has no step`);
  return found;
}

/** The lines from one address to another, both included. */
export function slice(tale: Story, _from: string, _to: string, _page: string): readonly Line[] {
  return tale.lines.slice(2);
}

export function frame(name: string, at: string, view: View = "sequence", since?: string): Frame {
  const run = runOf(name);
  const wide = drawingOf(run, { at, view, since }, WIDE);
  const narrow = drawingOf(run, { at, view, since }, NARROW);
  if (typeof wide === "string") throw new Error(`${name}@${at}: ${wide}`);
  return {
    wide: inked(wide.text, wide.picture, PARTS),
    ...(typeof narrow === "string" ? {} : { narrow: narrow.text.trimEnd() }),
  };
}

/** Fails the build where a page claims what no step shows. */
export function claim(_name: string, _at: string, _page: string): void {}

/** The four counts under a ladder. */
export function counts(_name: string, _at: string): Readonly<Record<string, string>> {
  return { syscalls: "1", copied: "2048", pinned: "0" };
}

/** The reply as it would be sent. */
export function mail(template: string): string {
  return fillReply(template, (name, at, view) => {
    const drawn = drawingOf(runOf(name), { at, view }, WIDE);
    if (typeof drawn === "string") throw new Error(`content/reply.txt: ${name}@${at}: ${drawn}`);
    return drawn.text;
  });
}
