/** What a board says about an address where the answer is no, or where a device was refused. */

import { KIND_NAMES, PAGE, type Run, record } from "../../engine/index.ts";
import type { Address } from "./addresses.ts";
import { deviceName } from "./cast.ts";
import { hasArea } from "./reach.ts";
import type { Moment } from "./snapshot.ts";

/** "A wrote first, so A got the copy. The engine still uses page 7, which only B can read." */
export function splitNote(run: Run, { step, at: now }: Moment, index: number): string {
  const address = now.addresses[index];
  const device = now.viewers.find(({ role, reaches }) => role === "device" && reaches[index]);
  const reach = device?.reaches[index];
  if (!address || !device || !reach) return "";
  const { pfn, rights, isStale } = reach;
  const verb = rights === "rw" ? "use" : rights === "r-" ? "read" : "write";
  const who = whoElse(now, pfn);
  const named = device.name === "engine" ? "the engine" : device.name;
  const cause = causeOf(run, address, step.after);
  const isOwn = cause !== "" || hasArea(run.machine, address.pid, address.va);
  const { name } = record(run.machine.tasks, address.pid);
  if (!isOwn) {
    return `${name} has no memory at ${address.name}, and ${named} can ${verb} page ${pfn} there.`;
  }
  const still = isStale
    ? `The table is right; the IOTLB still lets ${named} ${verb} page ${pfn}, ${who}.`
    : `${capital(named)} still ${verb}s page ${pfn}, ${who}.`;
  const pinned = now.frame(pfn).pins > 0;
  const pin = `The pin keeps the page alive; it does not keep ${address.name} pointing at it.`;
  const words = [cause, still, pinned ? pin : ""];
  return words.filter(Boolean).join(" ");
}

/** At the start of a sentence; names of devices are left as they are. */
function capital(words: string): string {
  return words.replace(/^the /, "The ");
}

/** What the frame is to others. */
function whoElse({ viewers, frame }: Moment["at"], pfn: number): string {
  const others = viewers.filter(({ role, rights }) => role === "process" && rights(pfn) !== ".");
  if (others.length === 0) {
    return frame(pfn).isFree ? "which is free" : "which no process reaches any more";
  }
  const mayWrite = others.some(({ rights }) => rights(pfn).endsWith("w"));
  const names = others.map(({ name }) => name).join(" and ");
  return `which only ${names} can ${mayWrite ? "use" : "read"}`;
}

/** What the process itself did that moved its address to another page, up to a moment. */
function causeOf({ events, machine }: Run, { va, pid }: Address, after: number): string {
  const { actor, name } = record(machine.tasks, pid);
  let cause = "";
  for (let at = 0; at < events.count && (events.step[at] as number) <= after; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number];
    const argument = (place: number) => events.args[4 * at + place] as number;
    if (events.actor[at] !== actor) continue;
    if (kind === "mm.cow" && argument(0) === va) {
      cause = `${name} wrote first after the fork, so ${name} got the copy, page ${argument(2)}.`;
    }
    const isZapped = argument(0) <= va && va < argument(0) + argument(1) * PAGE;
    const call = machine.calls[events.span[at] as number]?.call ?? "the kernel";
    if (kind === "mm.zap" && isZapped) cause = `${name} let go of the page (${call}).`;
    if (kind === "mm.populate" && argument(0) === va && cause !== "") {
      cause = `${cause} Touched again, the address got page ${argument(1)}.`;
    }
  }
  return cause;
}

/** "The engine asked for stray and the IOMMU found no entry: no byte moved."; "" where it did not. */
export function refusedNote(
  { events, machine }: Run,
  { step, at: now }: Moment,
  index: number,
): string {
  const address = now.addresses[index];
  if (!address) return "";
  for (let at = 0; at < events.count && (events.step[at] as number) <= step.after; at += 1) {
    if (KIND_NAMES[events.kind[at] as number] !== "dma.fault") continue;
    const iova = events.args[4 * at] as number;
    if (iova < address.va || iova >= address.va + PAGE) continue;
    const { kind, id } = record(machine.actors, events.actor[at] as number);
    const name = kind === "device" ? deviceName(machine, id) : "device";
    const named = name === "engine" ? "The engine" : name;
    return `${named} asked for ${address.name}. The IOMMU refused, and no byte moved.`;
  }
  return "";
}
