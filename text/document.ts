/** The document as it is posted: reST with its drawings, its table of errors, and nothing unproved. */

import type { View } from "../diagrams/index.ts";
import { findStep } from "../engine/index.ts";
import { type Claim, errnosOf, judge } from "./claims.ts";
import { type Change, patchOf } from "./document-patch.ts";
import type { Block, ErrorRow } from "./document-template.ts";
import { drawingOf, type RunOf } from "./drawing.ts";
import { fill } from "./fill.ts";

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

/** The sentences of a block. */
function sentencesOf(block: Block): readonly string[] {
  if (block.kind !== "text") return [];
  const words = block.lines.join(" ").replace(/\s+/g, " ");
  return words.split(/(?<=[.:]) (?=[A-Z])/);
}

/** What the document claims: a sentence, and the place that proves it. */
export function documentClaims(blocks: readonly Block[]): readonly Claim[] {
  return blocks.flatMap((block) => {
    const sentences = sentencesOf(block);
    return block.holds.map(({ flow, at, sentence }) => {
      const text = sentences[sentence - 1];
      if (text === undefined)
        throw new Error(`${DOCUMENT_FILE}:${block.line}: there is no sentence ${sentence}`);
      return { page: "/document/", flow, at, text };
    });
  });
}

/** @throws where a claim does not hold, or a sentence says an errno and nothing proves it */
function prove(block: Block, runOf: RunOf): void {
  const claims = documentClaims([block]);
  for (const claim of claims) {
    const judged = judge(claim, runOf(claim.flow));
    if (!judged.holds) throw new Error(`${DOCUMENT_FILE}:${block.line}: ${judged.why}`);
  }
  for (const sentence of sentencesOf(block)) {
    const isProved = claims.some(({ text }) => text === sentence);
    const [errno] = errnosOf(sentence);
    if (errno !== undefined && !isProved)
      throw new Error(`${DOCUMENT_FILE}:${block.line}: nothing proves the sentence with ${errno}`);
  }
}

const SUBJECT = "docs: say what WarpDrive does";
const MESSAGE = [
  "A reviewer of the WarpDrive document read it to the end and still did not know what WarpDrive does. Say this first. Spell out every term before it is used, say what is shared with the device and who pays for it, and what goes wrong when a program forks.",
  "The drawings and the table of errors are made by a model of the posted code, not by hand.",
];

/**
 * The document as a patch.
 * @param changes what else of the tree it touches
 * @param from "Name <mail>": author and sign-off
 */
export function documentPatch(rst: string, changes: readonly Change[], from?: string): string {
  return patchOf({
    path: DOCUMENT_PATH,
    text: rst,
    changes,
    subject: SUBJECT,
    message: MESSAGE,
    ...(from === undefined ? {} : { from }),
  });
}
