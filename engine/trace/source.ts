import { KINDS } from "../core/index.ts";
import type { FlowPart } from "../flow/index.ts";
import type { NamedEvent } from "./named.ts";

/**
 * Where what an event tells is read. A ring is filled by the user driver of its device, or by the
 * contrast's kernel driver, which is nobody's.
 */
export function sourceOf(
  { calls, devices, queues }: FlowPart,
  { kind, args, span }: NamedEvent,
): string {
  const { source, dummy } = KINDS[kind];
  if (!kind.startsWith("ring.") || kind === "ring.refuse") return source;
  if (calls[span]?.kind === "syscall") return "";
  const isDummy = dummy !== undefined && devices[queues.device[args[0]] ?? -1]?.kind === "dummy";
  return isDummy ? dummy : source;
}
