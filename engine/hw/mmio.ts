import { ACTION, assert, cost, plan } from "../core/index.ts";
import { deviceActor, type HwPart } from "./part.ts";
import { doorbellArrives } from "./qm.ts";
import { QM } from "./qm-registers.ts";

/**
 * A store of the CPU to a register page leaves for the device. It is posted: the CPU goes on, the
 * device sees it later. What is no 64-bit store to the doorbell changes nothing here.
 *
 * @param offset  in the page; @param word  the 64 bits
 */
export function postStore(machine: HwPart, device: number, offset: number, word: bigint): void {
  if (offset !== QM.DOORBELL_V1.offset) return;
  const fields = word & 0xffff_ffff_ffffn; // the priority does not count, and 48 bits are exact
  plan(
    machine.agenda,
    cost("doorbell"),
    ACTION.doorbell,
    deviceActor(machine, device),
    Number(fields),
  );
}

/** The action that `postStore` filed. */
export function storeArrives(machine: HwPart): void {
  const { actor, arg } = machine.agenda;
  const device = machine.devices.findIndex((other) => other.actor === actor);
  assert(device >= 0, "a doorbell without a device", actor);
  doorbellArrives(machine, device, BigInt(arg));
}
