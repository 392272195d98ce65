import { Bytes, cost, emit, record } from "../core/index.ts";
import { RSA_DONE, readRsaResult, sqeSize, writeRsaRequest } from "../hw/index.ts";
import { type Routine, to } from "../task/index.ts";
import { argsOf, field32Of, fieldOf } from "./call.ts";
import { fault, loadBytes, storeBytes } from "./cpu.ts";
import { placeOf, type QmState, type UserPart } from "./part.ts";
import { taken } from "./qm-library.ts";

/**
 * wd_send(q, {key, src, dst, len, crt}) and wd_recv(q) where the queue is for RSA: what of the two
 * knows the form of a request. Ring, doorbell and completion are the queue manager's, as for ZIP.
 *
 * `key`, `src` and `dst` are addresses, `len` is the length of the modulus in bytes; with `crt` the
 * key is in five parts.
 *
 * Refuses: -EIO where the engine was not done, or said why not.
 * Known defects: D18, as for ZIP; the order of calls is that of the ZIP engine's user driver, since
 * one for RSA was read only in a later library.
 * Leaves out: that a copy of the numbers is made with the zeros in front: a program of the model
 * writes them so itself.
 * Source: UADK v1/drv/hisi_hpre_udrv.c qm_fill_rsa_sqe, qm_parse_rsa_sqe
 */
export const RSA_LIBRARY: Routine<UserPart, "rsaStore" | "rsaTake"> = {
  rsaStore: (machine, ops, { pid, frame }) => {
    const [fd = 0, message = null] = argsOf(machine, frame);
    const queue = record(machine.userQueues, placeOf(machine, pid, Number(fd)));
    const state = queue.state as QmState;
    const bytes = writeRsaRequest({
      alg: field32Of(message, "crt") > 0 ? 1 : 0,
      length: field32Of(message, "len"),
      key: fieldOf(message, "key"),
      source: fieldOf(message, "src"),
      target: fieldOf(message, "dst"),
      tag: queue.sent,
    });
    const va = state.sq + state.sqTail * bytes.length;
    const stored = storeBytes(machine, pid, va, bytes);
    if (!stored.ok) return fault(machine, ops, pid, va);
    emit(machine, "ring.submit", queue.queue, state.sqTail, Bytes(bytes.length));
    return to("qmRing", cost("store"));
  },
  rsaTake: (machine, ops, { pid, frame }) => {
    const place = placeOf(machine, pid, Number(argsOf(machine, frame)[0]));
    const { state } = record(machine.userQueues, place);
    const size = sqeSize("rsa");
    const slot = frame.numbers[0] as number;
    const va = (state as QmState).sq + slot * size;
    const sqe = loadBytes(machine, pid, va, size);
    if (!sqe.ok) return fault(machine, ops, pid, va);
    const { done, etype: status } = readRsaResult(sqe.value);
    const isGood = done === RSA_DONE.DONE && status === 0;
    return taken(machine, ops, { pid, frame, slot }, { isGood, written: { status } });
  },
};
