import type {
  DeviceLine,
  Flow,
  HeaderItem,
  HeaderLine,
  IommuLine,
  Item,
  Statement,
} from "./ast.ts";
import { formatComparison, formatStatement } from "./print-expression.ts";

/** Where the words of a header line begin, and where a caption is wrapped. */
const HEADER_COLUMN = 11;
const CAPTION_WIDTH = 100;
const GAP = "   ";

/**
 * The canonical text of a flow: one line a statement, one blank line where there were several.
 * Printing what was read from it gives the same text.
 */
export function printFlow(flow: Flow): string {
  const lines = [...printHeader(flow.header.lines), ...flow.items.flatMap(printItem)];
  return lines.map((line) => `${line}\n`).join("");
}

/** Remarks stand in one column. */
function printHeader(items: readonly HeaderItem[]): readonly string[] {
  const shown = items.map((item) => ({ item, text: isLine(item) ? formatLine(item) : "" }));
  const remarked = shown.filter(({ item }) => isLine(item) && item.comment !== undefined);
  const width = remarked.reduce((widest, { text }) => Math.max(widest, text.length), 0);
  return shown.map(({ item, text }) => {
    if (item.kind === "blank") return "";
    if (item.kind === "comment") return remark(item.text);
    return item.comment === undefined ? text : text.padEnd(width) + GAP + remark(item.comment);
  });
}

function isLine(item: HeaderItem): item is HeaderLine {
  return item.kind !== "blank" && item.kind !== "comment";
}

/** One header line, without its remark. */
export function formatLine(line: HeaderLine): string {
  return `${line.kind.padEnd(HEADER_COLUMN - 1)} ${headerWords(line)}`;
}

function headerWords(line: HeaderLine): string {
  switch (line.kind) {
    case "title":
      return line.title;
    case "kernel":
      return `${line.kernel}${line.svaRfc ? "+sva-rfc" : ""}`;
    case "framework":
      return line.framework;
    case "iommu":
      return iommuWords(line);
    case "device":
      return deviceWords(line);
    case "given":
      return line.flows.join(" ");
    case "show":
      return line.labels.map((label) => `@${label}`).join(" ");
    case "mended":
      return line.defects.join(" ");
    case "fail":
      return `${line.failure.kind} ${line.failure.nth}`;
    case "what-if":
      return line.whatIf ? "yes" : "no";
  }
}

function iommuWords(line: IommuLine): string {
  const { name, iommu, iotlb, pages, pasid, faults, domain } = line;
  const words = [name, `kind=${iommu}`];
  if (iotlb !== undefined) words.push(`iotlb=${iotlb}`);
  if (pages) words.push(`pages=${pages.map(pageSize).join(",")}`);
  if (pasid !== undefined) words.push(`pasid=${pasid}`);
  if (faults !== undefined) words.push(`faults=${faults}`);
  if (domain !== undefined) words.push(`domain=${domain}`);
  return words.join(" ");
}

function pageSize(bytes: number): string {
  if (bytes >= 1_073_741_824) return `${bytes / 1_073_741_824}G`;
  return bytes >= 1_048_576 ? `${bytes / 1_048_576}M` : `${bytes / 1024}K`;
}

function deviceWords(line: DeviceLine): string {
  const { name, device, hardware, behind, queues, vfs, lend, held, unbound } = line;
  const words = [name, `kind=${device}`];
  if (hardware !== undefined) words.push(`hw=${hardware}`);
  if (behind !== undefined) words.push(`behind=${behind}`);
  if (queues !== undefined) words.push(`queues=${queues}`);
  if (vfs !== undefined) words.push(`vfs=${vfs}`);
  if (lend !== undefined) words.push(`lend=${lend}`);
  if (held) words.push("held");
  if (unbound) words.push("unbound");
  return words.join(" ");
}

function printItem(item: Item): readonly string[] {
  if (item.kind === "blank") return [""];
  if (item.kind === "comment") return [remark(item.text)];
  const end = item.comment === undefined ? "" : GAP + remark(item.comment);
  if (item.kind === "statement") return [...printCaption(item), formatItem(item) + end];
  return [formatItem(item) + end];
}

/** One line of a story with its label, without caption and remark. */
function formatItem(item: Exclude<Item, { readonly kind: "blank" | "comment" }>): string {
  switch (item.kind) {
    case "section":
      return `== ${item.text} ==`;
    case "statement":
      return formatStatement(item) + labelled(item);
    case "expect": {
      const only = item.only === undefined ? "" : `[${item.only}]`;
      return `expect${only} ${formatComparison(item)}${labelled(item)}`;
    }
    case "always":
      return `always ${item.invariant}`;
    case "schedule":
      return `schedule ${item.picks.join(" ")}`;
    case "explore":
    case "join":
      return item.kind;
  }
}

function labelled({ label }: { readonly label?: string }): string {
  return label === undefined ? "" : `${GAP}@${label}`;
}

function remark(text: string): string {
  return text === "" ? "##" : `## ${text}`;
}

function printCaption({ caption }: Statement): readonly string[] {
  const [first, ...others] = caption.map((paragraph) => wrap(paragraph));
  if (!first) return [];
  return [...first, ...others.flatMap((lines) => ["#", ...lines])];
}

/** Lines of `# words`; a word longer than the line has one to itself. */
function wrap(paragraph: string): readonly string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of paragraph.split(" ")) {
    if (line !== "#" && line.length + 1 + word.length > CAPTION_WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
