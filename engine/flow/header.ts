import type { Kernel } from "../core/index.ts";
import type { Flow, Framework, Header, HeaderItem, HeaderLine, Position } from "./ast.ts";
import { type FlowError, flowError, type Problem, quote, unknownWord } from "./flow-error.ts";
import { illegal } from "./legal.ts";

/** These stand in every header, and once; `what-if` once. */
const NEEDED = ["title", "kernel", "framework"] as const;
const ONCE: readonly string[] = [...NEEDED, "what-if"];

/** Adds up what the lines say. @returns the problems instead, where there are any */
export function headerOf(
  lines: readonly HeaderItem[],
  end: Position,
): Header | { readonly problems: readonly Problem[] } {
  const problems = [...twice(lines), ...nowhere(lines)];
  const [title, kernel, framework] = [
    find(lines, "title"),
    find(lines, "kernel"),
    find(lines, "framework"),
  ];
  for (const needed of NEEDED) {
    if (find(lines, needed)) continue;
    problems.push({ at: end, expected: `a line "${needed} ..." in the header`, found: "none" });
  }
  if (problems.length > 0 || !title || !kernel || !framework) return { problems };
  return {
    lines,
    title: title.title,
    kernel: kernel.kernel,
    svaRfc: kernel.svaRfc,
    framework: framework.framework,
    iommus: all(lines, "iommu"),
    devices: all(lines, "device"),
    given: all(lines, "given").flatMap(({ flows }) => flows),
    show: all(lines, "show").flatMap(({ labels }) => labels),
    mended: all(lines, "mended").flatMap(({ defects }) => defects),
    fail: all(lines, "fail").map(({ failure }) => failure),
    whatIf: find(lines, "what-if")?.whatIf ?? false,
  };
}

type LineOf<Kind> = Extract<HeaderLine, { readonly kind: Kind }>;

function all<Kind extends HeaderLine["kind"]>(
  lines: readonly HeaderItem[],
  kind: Kind,
): readonly LineOf<Kind>[] {
  return lines.filter((line): line is LineOf<Kind> => line.kind === kind);
}

function find<Kind extends HeaderLine["kind"]>(
  lines: readonly HeaderItem[],
  kind: Kind,
): LineOf<Kind> | undefined {
  return all(lines, kind)[0];
}

function twice(lines: readonly HeaderItem[]): Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, number>();
  for (const line of lines) {
    const isNamed = line.kind === "device" || line.kind === "iommu";
    const key = isNamed ? line.name : line.kind;
    if (!isNamed && !ONCE.includes(key)) continue;
    const before = first.get(key);
    const expected = isNamed ? "a new name" : `one line "${key} ..."`;
    const found = `${quote(key)} as in line ${before}`;
    if (before !== undefined) problems.push({ at: line.at, expected, found });
    else first.set(key, line.at.line);
  }
  return problems;
}

/** Devices behind an iommu that no line declares. */
function nowhere(lines: readonly HeaderItem[]): readonly Problem[] {
  const known = all(lines, "iommu").map(({ name }) => name);
  return all(lines, "device")
    .filter(({ behind }) => behind !== undefined && !known.includes(behind))
    .map(({ at, behind = "" }) =>
      unknownWord(at, behind, { expected: "an iommu of the header", known }),
    );
}

/** What `--kernel` and `--framework` put in place of the header's own. */
export interface Override {
  readonly kernel?: Kernel;
  readonly svaRfc?: boolean;
  readonly framework?: Framework;
  readonly mended?: readonly string[];
}

/**
 * The flow with another kernel or framework, in the lines too, so that printing shows it.
 *
 * @returns the errors instead, where the two are not legal together
 */
export function withHeader(
  flow: Flow,
  override: Override,
):
  | { readonly ok: true; readonly flow: Flow }
  | { readonly ok: false; readonly errors: readonly FlowError[] } {
  const { kernel = flow.header.kernel, framework = flow.header.framework } = override;
  const svaRfc = override.svaRfc ?? (kernel === flow.header.kernel && flow.header.svaRfc);
  const mended = override.mended ?? flow.header.mended;
  const kept = flow.header.lines.filter(({ kind }) => kind !== "mended" || !override.mended);
  const lines = kept.map((line): HeaderItem => {
    if (line.kind === "kernel") return { ...line, kernel, svaRfc };
    return line.kind === "framework" ? { ...line, framework } : line;
  });
  const at = { line: 1, column: 1 };
  const added: readonly HeaderItem[] =
    override.mended && mended.length > 0 ? [{ kind: "mended", at, defects: mended }] : [];
  const header = { ...flow.header, kernel, svaRfc, framework, mended, lines: [...lines, ...added] };
  const problems = illegal(header);
  if (problems.length === 0) return { ok: true, flow: { ...flow, header } };
  return { ok: false, errors: problems.map((problem) => flowError(flow.file, problem)) };
}
