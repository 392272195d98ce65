import { FAIL_KINDS, KERNELS } from "../core/index.ts";
import type { DeviceLine, HeaderLine, IommuLine } from "./ast.ts";
import { type Problem, quote } from "./flow-error.ts";
import {
  countOf,
  type HeaderReader,
  type HeaderWord,
  hasMore,
  headerReader,
  nextAttribute,
  nextOf,
  nextWord,
  object,
  oneOf,
  restLike,
} from "./header-words.ts";
import {
  DEVICE_KINDS,
  DOMAIN_KINDS,
  FAULT_KINDS,
  FRAMEWORKS,
  HARDWARE,
  IOMMU_KINDS,
  PASID_MAX,
  SVA_RFC,
} from "./legal.ts";
import { splitComment, squeezed } from "./source.ts";
import { isDeviceName } from "./token.ts";

/** A line before its place and its remark are added. */
type Bare<Line> = Line extends HeaderLine ? Omit<Line, "at" | "comment"> : never;
type Read = (reader: HeaderReader) => Bare<HeaderLine>;

const COUNT_MAX = 65_536;
/** TotalVFs has 16 bits; after so many the model has no bus left. */
const VFS_MAX = 255;
const NTH_MAX = 1_000_000;
const FLOW_NAME = /^[a-z0-9][a-z0-9-]*$/;
const LABEL = /^@[A-Za-z][\w-]*$/;
const PAGE_SIZES: ReadonlyMap<string, number> = new Map([
  ["4K", 4096],
  ["2M", 2_097_152],
  ["1G", 1_073_741_824],
]);

/** How each header line is read: one row a word. The title is no row, since it is not words. */
const LINES: Readonly<Record<Exclude<HeaderLine["kind"], "title">, Read>> = {
  kernel: (reader) => {
    const word = nextOf(reader, "a kernel", [...KERNELS, SVA_RFC]);
    const svaRfc = word === SVA_RFC;
    return { kind: "kernel", kernel: svaRfc ? "v4.18" : word, svaRfc };
  },
  framework: (reader) => ({
    kind: "framework",
    framework: nextOf(reader, "a framework", FRAMEWORKS),
  }),
  iommu: readIommu,
  device: readDevice,
  given: (reader) => ({
    kind: "given",
    flows: texts(restLike(reader, "the name of a flow", FLOW_NAME)),
  }),
  show: (reader) => ({
    kind: "show",
    labels: texts(restLike(reader, "a label, @NAME", LABEL)).map((label) => label.slice(1)),
  }),
  mended: (reader) => ({
    kind: "mended",
    defects: texts(restLike(reader, "the number of a defect, D13", /^D[1-9]\d?$/)),
  }),
  fail: (reader) => {
    const kind = nextOf(reader, "what fails", FAIL_KINDS);
    const nth = countOf(reader, nextWord(reader), { min: 1, max: NTH_MAX });
    return { kind: "fail", failure: { kind, nth } };
  },
  "what-if": (reader) => ({
    kind: "what-if",
    whatIf: nextOf(reader, "yes or no", ["yes", "no"]) === "yes",
  }),
};

export const HEADER_WORDS = ["title", ...Object.keys(LINES)] as readonly HeaderLine["kind"][];

export interface HeaderLineRead {
  readonly line?: HeaderLine;
  readonly problem?: Problem;
  /** The name that the line declares, even where the rest of it is wrong. */
  readonly declares?: string;
}

/** The header word that begins the line, if one does; a colon behind it is a slip. */
export function headerWord(line: string): HeaderLine["kind"] | undefined {
  const word = /^[ \t]*([^ \t:]+)/.exec(line)?.[1];
  return HEADER_WORDS.find((known) => known === word);
}

/** Reads one header line that begins with `kind`. */
export function readHeaderLine(
  text: string,
  number: number,
  kind: HeaderLine["kind"],
): HeaderLineRead {
  const { text: body, comment } = splitComment(text);
  const reader = headerReader(body, number);
  const { at, text: word } = nextWord(reader);
  if (word !== kind) object(reader, { at, text: word }, `${quote(kind)} and a blank`);
  const bare = kind === "title" ? readTitle(reader, body, at.column) : LINES[kind](reader);
  if (hasMore(reader)) object(reader, nextWord(reader), "the end of the line");
  const named = reader.words[1]?.text ?? "";
  const isNaming = (kind === "device" || kind === "iommu") && isDeviceName(named);
  const declares = isNaming ? { declares: named } : {};
  if (reader.problem) return { problem: reader.problem, ...declares };
  const line = { ...bare, at, ...(comment === undefined ? {} : { comment }) } as HeaderLine;
  return { line, ...declares };
}

function readTitle(reader: HeaderReader, body: string, column: number): Bare<HeaderLine> {
  const title = squeezed(body.slice(column - 1 + "title".length));
  if (title === "") object(reader, { at: reader.end, text: "" }, "the title");
  reader.index = reader.words.length;
  return { kind: "title", title };
}

function texts(words: readonly HeaderWord[]): readonly string[] {
  return words.map(({ text }) => text);
}

function readName(reader: HeaderReader, what: string): string {
  const word = nextWord(reader);
  const expected = `${what}: letters, digits, _, then -WORD or .NUMBER`;
  if (!isDeviceName(word.text)) object(reader, word, expected);
  return word.text;
}

function readIommu(reader: HeaderReader): Bare<IommuLine> {
  const name = readName(reader, "the name of an iommu");
  const line: { -readonly [Key in keyof Bare<IommuLine>]: Bare<IommuLine>[Key] } = {
    kind: "iommu",
    name,
    iommu: "smmuv3",
  };
  const seen = new Set<string>();
  while (hasMore(reader)) {
    const keys = ["kind", "iotlb", "pages", "pasid", "faults", "domain"] as const;
    const { key, value } = nextAttribute(reader, keys, seen);
    if (key === "kind") line.iommu = oneOf(reader, value, { what: "kind", known: IOMMU_KINDS });
    if (key === "iotlb") line.iotlb = countOf(reader, value, { min: 1, max: COUNT_MAX });
    if (key === "pages") line.pages = readPages(reader, value);
    if (key === "pasid") line.pasid = countOf(reader, value, { min: 0, max: PASID_MAX });
    if (key === "faults")
      line.faults = oneOf(reader, value, { what: "faults", known: FAULT_KINDS });
    if (key === "domain")
      line.domain = oneOf(reader, value, { what: "domain", known: DOMAIN_KINDS });
  }
  if (!seen.has("kind")) object(reader, { at: reader.end, text: "" }, "kind=KIND");
  return line;
}

function readPages(reader: HeaderReader, value: HeaderWord): readonly number[] {
  const sizes = value.text.split(",");
  const pages = sizes.map((size) => PAGE_SIZES.get(size) ?? 0);
  const isGood = !pages.includes(0) && new Set(pages).size === pages.length;
  if (!isGood) object(reader, value, "page sizes: 4K,2M,1G, each once");
  return pages;
}

function readDevice(reader: HeaderReader): Bare<DeviceLine> {
  const name = readName(reader, "the name of a device");
  const line: { -readonly [Key in keyof Bare<DeviceLine>]: Bare<DeviceLine>[Key] } = {
    kind: "device",
    name,
    device: "zip",
    held: false,
  };
  const seen = new Set<string>();
  while (hasMore(reader)) {
    if (reader.words[reader.index]?.text === "held" && !line.held) {
      nextWord(reader);
      line.held = true;
      continue;
    }
    if (reader.words[reader.index]?.text === "unbound" && !line.unbound) {
      nextWord(reader);
      line.unbound = true;
      continue;
    }
    const keys = ["kind", "hw", "behind", "queues", "vfs", "lend"] as const;
    const { key, value } = nextAttribute(reader, keys, seen);
    if (key === "kind") line.device = oneOf(reader, value, { what: "kind", known: DEVICE_KINDS });
    if (key === "hw") line.hardware = oneOf(reader, value, { what: "hw", known: HARDWARE });
    if (key === "behind") line.behind = readBehind(reader, value);
    if (key === "lend") line.lend = countOf(reader, value, { min: 1, max: COUNT_MAX });
    if (key === "queues") line.queues = countOf(reader, value, { min: 1, max: COUNT_MAX });
    if (key === "vfs") line.vfs = countOf(reader, value, { min: 1, max: VFS_MAX });
  }
  if (!seen.has("kind")) object(reader, { at: reader.end, text: "" }, "kind=KIND");
  return line;
}

function readBehind(reader: HeaderReader, value: HeaderWord): string {
  if (!isDeviceName(value.text)) object(reader, value, "the name of an iommu");
  return value.text;
}
