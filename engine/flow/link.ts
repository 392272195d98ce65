import { PAGE } from "../core/index.ts";
import type { Flow } from "./ast.ts";
import { type FlowError, flowError, unknownWord } from "./flow-error.ts";
import type { Known } from "./link-expression.ts";
import { problemsOf } from "./link-line.ts";
import { parseFlow } from "./parse.ts";
import type { Cast, Entry } from "./part.ts";

/** How deep `given` may lead. */
const GIVEN_MAX = 8;

export type Linked =
  | { readonly ok: true; readonly cast: Cast; readonly script: readonly Entry[] }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

/**
 * Puts the given flows in front and asks of every word whether somebody knows it, before anything
 * runs.
 *
 * @param library  the texts of flows by name, for `given`
 * @param invariants  the names that `always` may use; any where the caller does not know them
 */
export function link(
  main: Flow,
  library: ReadonlyMap<string, string>,
  invariants: readonly string[] | undefined,
): Linked {
  const errors: FlowError[] = [];
  const given: Flow[] = [];
  collect(main, library, { given, errors, depth: 0, path: [] });
  if (errors.length > 0) return { ok: false, errors };
  const script = [...given.flatMap((flow) => entriesOf(flow, true)), ...entriesOf(main, false)];
  const problems = check(main, script, invariants);
  if (problems.length > 0) return { ok: false, errors: problems };
  return { ok: true, cast: { main, given }, script };
}

interface Collecting {
  readonly given: Flow[];
  readonly errors: FlowError[];
  readonly depth: number;
  readonly path: readonly string[];
}

/** Given flows, depth first, each once. */
function collect(flow: Flow, library: ReadonlyMap<string, string>, so: Collecting): void {
  for (const line of flow.header.lines) {
    if (line.kind !== "given") continue;
    for (const name of line.flows) {
      const problem = (expected: string, found: string): void => {
        so.errors.push(flowError(flow.file, { at: line.at, expected, found }));
      };
      const file = `${name}.flow`;
      if (so.given.some((other) => other.file === file)) continue;
      const text = library.get(name);
      if (text === undefined) {
        const found = { expected: "the name of a flow", known: [...library.keys()] };
        so.errors.push(flowError(flow.file, unknownWord(line.at, name, found)));
        continue;
      }
      if (so.path.includes(name) || so.depth >= GIVEN_MAX) {
        problem("a flow that does not lead back here", `"${name}"`);
        continue;
      }
      const parsed = parseFlow(text, file);
      if (!parsed.ok) {
        so.errors.push(...parsed.errors);
        continue;
      }
      const missing = parsed.flow.header.devices.find(
        (device) => !flow.header.devices.some(({ name: own }) => own === device.name),
      );
      if (missing) problem(`a line "device ${missing.name} ..." as in ${file}`, "none");
      collect(parsed.flow, library, { ...so, depth: so.depth + 1, path: [...so.path, name] });
      so.given.push(parsed.flow);
    }
  }
}

function entriesOf(flow: Flow, isGiven: boolean): Entry[] {
  const { file } = flow;
  return flow.items.flatMap((item): Entry[] => {
    const isTold =
      item.kind === "statement" ||
      item.kind === "expect" ||
      item.kind === "always" ||
      item.kind === "section";
    return isTold ? [{ item, file, isGiven }] : [];
  });
}

function check(
  main: Flow,
  script: readonly Entry[],
  invariants: readonly string[] | undefined,
): FlowError[] {
  const known: Known = {
    devices: main.header.devices.map(({ name }) => name),
    cards: main.header.devices.filter((one) => one.device === "nic").map(({ name }) => name),
    names: new Map(),
    labels: new Set(),
    invariants,
  };
  for (const { item } of script) {
    if (
      item.kind === "statement" &&
      !known.devices.includes(item.actor) &&
      !known.names.has(item.actor)
    ) {
      known.names.set(item.actor, new Set());
    }
  }
  const errors = script.flatMap(({ item, file }) =>
    problemsOf(item, known).map((problem) => flowError(file, problem)),
  );
  return [...errors, ...headerErrors(main, known), ...exploreErrors(main)];
}

/** What the lines of a header say that no line alone can be asked. */
function headerErrors({ file, header }: Flow, { labels }: Known): FlowError[] {
  const errors: FlowError[] = [];
  for (const line of header.lines) {
    if (line.kind === "show") {
      for (const label of line.labels.filter((name) => !labels.has(name))) {
        const found = { expected: "a label of this flow", known: [...labels] };
        errors.push(flowError(file, unknownWord(line.at, label, found)));
      }
    }
    if (line.kind === "iommu" && line.pages && !line.pages.includes(PAGE)) {
      const expected = "4K among the pages: larger ones are made of it";
      errors.push(flowError(file, { at: line.at, expected, found: "none" }));
    }
  }
  return errors;
}

function exploreErrors({ file, items }: Flow): FlowError[] {
  const expected = "a statement (exploring is not there yet)";
  return items
    .filter(({ kind }) => kind === "explore" || kind === "join" || kind === "schedule")
    .map(({ kind, at }) => flowError(file, { at, expected, found: `"${kind}"` }));
}
