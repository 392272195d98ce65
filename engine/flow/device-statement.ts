import { closeCall, openCall, record, type Value } from "../core/index.ts";
import { arrive, type EngineOps, engineStep, NO_PORT, nicOf, PACKET_MAX } from "../hw/index.ts";
import { bytesOf, textOf } from "../user/index.ts";
import { fail, judgeStatement } from "./judge.ts";
import type { FlowPart } from "./part.ts";

/** What a story says of a device. */
interface Told {
  readonly device: number;
  /** The process in whose names it is read. */
  readonly speaker: number;
  readonly args: readonly Value[];
}

/** A device that is held takes one step; a network card receives a packet. Both are over at once. */
export function tellDevice(machine: FlowPart, ops: EngineOps, at: number, told: Told): void {
  const { device, speaker, args } = told;
  const { actor } = record(machine.devices, device);
  const nic = nicOf(machine, device);
  const { agenda } = machine;
  const speaking = agenda.actor;
  agenda.actor = actor; // what follows is the device's, though the story asks for it
  const call = nic < 0 ? "step" : "receive";
  const shared = { kind: "library", actor, parent: -1, statement: at } as const;
  const row = openCall(machine, { ...shared, call, args });
  machine.rows[at] = row;
  if (nic < 0) engineStep(machine, device, ops);
  else receive(machine, at, nic, args[0]);
  closeCall(machine, row, { value: 0 });
  judgeStatement(machine, record(machine.script, at), speaker, record(machine.calls, row));
  agenda.actor = speaking;
}

/**
 * The packet that a story sends to a network card: {port, data}. Without a port it is a ping, or
 * whatever else no rule can look for.
 */
function receive(
  machine: FlowPart,
  statement: number,
  nic: number,
  packet: Value | undefined,
): void {
  const { port, data } = packet as { readonly [name: string]: Value };
  const bytes = bytesOf(typeof data === "string" ? data : "");
  if (bytes.length > 0 && bytes.length <= PACKET_MAX) {
    arrive(machine, nic, typeof port === "number" ? port : NO_PORT, bytes);
    return;
  }
  const expected = `data of 1 to ${PACKET_MAX} bytes`;
  const entry = record(machine.script, statement);
  fail(machine, entry, { expected, got: `${bytes.length}`, chain: [] });
}

/** What a ring of a card has to do with packets: how many, or the last one that it sent. */
export function packetsOf(
  machine: FlowPart,
  [name, asked]: readonly Value[],
  member: string | undefined,
): Value | undefined {
  const device = machine.devices.findIndex((one) => one.name === name);
  const nic = machine.nics[nicOf(machine, device)];
  const number = Number(asked);
  const isOne = nic && number < record(machine.devices, device).queueCount;
  const ring = isOne ? machine.nicRings[nic.firstRing + number] : undefined;
  if (!ring || member === undefined) return undefined;
  return member === "last" ? textOf(ring.last) : ring[member as "received" | "dropped" | "sent"];
}
