/** The document as it is posted: reST with its drawings, its table of errors, and nothing unproved. */

import type { View } from "../../diagrams/index.ts";
import { findStep } from "../../engine/index.ts";
import { type Claim, errnosOf, judge } from "../claims.ts";
import { drawingOf, type RunOf } from "../drawing.ts";
import { fill } from "../fill.ts";
import type { Block, ErrorRow, Place } from "./template.ts";

/** Where the kernel's tree would have it. */
export const DOCUMENT_PATH = "Documentation/warpdrive/warpdrive.rst";
/** The template, in this project. */
export const DOCUMENT_FILE = "content/document/warpdrive.rst";

/**
 * @returns reST of at most 78 columns, ending in a newline
 * @throws where a drawing cannot be made, a proof does not hold, or an errno is said without one
 */
export function printDocument(blocks: readonly Block[], runOf: RunOf): string {
  const printed = blocks.map((block) => {
    prove(block, runOf);
    return `${linesOf(block, runOf).join("\n")}\n`;
  });
  return printed.join("\n");
}

/** The lines of a block in reST, without blank ones around it. */
function linesOf(block: Block, runOf: RunOf): readonly string[] {
  if (block.kind === "text") return block.lines;
  if (block.kind === "errors") return tableOf(errorsOf(block.rows, runOf));
  const caption = fill(block.caption.replace(/\.$/, "::")).trimEnd().split("\n");
  return [...caption, "", ...figureOf(block, runOf).trimEnd().split("\n")];
}

/** The drawing of a figure as text. */
export function figureOf(
  { flow, at, view, line }: Extract<Block, { kind: "figure" }>,
  runOf: RunOf,
): string {
  return drawingOf({ name: flow, at, view: view as View }, runOf, `${DOCUMENT_FILE}:${line}`);
}

export interface ErrorLine {
  readonly call: string;
  /** "-EBUSY" */
  readonly errno: string;
  readonly when: string;
}

/** The rows of the table of errors, each with what the call returned at its step. */
export function errorsOf(rows: readonly ErrorRow[], runOf: RunOf): readonly ErrorLine[] {
  return rows.map(({ call, flow, at, when }) => {
    const step = findStep(runOf(flow).steps, `@${at}`);
    const [errno] = errnosOf(/(?:=|==) -(?:1 )?(E[A-Z]+)/.exec(step?.text ?? "")?.[1] ?? "");
    if (errno !== undefined && step?.text.includes(call)) return { call, errno: `-${errno}`, when };
    throw new Error(`${DOCUMENT_FILE}: no errno of ${call} at ${flow}@${at}`);
  });
}

function tableOf(lines: readonly ErrorLine[]): readonly string[] {
  const all = [{ call: "Call", errno: "Error", when: "When" }, ...lines];
  const wide = (key: keyof ErrorLine) => Math.max(...all.map((one) => one[key].length));
  const [calls, errnos, whens] = [wide("call"), wide("errno"), wide("when")];
  const rule = [calls, errnos, whens].map((width) => "=".repeat(width)).join("  ");
  const [head = "", ...rows] = all.map(({ call, errno, when }) =>
    `${call.padEnd(calls)}  ${errno.padEnd(errnos)}  ${when}`.trimEnd(),
  );
  return [rule, head, rule, ...rows, rule];
}

/** What a block says, in one line: for the list of claims, and to look for errnos. */
function wordsOf(block: Block): string {
  return block.kind === "text" ? block.lines.join(" ").replace(/\s+/g, " ") : "";
}

function prove(block: Block, runOf: RunOf): void {
  const file = `${DOCUMENT_FILE}:${block.line}`;
  for (const place of block.holds) {
    const judged = judge({ page: "/document/", ...place, text: "" }, runOf(place.flow));
    if (!judged.holds) throw new Error(`${file}: ${judged.why}`);
  }
  for (const errno of errnosOf(wordsOf(block))) {
    if (!block.holds.some((place) => says(place, errno, runOf)))
      throw new Error(`${file}: no step of "holds" says ${errno}`);
  }
}

function says(place: Place, text: string, runOf: RunOf): boolean {
  return judge({ page: "", ...place, text }, runOf(place.flow)).holds;
}

/** What the document claims, each with the sentences that its place can prove. */
export function documentClaims(blocks: readonly Block[], runOf: RunOf): readonly Claim[] {
  return blocks.flatMap((block) => {
    const sentences = wordsOf(block).split(/(?<=[.:]) (?=[A-Z])/);
    return block.holds.map(({ flow, at }) => {
      const own = sentences.filter((one) => says({ flow, at }, one, runOf));
      return { page: "/document/", flow, at, text: own.join(" ") };
    });
  });
}
