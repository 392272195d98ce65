/** What is wrong with Mermaid source that is to be handed out: read back by its grammar. */

import type { Ladder } from "../layout/index.ts";
import { tidy, visible } from "../layout/index.ts";

const PARTICIPANT = /^ {2}participant (L\d+) as (.+)$/;
const NOTE = /^ {2}Note over (L\d+)(?:,(L\d+))?: (.+)$/;
const MESSAGE = /^ {2}(L\d+)(?:->>|-->>|-x|--x)(L\d+): (.+)$/;

/**
 * @param ladder what it is of: its lanes, labels, sections and notes have to stand there in order
 * @returns a line a fault
 */
export function mermaidFaults(source: string, ladder: Ladder): readonly string[] {
  const [head, ...lines] = source.replace(/\n$/, "").split("\n");
  const faults: string[] = [];
  if (head !== "sequenceDiagram") faults.push("does not begin with sequenceDiagram");
  if (!source.endsWith("\n")) faults.push("no newline at the end");
  const names: string[] = [];
  const said: string[] = [];
  const known = new Set<string>();
  for (const [at, line] of lines.entries()) {
    const place = `line ${at + 2}`;
    if (line.startsWith("  %% ")) continue;
    const [, id, name] = PARTICIPANT.exec(line) ?? [];
    if (id !== undefined && name !== undefined) {
      known.add(id);
      names.push(unescaped(name));
      continue;
    }
    const [, from, to, words] = MESSAGE.exec(line) ?? NOTE.exec(line) ?? [];
    if (from === undefined || words === undefined) {
      faults.push(`${place} is no line of a sequence`);
      continue;
    }
    if (!known.has(from) || (to !== undefined && !known.has(to))) {
      faults.push(`${place} names nobody`);
    }
    if (/[;#](?!\d+;)|[;]/.test(words.replace(/#\d+;/g, ""))) faults.push(`${place} ends early`);
    said.push(unescaped(words));
  }
  const lanes = ladder.lanes.map(({ name }) => visible(tidy(name)));
  if (names.join("\n") !== lanes.join("\n"))
    faults.push("the participants are not those of the drawing");
  const lost = lanes.length > 0 ? lostWords(ladder, said) : undefined;
  return lost === undefined ? faults : [...faults, `"${lost}" is not there, or not in its place`];
}

function unescaped(words: string): string {
  return words.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}

/** Words of the ladder, in order; what stands between them is how they are set. */
function lostWords(ladder: Ladder, said: readonly string[]): string | undefined {
  let at = 0;
  for (const row of ladder.rows) {
    const words = visible(tidy(row.kind === "message" ? row.label : row.text));
    const found = said.findIndex((line, place) => place >= at && line.includes(words));
    if (found < 0) return words;
    at = row.kind === "message" ? found + Math.max(1, row.hops.length) : found + 1;
  }
  return undefined;
}
