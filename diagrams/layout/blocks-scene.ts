/** Who holds what, and state machines, as plain data: boxes in boxes, and what leads from which. */

import type { Role } from "./scene.ts";

/** One box. */
export interface Block {
  readonly id: string;
  /** Labels, one under the other. */
  readonly lines: readonly string[];
  readonly role: Role;
  /** The group that it stands in; top level where absent. */
  readonly within?: string;
  /** Another one than before, or not there before. */
  readonly changed?: boolean;
  /** What the step on screen is about; the state that a machine is in. */
  readonly current?: boolean;
}

/** A box around boxes. */
export interface BlockGroup {
  readonly id: string;
  readonly title: string;
  readonly role: Role;
  readonly within?: string;
  readonly changed?: boolean;
}

/** What leads from one box or group to another. */
export interface BlockEdge {
  readonly from: string;
  /** Where absent it leads nowhere: it was refused, and the label says with which errno. */
  readonly to?: string;
  /** May be "". */
  readonly label: string;
  readonly changed?: boolean;
}

export interface Blocks {
  /** Sentences; they are set as one paragraph. */
  readonly title: readonly string[];
  readonly groups: readonly BlockGroup[];
  readonly blocks: readonly Block[];
  readonly edges: readonly BlockEdge[];
  /** What `>` says of a box: "the state it is in". */
  readonly current?: string;
  /** Paragraphs below. */
  readonly notes: readonly string[];
}

/** A box or a group, as it stands among others. */
export type Child =
  | { readonly kind: "block"; readonly block: Block }
  | { readonly kind: "group"; readonly group: BlockGroup; readonly inside: readonly Child[] };

/**
 * Groups and boxes as a tree, in the order of the scene; a group stands where its first box does. At
 * the top boxes of one role that follow each other stand in one frame without a title.
 */
export function treeOf({ groups, blocks }: Blocks): readonly Child[] {
  const known = new Map(groups.map((group) => [group.id, group]));
  const inside = new Map<string, Child[]>();
  const listOf = (id: string): Child[] => {
    const list = inside.get(id) ?? [];
    inside.set(id, list);
    return list;
  };
  const placed = new Set<string>();
  const place = (id: string | undefined): Child[] => {
    const group = id === undefined ? undefined : known.get(id);
    if (!group || id === undefined) return listOf("");
    if (!placed.has(id)) {
      placed.add(id);
      place(group.within).push({ kind: "group", group, inside: listOf(`in ${id}`) });
    }
    return listOf(`in ${id}`);
  };
  for (const block of blocks) place(block.within).push({ kind: "block", block });
  for (const { id } of groups) place(id);
  return framed(listOf(""));
}

function framed(children: readonly Child[]): readonly Child[] {
  const out: Child[] = [];
  let open: Child[] = [];
  for (const child of children) {
    if (child.kind === "group") {
      open = [];
      out.push(child);
      continue;
    }
    const { role, id } = child.block;
    const last = out.at(-1);
    const goesOn = open.length > 0 && last?.kind === "group" && last.group.role === role;
    if (goesOn) open.push(child);
    else {
      open = [child];
      out.push({ kind: "group", group: { id: `around ${id}`, title: "", role }, inside: open });
    }
  }
  return out;
}
