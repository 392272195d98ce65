/** What a call says in a drawing: its name, what it is about, and what came of it. */

import {
  type CallRow,
  formatComparison,
  formatExpression,
  formatValue,
  type Machine,
  PAGE,
  record,
  type Statement,
  type Step,
} from "../../engine/index.ts";
import { bytes, whole } from "./portrait.ts";

type Expression = Parameters<typeof formatExpression>[0];
type Value = Parameters<typeof formatValue>[0];

/** Words longer than this are not put into a label. */
const QUOTED_MAX = 12;

/** A call of the machine, and the line of the story that made it. */
interface Asked {
  readonly machine: Machine;
  readonly row: CallRow;
  readonly action: Statement["action"] | undefined;
  /** Its arguments as the story writes them; none for a call that the library makes. */
  readonly written: readonly Expression[];
  /** The name that the story gives to its result. */
  readonly bind: string | undefined;
}

function asked(machine: Machine, row: CallRow): Asked {
  const entry = row.statement < 0 ? undefined : record(machine.script, row.statement);
  const item = entry?.item.kind === "statement" ? (entry.item as Statement) : undefined;
  const action = item?.action;
  const written = action?.kind === "call" ? action.call.args : [];
  return { machine, row, action, written, bind: item?.bind };
}

/** The argument at `at`, as the story writes it, else its value. */
function said({ row, written }: Asked, at: number): string {
  const expression = written[at];
  if (expression) return formatExpression(expression).replaceAll(" ", "");
  const value = row.args[at];
  return value === undefined ? "" : formatValue(value);
}

function number({ row }: Asked, at: number): number {
  const value = row.args[at];
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

/** A text of the story where it is short and can be read, else how long it is. */
function content(text: string): string {
  const isShort = text.length <= QUOTED_MAX && /^[ !#-[\]-~]+$/.test(text);
  return isShort ? `"${text}"` : bytes(text.length);
}

/** `/dev/vfio/1` stays; a path in sysfs is known by its end. */
function pathWords(path: string): string {
  if (!path.startsWith("/sys/")) return path;
  const parts = path.split("/");
  const [dir = "", name = ""] = parts.slice(-2);
  return dir === "params" ? `sysfs ${dir}/${name}` : `sysfs ${name}`;
}

/** `VFIO_IOMMU_MAP_DMA` is known as MAP_DMA. */
function command(name: string): string {
  return name.replace(/^VFIO_((IOMMU|GROUP|DEVICE)_)?|^WD_IOCTL_/, "").replace(/^[A-Z]+_CMD_/, "");
}

function field(value: Value | undefined, name: string): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  return Number((value as { readonly [name: string]: Value })[name] ?? 0);
}

function ioctlWords(call: Asked): string {
  const name = command(String(call.row.args[1] ?? ""));
  const bytes = field(call.row.args[2], "size");
  return bytes > 0 ? `ioctl ${name}, ${whole(bytes)}` : `ioctl ${name}`;
}

/** An mmap of the story gets the name that the story gives it; one of the library says what it maps. */
function mmapWords(call: Asked): string {
  const { machine, row, bind } = call;
  const length = whole(number(call, 1));
  if (bind !== undefined) return `mmap ${bind}, ${length}`;
  const at = row.result?.value;
  const vma = machine.mms
    .flatMap((mm) => mm.vmas)
    .find((area) => area.start === at && area.backing.kind === "device");
  if (vma?.backing.kind !== "device") return `mmap ${length}`;
  if (vma.backing.registers) return "mmap doorbell page";
  if (vma.backing.isHidden) return `mmap kernel memory, ${length}`;
  return vma.end - vma.start > PAGE ? `mmap rings, ${length}` : "mmap ring page";
}

/** "wait 20us", "wait until faults(hisi_zip-0) == 1" */
function waitWords({ action }: Asked): string {
  if (action?.kind === "wait") return `wait ${formatExpression(action.span)}`;
  return action?.kind === "wait-until" ? `wait until ${formatComparison(action)}` : "wait";
}

/** How long it may sleep; a negative number is for ever. */
function pollWords(call: Asked): string {
  const limit = number(call, 2);
  return limit < 0 ? "poll, no time limit" : `poll, ${limit} ms at most`;
}

type Words = (call: Asked) => string;

// biome-ignore format: one call a line
const WORDS: { readonly [call: string]: Words } = {
  open:     ({ row }) => `open ${pathWords(String(row.args[0] ?? ""))}`,
  close:    (call) => `close ${said(call, 0)}`,
  read:     (call) => `read ${said(call, 0)}`,
  write:    (call) => `write ${said(call, 0)}, ${bytes(number(call, 2))}`,
  ioctl:    ioctlWords,
  mmap:     mmapWords,
  munmap:   (call) => `munmap ${said(call, 0)}, ${whole(number(call, 1))}`,
  mprotect: (call) => `mprotect ${said(call, 0)}, ${whole(number(call, 1))}`,
  madvise:  (call) => `madvise ${said(call, 0)}, ${said(call, 2).replace("MADV_", "")}`,
  fork:     ({ bind }) => `fork ${bind ?? "child"}`,
  store:    (call) => `store ${content(String(call.row.args[1] ?? ""))} in ${said(call, 0)}`,
  load:     (call) => `load ${bytes(number(call, 1))} of ${said(call, 0)}`,
  setrlimit: (call) => `setrlimit ${said(call, 0).replace("RLIMIT_", "")}, ${said(call, 1)}`,
  kill:     (call) => `kill ${said(call, 0).replace(/^pid\((.*)\)$/, "$1")}`,
  poll:     pollWords,
  wait:     waitWords,
  receive:  ({ row: { args: [packet] } }) => `receive ${content(String((packet as { readonly data?: Value }).data))}`,
};

/** Calls whose value is what one wants to know. */
const COUNTED = new Set(["wd_recv", "rx_burst", "tx_burst"]);

/** Calls whose value is a descriptor, an address or a process: a name stands for it. */
const NAMED = new Set(["open", "mmap", "fork", "drv_open"]);

/**
 * The call in a few words.
 * @param isOver with what came of it, where that says something
 */
export function callLabel(machine: Machine, row: CallRow, isOver: boolean): string {
  const call = asked(machine, row);
  const known = Object.hasOwn(WORDS, row.call) ? WORDS[row.call] : undefined;
  const words =
    row.kind === "request" ? `${row.call} in slot ${row.args[1]}` : (known?.(call) ?? row.call);
  return isOver ? `${words}${outcome(row)}` : words;
}

/** The call of a step, as `callLabel` says it; one that slept in two halves, as strace prints them. */
export function stepLabel(machine: Machine, step: Step, isOver: boolean): string {
  const row = record(machine.calls, step.row ?? -1);
  const came = isOver ? outcome(row) : "";
  if (step.half === "second") return `<... ${row.call} resumed>${came}`;
  return callLabel(machine, row, false) + (step.half ? " <unfinished ...>" : came);
}

/** Which check refused, outermost first: "driver refused, EBUSY no free queue"; "" where none did. */
export function reason({ result }: CallRow): string {
  if (result?.bug !== undefined) return result.bug;
  const [first, ...inner] = result?.chain ?? [];
  if (!first || result?.errno === undefined) return "";
  return [first.why, ...inner.map(({ errno, why }) => `${errno} ${why}`)].join(", ");
}

/** " = 1", ` = "new"`, or "" where the outcome is what everybody expects; an errno is said elsewhere. */
export function outcome(row: CallRow): string {
  const { result } = row;
  if (!result) return "";
  if (result.signal !== undefined) return `, ${result.signal}`;
  if (result.bug !== undefined) return " = BUG";
  if (result.errno !== undefined) return row.kind === "syscall" ? "" : ` = -${result.errno}`;
  if (COUNTED.has(row.call)) return ` = ${result.value}`;
  const data = result.written?.data;
  if (typeof data === "string") {
    const text = content(data.replace(/\n$/, ""));
    return text.startsWith('"') ? ` = ${text}` : "";
  }
  const isNews = row.kind === "syscall" && result.value !== 0 && !NAMED.has(row.call);
  const isFd = row.call === "ioctl" && /GET_DEVICE_FD|GET_Q/.test(String(row.args[1]));
  const isTold = row.call === "poll" || (row.call === "ioctl" && isNews && !isFd);
  return isTold ? ` = ${result.value}` : "";
}
