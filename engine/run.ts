import { absentIn, assert } from "./core/index.ts";
import {
  type DeviceKind,
  type Flow,
  type FlowError,
  type Framework,
  flowError,
  link,
  parseFlow,
  withHeader,
} from "./flow/index.ts";
import { FAMILIES } from "./ops.ts";
import { playBy, type Run, type RunOptions, type Told } from "./play.ts";

export type RunResult =
  | { readonly ok: true; readonly run: Run }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

export type ReadResult =
  | { readonly ok: true; readonly told: Told }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

/** Reads a flow and runs it. @param library  the texts of flows by name, for `given` */
export function runFlow(
  source: { readonly text: string; readonly file: string },
  library: ReadonlyMap<string, string>,
  options: RunOptions = {},
): RunResult {
  const read = readFlow(source, library, options);
  return read.ok ? { ok: true, run: playFlow(read.told, options) } : read;
}

/** The first half of `runFlow`: all that needs the language. */
export function readFlow(
  source: { readonly text: string; readonly file: string },
  library: ReadonlyMap<string, string>,
  options: RunOptions = {},
): ReadResult {
  const parsed = parseFlow(source.text, source.file);
  if (!parsed.ok) return parsed;
  const { kernel, framework, mended } = options;
  const headed = withHeader(parsed.flow, {
    ...(kernel ? { kernel } : {}),
    ...(framework ? { framework } : {}),
    ...(mended ? { mended } : {}),
  });
  if (!headed.ok) return headed;
  const invariants = options.invariants ?? {};
  const known = options.invariants ? Object.keys(invariants) : undefined;
  const linked = link(headed.flow, library, known);
  if (!linked.ok) return linked;
  const unsupported = unmodelled(headed.flow);
  if (unsupported.length > 0) return { ok: false, errors: unsupported };
  const { cast, script } = linked;
  return { ok: true, told: { cast, script, absent: absentIn(cast.main.header.framework) } };
}

/** The second half: the run of a flow that was read, with the drivers of its framework. */
export function playFlow(told: Told, options: RunOptions = {}): Run {
  const family = FAMILIES[told.cast.main.header.framework];
  assert(family !== undefined, "a framework that is not modelled was read");
  return playBy(family, told, options);
}

const MODELLED = Object.keys(FAMILIES) as Framework[];

/** Devices that a framework's drivers have, where it is more than ZIP. */
const KINDS: { readonly [framework in Framework]?: readonly DeviceKind[] } = {
  spimdev: ["zip", "rsa", "dummy", "nic"],
  sdmdev: ["zip", "rsa", "dummy"],
  uacce: ["zip", "rsa"],
  ioctl: ["zip", "dummy"],
  mdev: ["dummy"],
};

/** Frameworks and devices that the language knows and the model does not, yet. */
function unmodelled(flow: Flow): FlowError[] {
  const { header } = flow;
  const errors: FlowError[] = [];
  for (const line of header.lines) {
    if (line.kind === "framework" && !MODELLED.includes(line.framework)) {
      errors.push(
        flowError(flow.file, {
          at: line.at,
          expected: `${MODELLED.join(", ")} (the others are not modelled yet)`,
          found: `"${line.framework}"`,
        }),
      );
    }
    const kinds = KINDS[header.framework] ?? ["zip"];
    if (line.kind === "device" && !kinds.includes(line.device)) {
      const known = kinds.map((kind) => `kind=${kind}`).join(" or ");
      errors.push(
        flowError(flow.file, {
          at: line.at,
          expected: `${known} (the others are not modelled yet)`,
          found: `"kind=${line.device}"`,
        }),
      );
    }
  }
  return errors;
}
