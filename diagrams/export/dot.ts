/** DOT source of blocks, for Graphviz and for kernel-figure. No line is wider than 72 columns. */

import type { Blocks, Role } from "../layout/index.ts";
import { plain, tidy } from "../layout/index.ts";
import type { Text } from "./ascii.ts";
import {
  boxFact,
  difference,
  edgeFact,
  type FormEdge,
  type FormGroup,
  type FormNode,
  factsOf,
  formOf,
} from "./graph-form.ts";

/** man and text builders print the source itself: docs/decisions/0006-text-contract.md. */
const WIDTH = 72;

/** Roles without colour: thin, double, thick, dashed, a page. */
const NODE_LOOK: Readonly<Record<Role, string>> = {
  process: "",
  kernel: ", peripheries=2",
  device: ", penwidth=3",
  iommu: ", style=dashed",
  memory: ", shape=note",
};
const GROUP_LOOK: Readonly<Record<Role, string>> = {
  process: "",
  kernel: "peripheries=2; ",
  device: "penwidth=3; ",
  iommu: "style=dashed; ",
  memory: "style=dotted; ",
};

/** A digraph; groups are clusters. It is read back before it is handed out. */
export function toDot(scene: Blocks): Text {
  const form = formOf(scene);
  const lines = ["digraph blocks {"];
  const title = scene.title.map(tidy).filter((sentence) => sentence !== "");
  if (title.length > 0)
    lines.push(...attribute(1, "labelloc=t; label=", plain(title.join(" ")), ";"));
  lines.push("  node [shape=box, fontname=monospace];", "  edge [fontname=monospace];");
  putInside(lines, form, 1);
  for (const edge of form.edges) lines.push(...edgeLines(edge));
  lines.push("}");
  const text = `${lines.join("\n")}\n`;
  const fault = dotFault(text, scene);
  return fault === undefined
    ? { ok: true, text }
    : { ok: false, message: `DOT: ${fault}`, breaches: [] };
}

function putInside(
  lines: string[],
  inside: Pick<FormGroup, "nodes" | "groups">,
  depth: number,
): void {
  const indent = "  ".repeat(depth);
  for (const node of inside.nodes) lines.push(...nodeLines(node, depth));
  for (const { id, title, group, ...more } of inside.groups) {
    lines.push(`${indent}subgraph cluster_${id} {`);
    lines.push(...attribute(depth + 1, `${GROUP_LOOK[group.role]}label=`, title, ";"));
    putInside(lines, more, depth + 1);
    lines.push(`${indent}}`);
  }
}

function nodeLines({ id, lines, block }: FormNode, depth: number): readonly string[] {
  if (!block) {
    const shape = id.startsWith("a") ? "point" : "none";
    return attribute(depth, `${id} [shape=${shape}, label=`, lines.join("\n"), "];");
  }
  return attribute(depth, `${id} [label=`, lines.join("\n"), `${NODE_LOOK[block.role]}];`);
}

function edgeLines({ from, to, label }: FormEdge): readonly string[] {
  return attribute(1, `${from} -> ${to} [label=`, label, "];");
}

/** `key "text" end`, on several lines where it is long: strings are joined by `+`. */
function attribute(depth: number, key: string, text: string, end: string): readonly string[] {
  const indent = "  ".repeat(depth);
  const whole = `${indent}${key}"${[...text].map(quoted).join("")}"${end}`;
  if (whole.length <= WIDTH) return [whole];
  const room = WIDTH - indent.length - 8;
  const pieces: string[] = [""];
  const add = (piece: string) => {
    const last = pieces.at(-1) as string;
    if (last.length + piece.length > room) pieces.push(piece);
    else pieces[pieces.length - 1] = last + piece;
  };
  for (const word of text.split(/(?<= )/)) {
    const signs = [...word].map(quoted);
    const isWhole = signs.join("").length <= room;
    for (const piece of isWhole ? [signs.join("")] : signs) add(piece);
  }
  return [
    `${indent}${key}`,
    ...pieces.map((piece, at) => `${indent}  ${at === 0 ? "" : "+ "}"${piece}"`),
    `${indent}  ${end}`,
  ];
}

function quoted(sign: string): string {
  if (sign === "\n") return "\\n";
  if (sign === "&") return "&amp;";
  return sign === '"' || sign === "\\" ? `\\${sign}` : sign;
}

/** What DOT source lacks of a scene, or has too much; undefined where nothing. */
export function dotFault(text: string, scene: Blocks): string | undefined {
  const wide = text.split("\n").find((line) => line.length > WIDTH);
  if (wide !== undefined) return `a line is wider than ${WIDTH} columns`;
  const odd = /[^\n -~]/.exec(text);
  if (odd) return "a character is not of 7 bits";
  const read = readDot(text);
  return typeof read === "string" ? read : difference(factsOf(formOf(scene)), read);
}

/** The statements of DOT as `toDot` writes it: strings, ids, brackets. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*|\d+)|(->|[{}[\]=;,+]))/y;

function tokensOf(text: string): readonly string[] | string {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const [, string, word, sign] = TOKEN.exec(text) ?? [];
    if (string === undefined && word === undefined && sign === undefined) {
      return `not DOT at character ${at + 1}`;
    }
    const joins = string !== undefined && tokens.at(-1) === "+";
    if (joins) {
      tokens.pop();
      tokens.push(`${tokens.pop() ?? '"'}${string}`);
    } else tokens.push(string === undefined ? (word ?? sign ?? "") : `"${string}`);
  }
  return tokens;
}

function unquoted(token: string): string {
  const text = token.slice(1).replace(/\\(.)/g, (_, sign) => (sign === "n" ? "\n" : sign));
  return text.replaceAll("&amp;", "&");
}

function readDot(text: string): readonly string[] | string {
  const tokens = tokensOf(text);
  if (typeof tokens === "string") return tokens;
  const facts: string[] = [];
  const open: string[] = [];
  let subject: readonly string[] = [];
  let isAttribute = false;
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1] ?? "";
    if (token === "{") open.push((tokens[at - 1] ?? "").replace("cluster_", ""));
    else if (token === "}" && open.pop() === undefined) return "a bracket too many";
    else if (token === "[") isAttribute = true;
    else if (token === "]") isAttribute = false;
    else if (next === "[")
      subject = tokens[at - 1] === "->" ? [tokens[at - 2] ?? "", token] : [token];
    else if (token === "label" && next === "=") {
      const label = unquoted(tokens[at + 2] ?? '"');
      const groups = open.slice(1);
      const path = (some: readonly string[]) => some.map((id) => `${id}/`).join("");
      const [from = "", to] = subject;
      if (!isAttribute && groups.length === 0) continue;
      if (!isAttribute) facts.push(boxFact(path(groups.slice(0, -1)), groups.at(-1) ?? "", label));
      else
        facts.push(
          to === undefined ? boxFact(path(groups), from, label) : edgeFact(from, to, label),
        );
    }
  }
  return open.length === 0 ? facts : "a bracket is missing";
}
