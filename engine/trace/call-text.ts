import { type CallRow, hex, type Value } from "../core/index.ts";
import { formatOutcome, formatValue } from "../flow/index.ts";
import { FLAG } from "../task/index.ts";

function named(value: number, prefix: string): string {
  const names = Object.entries(FLAG).filter(
    ([name, bit]) => name.startsWith(prefix) && bit !== 0 && (value & bit) === bit,
  );
  return names.length > 0 ? names.map(([name]) => name).join("|") : String(value);
}

/** Arguments as strace prints them, for a call that the library makes by itself. */
function argTexts(call: string, args: readonly Value[]): string[] {
  if (call === "mmap") {
    const [addr, length, prot, flags, fd, offset] = args as readonly number[];
    return [
      addr === 0 ? "NULL" : hex(addr ?? 0),
      String(length),
      named(prot ?? 0, "PROT_"),
      named(flags ?? 0, "MAP_"),
      String(fd),
      String(offset),
    ];
  }
  if (call === "ioctl") {
    return args.map((arg, at) => (at === 1 ? String(arg) : formatValue(arg)));
  }
  return args.map((arg) => formatValue(arg));
}

/** A call of the table as one line: `mmap(NULL, 4096, ...) = 0x7f000000`. */
export function callText(row: CallRow): string {
  if (row.kind === "request") return `${row.call} in slot ${row.args[1]} of queue ${row.args[0]}`;
  const args = argTexts(row.call, row.args).join(", ");
  return `${row.call}(${args})${row.result ? " = " : " "}${formatOutcome(row, row.result)}`;
}
