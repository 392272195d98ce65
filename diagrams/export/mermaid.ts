/** Mermaid source of a ladder. Mermaid places things itself, so it starts from the scene. */

import type { Ladder, Lane, Message } from "../layout/index.ts";
import { tidy, wording } from "../layout/index.ts";
import { mermaidText } from "./escape.ts";

/** A `sequenceDiagram`. What passes the IOMMU says so; what it refuses ends there, in a cross. */
export function toMermaid(ladder: Ladder): string {
  const ids = new Map(ladder.lanes.map((lane, index) => [lane.id, `L${index}`]));
  const lines = ["sequenceDiagram"];
  for (const line of ladder.title) if (tidy(line)) lines.push(`  %% ${mermaidText(tidy(line))}`);
  for (const lane of ladder.lanes) {
    lines.push(`  participant ${ids.get(lane.id)} as ${mermaidText(tidy(lane.name))}`);
  }
  if (ladder.lanes.length === 0) return `${lines.join("\n")}\n`;
  const all = [...new Set([ids.get(ladder.lanes[0]?.id ?? ""), [...ids.values()].at(-1)])].join(
    ",",
  );
  for (const row of ladder.rows) {
    if (row.kind === "section") lines.push(`  Note over ${all}: ${mermaidText(tidy(row.text))}`);
    else if (row.kind === "note") {
      const said = [tidy(row.who), tidy(row.text)].filter(Boolean).join(" - ");
      lines.push(`  Note over ${all}: ${mermaidText(said)}`);
    } else lines.push(...messageLines(row, ladder.lanes, ids, all));
  }
  return `${lines.join("\n")}\n`;
}

function messageLines(
  row: Message,
  lanes: readonly Lane[],
  ids: ReadonlyMap<string, string>,
  all: string,
): readonly string[] {
  const label = [tidy(row.step), wording(row, true)].filter(Boolean).join(" ");
  if (row.hops.length === 0) return [`  Note over ${all}: ${mermaidText(label)}`];
  const iommu = lanes.find((lane) => lane.role === "iommu");
  const lastCall = row.hops.map((hop) => hop.style).lastIndexOf("call");
  return row.hops.map((hop, index) => {
    const isStopped = row.iommu === "X" && iommu !== undefined;
    const isRead =
      isStopped && lanes.some((lane) => lane.id === hop.from && lane.role === "memory");
    const from = ids.get(isRead ? hop.to : hop.from) ?? "L0";
    const to = ids.get(isStopped ? iommu.id : hop.to) ?? "L0";
    const isRefused = isStopped || (row.refused !== undefined && index === lastCall);
    const line = hop.style === "return" ? "--" : "-";
    const passed = row.iommu === "o" ? " (passed by the IOMMU)" : "";
    const words = index === 0 ? mermaidText(`${label}${passed}`.trim()) : "#160;";
    return `  ${from}${line}${isRefused ? "x" : ">>"}${to}: ${words}`;
  });
}
