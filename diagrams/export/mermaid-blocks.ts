/** Mermaid source of blocks: a flowchart; a state diagram where states stand in no groups. */

import type { Blocks, Role } from "../layout/index.ts";
import { plain, tidy } from "../layout/index.ts";
import type { Text } from "./ascii.ts";
import { mermaidText } from "./escape.ts";
import {
  boxFact,
  difference,
  edgeFact,
  type FormGroup,
  type FormNode,
  factsOf,
  formOf,
  type GraphForm,
} from "./graph-form.ts";

/** Roles without colour, and what is current. Mermaid knows no double line. */
const LOOKS: Readonly<Record<Exclude<Role, "process" | "memory"> | "current", string>> = {
  kernel: "stroke-width:2px",
  device: "stroke-width:4px",
  iommu: "stroke-dasharray:5 4",
  current: "font-weight:bold",
};

/** It is read back before it is handed out. */
export function toMermaidBlocks(scene: Blocks, view: "blocks" | "states" | "space"): Text {
  const form = formOf(scene);
  const isStates = view === "states" && scene.groups.length === 0;
  const title = scene.title.map(tidy).filter((sentence) => sentence !== "");
  const lines = [
    isStates ? "stateDiagram-v2" : "flowchart TB",
    ...title.map((sentence) => `  %% ${mermaidText(plain(sentence))}`),
    ...(isStates ? stateLines(form) : chartLines(form)),
  ];
  const text = `${lines.join("\n")}\n`;
  const fault = mermaidFault(text, scene);
  if (fault === undefined) return { ok: true, text };
  return { ok: false, message: `Mermaid: ${fault}`, breaches: [] };
}

/** A joiner of no width: what is split by it is no word of Mermaid's, and looks as it was. */
const SPLIT = "\u200c";

/** A label of a flowchart, in quotes. */
function label(lines: readonly string[]): string {
  return `"${lines.length === 0 ? " " : lines.map(chartText).join("<br/>")}"`;
}

/**
 * What Mermaid takes for its own, its HTML or its Markdown, is split. Codes such as `#34;` would do
 * where it draws with HTML; without, it shows them as they are written. A double quote has no form
 * that both draw: it becomes two single ones.
 */
function shared(text: string): string {
  return text
    .replace(/'(?=['"])|(?<=['"])'/g, `'${SPLIT}`)
    .replaceAll('"', "''")
    .replace(/#(?=\w+;)|&(?=[#\w])|%(?=%)|\$(?=\$)|\\(?=n)/g, (sign) => `${sign}${SPLIT}`);
}

function chartText(text: string): string {
  return shared(text)
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/style|classDef/g, (word) => `${word[0]}${SPLIT}${word.slice(1)}`)
    .replace(/^`/, `${SPLIT}\``)
    .replace(/^\d+(?=\.)|^[*+-](?= )/, (start) => `${start}${SPLIT}`);
}

/** Words of a state or a move. A semicolon has a code only: it ends a line. */
function stateText(lines: readonly string[]): string {
  const spelled = (text: string) =>
    shared(text)
      .replaceAll(";", "#59;")
      .replace(/<(?=[\w/!?])|-(?=-)|:(?=:)|[:-]$|^-/g, (sign) => `${sign}${SPLIT}`)
      .replace(/\be(?=nd\b)/gi, `$&${SPLIT}`);
  return lines.length === 0 ? " " : lines.map(spelled).join("<br/>");
}

function chartLines(form: GraphForm): readonly string[] {
  const lines: string[] = [];
  putInside(lines, form, 1);
  for (const { from, to, label: words, edge } of form.edges) {
    const arrow = edge.to === undefined ? "--x" : "-->";
    lines.push(`  ${from} ${arrow}${words === "" ? "" : `|${label([words])}|`} ${to}`);
  }
  return [...lines, ...looks(form)];
}

function putInside(
  lines: string[],
  inside: Pick<FormGroup, "nodes" | "groups">,
  depth: number,
): void {
  const indent = "  ".repeat(depth);
  for (const { id, lines: words, block } of inside.nodes) {
    const text = label(words);
    lines.push(`${indent}${id}${block ? `[${text}]` : `((${text}))`}`);
  }
  for (const { id, title, ...more } of inside.groups) {
    lines.push(`${indent}subgraph ${id}[${label(title === "" ? [] : [title])}]`);
    putInside(lines, more, depth + 1);
    lines.push(`${indent}end`);
  }
}

function allNodes({ nodes, groups }: Pick<FormGroup, "nodes" | "groups">): readonly FormNode[] {
  return [...nodes, ...groups.flatMap(allNodes)];
}

function looks(form: GraphForm): readonly string[] {
  const byLook = Object.entries(LOOKS).map(([name, look]) => {
    const nodes = allNodes(form).filter(({ block }) =>
      name === "current" ? block?.current : block?.role === name,
    );
    return { name, look, ids: nodes.map(({ id }) => id) };
  });
  return byLook.flatMap(({ name, look, ids }) =>
    ids.length === 0 ? [] : [`  classDef ${name} ${look}`, `  class ${ids.join(",")} ${name}`],
  );
}

/** What is refused leads to a mark of its own. */
function stateLines(form: GraphForm): readonly string[] {
  const lines = form.nodes.map(({ id, lines: words }) => `  state "${stateText(words)}" as ${id}`);
  for (const { from, to, label: words } of form.edges) {
    lines.push(`  ${from} --> ${to}${words === "" ? "" : ` : ${stateText([words])}`}`);
  }
  return [...lines, ...looks(form)];
}

/** What Mermaid source lacks of a scene, or has too much; undefined where nothing. */
export function mermaidFault(text: string, scene: Blocks): string | undefined {
  const read = readMermaid(text);
  return typeof read === "string" ? read : difference(factsOf(formOf(scene)), read);
}

function unspelled(text: string): string {
  if (text.trim() === "") return "";
  const lines = text
    .split("<br/>")
    .map((line) =>
      line
        .replaceAll("''", '"')
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("#59;", ";")
        .replaceAll(SPLIT, ""),
    );
  return lines.join("\n");
}

// biome-ignore format: one form of line a row
const FORMS = {
  group: /^subgraph (g\d+)\["(.*)"\]$/,
  box:   /^([abx]\d+)(?:\["(.*)"\]|\(\("(.*)"\)\))$/,
  edge:  /^([abx]\d*) (?:-->|--x)(?:\|"(.*)"\|)? ([abx]\d+)$/,
  state: /^state "(.*)" as ([abx]\d+)$/,
  move:  /^([abx]\d*) --> ([abx]\d+)(?: : (.*))?$/,
  other: /^(%% .*|classDef .*|class .*|flowchart TB|stateDiagram-v2)$/,
} as const;

function readMermaid(text: string): readonly string[] | string {
  const facts: string[] = [];
  const open: string[] = [];
  const isStates = text.startsWith("stateDiagram-v2");
  for (const [at, raw] of text.trimEnd().split("\n").entries()) {
    const line = raw.trim();
    const path = open.map((id) => `${id}/`).join("");
    const group = FORMS.group.exec(line);
    const box = FORMS.box.exec(line);
    const edge = isStates ? null : FORMS.edge.exec(line);
    const state = FORMS.state.exec(line);
    const move = isStates ? FORMS.move.exec(line) : null;
    if (group) {
      const [, id = "", title = ""] = group;
      facts.push(boxFact(path, id, unspelled(title)));
      open.push(id);
    } else if (line === "end") {
      if (open.pop() === undefined) return `line ${at + 1} ends a group that is not open`;
    } else if (box) facts.push(boxFact(path, box[1] ?? "", unspelled(box[2] ?? box[3] ?? "")));
    else if (state) facts.push(boxFact("", state[2] ?? "", unspelled(state[1] ?? "")));
    else if (edge) facts.push(edgeFact(edge[1] ?? "", edge[3] ?? "", unspelled(edge[2] ?? "")));
    else if (move) facts.push(edgeFact(move[1] ?? "", move[2] ?? "", unspelled(move[3] ?? "")));
    else if (!FORMS.other.test(line)) return `line ${at + 1} is no line of ours`;
  }
  return open.length === 0 ? facts : "a group is not closed";
}
