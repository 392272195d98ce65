/**
 * A picture of blocks without places, for programs that place things themselves: each label, the
 * groups around it, what leads where. An export is read back into this form before it is handed out.
 */

import type { Block, BlockEdge, BlockGroup, Blocks } from "../layout/index.ts";
import { plain, tidy } from "../layout/index.ts";

/** One box, or the mark at which a refused edge ends. */
export interface FormNode {
  readonly id: string;
  readonly lines: readonly string[];
  /** Absent for a mark that stands for a group, and for one where a refused edge ends. */
  readonly block?: Block;
}

export interface FormGroup {
  readonly id: string;
  readonly title: string;
  readonly group: BlockGroup;
  readonly nodes: readonly FormNode[];
  readonly groups: readonly FormGroup[];
}

export interface FormEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly edge: BlockEdge;
}

export interface GraphForm {
  readonly nodes: readonly FormNode[];
  readonly groups: readonly FormGroup[];
  readonly edges: readonly FormEdge[];
}

/** What is not to be seen is no label. */
function shown(text: string, isChanged = false): string {
  return tidy(isChanged ? `${plain(text)} *` : plain(text));
}

/**
 * Ids are b0, g0, x0 by place. A mark a0 stands in g0 where an edge ends at the group, and where
 * nothing else does: nobody draws a group with nothing in it.
 */
export function formOf({ groups, blocks, edges }: Blocks): GraphForm {
  const ids = new Map([
    ...groups.map(({ id }, at) => [id, `a${at}`] as const),
    ...blocks.map(({ id }, at) => [id, `b${at}`] as const),
  ]);
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const known = new Set(groups.map(({ id }) => id));
  const full = new Set([...groups, ...blocks].map(({ within }) => within));
  const isIn = (within: string | undefined, id: string | undefined) =>
    id === undefined ? within === undefined || !known.has(within) : within === id;
  const nodesIn = (id: string | undefined): FormNode[] => [
    ...groups.flatMap((group, at) =>
      group.id === id && (ends.has(id) || !full.has(id)) ? [{ id: `a${at}`, lines: [] }] : [],
    ),
    ...blocks.flatMap((block, at) =>
      isIn(block.within, id) ? [{ id: `b${at}`, lines: linesOf(block), block }] : [],
    ),
  ];
  const groupsIn = (id: string | undefined): FormGroup[] =>
    groups.flatMap((group, at) => {
      if (!isIn(group.within, id)) return [];
      const title = shown(group.title, group.changed);
      return [{ id: `g${at}`, title, group, nodes: nodesIn(group.id), groups: groupsIn(group.id) }];
    });
  const drawn = edges.map((edge, at): FormEdge => {
    const to = edge.to === undefined ? `x${at}` : (ids.get(edge.to) ?? `x${at}`);
    return { from: ids.get(edge.from) ?? "", to, label: shown(edge.label, edge.changed), edge };
  });
  const stops = drawn.filter(({ to }) => to.startsWith("x"));
  return {
    nodes: [...nodesIn(undefined), ...stops.map(({ to }) => ({ id: to, lines: ["X"] }))],
    groups: groupsIn(undefined),
    edges: drawn,
  };
}

function linesOf({ lines, changed, current }: Block): readonly string[] {
  const some = lines.map((line) => shown(line)).filter((line) => line !== "");
  const marked = changed ? [...some.slice(0, -1), `${some.at(-1) ?? ""} *`.trim()] : some;
  return current ? [`> ${marked[0] ?? ""}`.trim(), ...marked.slice(1)] : marked;
}

/** Everything that a reader of the export must find again: boxes by their groups, edges by their ends. */
export function factsOf({ nodes, groups, edges }: GraphForm): readonly string[] {
  const facts = edges.map(({ from, to, label }) => edgeFact(from, to, label));
  const visit = (path: string, inside: Pick<FormGroup, "nodes" | "groups">) => {
    for (const { id, lines } of inside.nodes) facts.push(boxFact(path, id, lines.join("\n")));
    for (const group of inside.groups) {
      facts.push(boxFact(path, group.id, group.title));
      visit(`${path}${group.id}/`, group);
    }
  };
  visit("", { nodes, groups });
  return facts.sort();
}

export function boxFact(path: string, id: string, label: string): string {
  return `${path}${id} "${label}"`;
}

export function edgeFact(from: string, to: string, label: string): string {
  return `${from} -> ${to} "${label}"`;
}

/** The first thing that is not as it should be; undefined where all is there. */
export function difference(
  wanted: readonly string[],
  found: readonly string[],
): string | undefined {
  const there = found.toSorted();
  const missing = wanted.find((fact) => !there.includes(fact));
  if (missing !== undefined) return `${missing} is not in it`;
  const more = there.find((fact) => !wanted.includes(fact));
  if (more !== undefined) return `${more} is in it, and in no scene`;
  return wanted.length === there.length ? undefined : "something is in it twice";
}
