/** content/document/warpdrive.rst in blocks: reST, with comments that say what a block mends and proves. */

/** A step or an expectation of a flow. */
export interface Place {
  readonly flow: string;
  /** A label without the `@`. */
  readonly at: string;
}

/** What proves one sentence of a block. */
export interface Proof extends Place {
  /** Which one, from 1. */
  readonly sentence: number;
}

/** A row of the table of errors: what a call returns is asked of the model. */
export interface ErrorRow extends Place {
  readonly call: string;
  readonly when: string;
}

/** What stands in the document, in order. */
export type Body =
  /** Lines of reST as they are: a paragraph, a list, a literal block, a heading with its lines. */
  | { readonly kind: "text"; readonly lines: readonly string[] }
  | {
      readonly kind: "figure";
      readonly flow: string;
      readonly at: string;
      readonly view: string;
      readonly caption: string;
    }
  | { readonly kind: "errors"; readonly rows: readonly ErrorRow[] };

export type Block = Body & {
  /** Its first line in the template. */
  readonly line: number;
  /** What the block mends of the reviewed document. */
  readonly mends?: string;
  readonly holds: readonly Proof[];
};

const FIGURE = /^([\w-]+)@([\w.-]+) ([a-z]+)$/;
const ROW = /^([\w ]+) \| ([\w-]+)@([\w.-]+) \| (.+)$/;
const PROOF = /^([\w-]+)@([\w.-]+):([1-9])$/;

/**
 * @param file for errors
 * @throws where a comment is not understood, or nothing follows it
 */
export function readTemplate(text: string, file: string): readonly Block[] {
  const blocks: Block[] = [];
  let notes: { readonly mends?: string; readonly holds: readonly Proof[] } = { holds: [] };
  let pending = false;
  for (const { line, lines } of paragraphs(text)) {
    const stop = (why: string): never => {
      throw new Error(`${file}:${line}: ${why}`);
    };
    const rest = lines.filter((one) => {
      const [, word, value = ""] = /^\.\. (mends|holds): (.*)$/.exec(one) ?? [];
      if (word === "mends") notes = { ...notes, mends: value };
      if (word === "holds")
        notes = { ...notes, holds: value.split(" ").map((one) => proofOf(one, stop)) };
      pending ||= word !== undefined;
      return word === undefined;
    });
    if (rest.length === 0) continue;
    blocks.push({ ...bodyOf(rest, stop), ...notes, line });
    notes = { holds: [] };
    pending = false;
  }
  if (pending) throw new Error(`${file}: a comment at the end belongs to no block`);
  return blocks;
}

type Complain = (why: string) => never;

function proofOf(word: string, stop: Complain): Proof {
  const [, flow, at, sentence] = PROOF.exec(word) ?? [];
  return flow === undefined || at === undefined
    ? stop(`expected FLOW@LABEL:SENTENCE, found ${word}`)
    : { flow, at, sentence: Number(sentence) };
}

function bodyOf(lines: readonly string[], stop: Complain): Body {
  const [, word, value = ""] = /^\.\. (figure|errors):(.*)$/.exec(lines[0] ?? "") ?? [];
  const more = lines.slice(1).map((one) => one.trim());
  if (word === "figure") {
    const [, flow, at, view] = FIGURE.exec(value.trim()) ?? [];
    if (!flow || !at || !view)
      return stop(`expected .. figure: FLOW@LABEL VIEW, found ${lines[0]}`);
    return { kind: "figure", flow, at, view, caption: more.join(" ") };
  }
  if (word === "errors") return { kind: "errors", rows: more.map((one) => row(one, stop)) };
  return { kind: "text", lines };
}

function row(text: string, stop: Complain): ErrorRow {
  const [, call, flow, at, when] = ROW.exec(text) ?? [];
  return !call || !flow || !at || !when
    ? stop(`expected CALL | FLOW@LABEL | WHEN, found ${text}`)
    : { call, flow, at, when };
}

/** Lines between blank ones. Where the next begins indented, it belongs to the one before. */
function paragraphs(text: string): readonly { line: number; lines: readonly string[] }[] {
  const made: { line: number; lines: string[] }[] = [];
  let blanks = 1;
  for (const [at, line] of text.split("\n").entries()) {
    if (line === "") {
      blanks += 1;
      continue;
    }
    const last = made.at(-1);
    if (last && (blanks === 0 || line.startsWith(" "))) {
      if (blanks > 0) last.lines.push("");
      last.lines.push(line);
    } else made.push({ line: at + 1, lines: [line] });
    blanks = 0;
  }
  return made;
}
