/** A run as lines that read like strace's, and as JSON. */

import { DEPTHS, type Depth, type Run, type Step } from "../engine/index.ts";

/** Steps down to a depth, each before those inside it. */
export function stepsTo(steps: readonly Step[], detail: Depth): readonly Step[] {
  const deepest = DEPTHS.indexOf(detail);
  return steps
    .filter(({ depth }) => DEPTHS.indexOf(depth) <= deepest)
    .flatMap((step) => [step, ...stepsTo(step.children, detail)]);
}

/**
 * A line a step: its number, what happened, its label. What lies inside a step is indented below it;
 * sections and remarks are written as in a flow file.
 *
 * @param columns of the terminal, where it is one: there long lines are broken at their blanks
 */
export function transcript(run: Run, detail: Depth, columns?: number): string {
  const all = stepsTo(run.steps, detail).filter((step) => !isNothing(step));
  const margin = Math.max(0, ...all.map(({ number }) => whole(number).length));
  const width = Math.max(0, ...all.map((step) => aligned(step, margin).length));
  const lines = [`## ${run.flow.header.title} (${about(run)})`];
  for (const step of all) {
    if (step.section !== undefined) lines.push("", `== ${step.section} ==`);
    const level = step.number.split(".").length - 1;
    const start = `${aligned(step, margin).padEnd(width)}  ${"  ".repeat(level)}`;
    lines.push(...folded(start, wording(step, detail), columns));
  }
  lines.push("", `## ${summary(run)}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** As drawings say it: "spimdev, Linux v4.18, D18 mended". */
function about({ flow: { header } }: Run): string {
  return [
    /^(ioctl|mdev)$/.test(header.framework) ? "a contrast, not posted code" : header.framework,
    `Linux ${header.kernel}`,
    ...header.mended.map((defect) => `${defect} mended`),
    ...(header.whatIf ? ["what if"] : []),
  ].join(", ");
}

/** Step 0 of a run before which nothing ran. */
function isNothing({ number, children, text }: Step): boolean {
  return number === "0" && children.length === 0 && !text.startsWith("after ");
}

function whole(number: string): string {
  return number.split(".")[0] ?? "";
}

/** " 5.2": the points of all numbers stand in one column. */
function aligned({ number }: Step, margin: number): string {
  const first = whole(number);
  return first.padStart(margin) + number.slice(first.length);
}

/** "app: wd_send(q, ...) = 0   @send"; at the deepest, whose source it is stands behind as a remark. */
function wording({ actor, text, label, source }: Step, detail: Depth): string {
  const who = actor === "" || text.startsWith(`${actor}: `) ? "" : `${actor}: `;
  const where = source === undefined || detail !== "kernel" ? "" : `   ## ${source}`;
  return `${who}${text}${where}${label === undefined ? "" : `   @${label}`}`;
}

/** The least room that is worth breaking a line for. */
const ROOM_MIN = 24;

/** In a terminal: a line broken at blanks, what follows indented below its words. */
function folded(start: string, text: string, columns?: number): readonly string[] {
  const room = (columns ?? 0) - start.length;
  if (room < ROOM_MIN || text.length <= room) return [start + text];
  const lines: string[] = [];
  let rest = text;
  let indent = "";
  while (indent.length + rest.length > room) {
    const at = breakAt(rest, room - indent.length);
    if (at <= 0) break;
    lines.push(indent + rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
    indent = "    ";
  }
  lines.push(indent + rest);
  return lines.map((line, at) => (at === 0 ? start : " ".repeat(start.length)) + line);
}

/** Where to break: before a remark or a label, else behind a comma, else at any blank. */
function breakAt(text: string, room: number): number {
  const gap = text.lastIndexOf("   ", room);
  if (gap > 0) return gap;
  const comma = text.lastIndexOf(", ", room - 1) + 1;
  if (comma > room / 2) return comma;
  const blank = text.lastIndexOf(" ", room);
  return blank > 0 ? blank : text.indexOf(" ");
}

/** Whether the story came to its end, and what was expected of it. */
function summary(run: Run): string {
  const last = run.steps.at(-1)?.number ?? "0";
  const steps = `${last} ${last === "1" ? "step" : "steps"}`;
  if (run.end !== undefined) return `${steps}, then it stopped: ${run.end}`;
  const all = expectations(run);
  const failed = run.failures.length;
  const held = `${steps}, ${all} ${all === 1 ? "expectation holds" : "expectations hold"}`;
  return failed === 0 ? held : `${steps}, ${failed} of ${all} expectations not met`;
}

/** Results written down, `expect` and `always`, of this flow and of those that ran first. */
function expectations({ cast: { main, given } }: Run): number {
  const { kernel } = main.header;
  return [main, ...given]
    .flatMap(({ items }) => items)
    .filter((item) => {
      if (item.kind === "always") return true;
      if (item.kind !== "expect" && (item.kind !== "statement" || !item.result)) return false;
      return item.only === undefined || item.only === kernel;
    }).length;
}

/** The shape that `--json` prints; `version` grows when a field changes its meaning or goes. */
export function asJson(run: Run, about: { readonly seed: number; readonly detail: Depth }): string {
  const { header, file } = run.flow;
  const shape = {
    version: 1,
    file,
    title: header.title,
    kernel: header.kernel,
    framework: header.framework,
    ...about,
    ok: run.ok,
    end: run.end ?? null,
    failures: run.failures,
    steps: stepsTo(run.steps, about.detail).map((step) => ({
      number: step.number,
      label: step.label ?? null,
      depth: step.depth,
      actor: step.actor,
      text: step.text,
      caption: step.caption,
      section: step.section ?? null,
      line: step.line ?? null,
      source: step.source ?? null,
      picoseconds: step.time,
    })),
  };
  return `${JSON.stringify(shape, null, 2)}\n`;
}
