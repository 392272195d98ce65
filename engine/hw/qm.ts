import {
  ACTION,
  assert,
  Bytes,
  closeCall,
  cost,
  DMA_WHAT,
  emit,
  endRun,
  ns,
  openCall,
  plan,
  record,
  type Span,
} from "../core/index.ts";
import { type Access, dmaRead, dmaWrite, joined, piece, WAITS } from "./dma.ts";
import type { Engine, EngineOps, Input, Missing } from "./engine.ts";
import { raiseInterrupt } from "./interrupt.ts";
import { readDoorbell, storeOf } from "./mmio.ts";
import { deviceActor, type HwPart, type Job } from "./part.ts";
import { dropRings, ringsOf } from "./qm-driver.ts";
import { CQE, QM_WORDS } from "./qm-entries.ts";
import { nextQueue, queueOf } from "./qm-queues.ts";
import { CQE_SIZE, DOORBELL_CMD, sqBytes, sqeSize } from "./qm-registers.ts";
import { packWord, write } from "./register.ts";
import { wakeWaiters } from "./wait.ts";
import { REQUEST_MAX, ZIP } from "./zip.ts";

const WHAT = {
  request: DMA_WHAT.indexOf("request"),
  dst: DMA_WHAT.indexOf("dst"),
  result: DMA_WHAT.indexOf("result"),
  completion: DMA_WHAT.indexOf("completion"),
} as const;

/**
 * A store to the doorbell register arrives: the tail of a submission queue, or a completion
 * queue's head, which asks for nothing. A number that no queue of the device has is ignored.
 *
 * Leaves out: priority; the EQ and AEQ doorbells; what a device does that is told of a full
 * completion queue.
 * Source: KL drivers/crypto/hisilicon/qm.c near RFCv1, registers QM.DOORBELL_V1, QM.DOORBELL_V2
 */
export function doorbellArrives(machine: HwPart, device: number, word: bigint): void {
  const { qn, cmd, index } = readDoorbell(machine, device, word);
  const queue = queueOf(machine, device, qn);
  if (queue < 0 || cmd > DOORBELL_CMD.CQ) return;
  const isTail = cmd === DOORBELL_CMD.SQ;
  const column = machine.queues[isTail ? "tail" : "told"];
  column[queue] = index % (machine.queues.depth[queue] as number);
  if (isTail) start(machine, device, ns(0));
}

/** The action that `postStore` filed. */
export function storeArrives(machine: HwPart): void {
  const { device, word } = storeOf(machine);
  doorbellArrives(machine, device, word);
}

/** Sets an idle device to work on its next request, if it has one. */
function start(machine: HwPart, device: number, delay: Span): void {
  if (machine.jobs[device] !== undefined) return;
  const queue = nextQueue(machine, device);
  if (queue < 0) return;
  machine.jobs[device] = {
    queue,
    slot: machine.queues.head[queue] as number,
    call: -1,
    stage: "fetch",
    parent: openParent(machine),
    inputs: [],
    target: 0,
    room: 0,
    type: 0,
    moved: 0,
    data: new Uint8Array(0),
    status: 0,
    consumed: 0,
    produced: 0,
    isWaiting: false,
    isRefused: false,
  };
  if (!record(machine.devices, device).held) again(machine, device, delay);
}

/** The call that rang, where it still waits for this request; -1 where it has returned. */
function openParent(machine: HwPart): number {
  const { span } = machine.agenda;
  const row = machine.calls[span];
  return row && row.kind !== "request" && row.result === undefined ? span : -1;
}

function again(machine: HwPart, device: number, delay: Span): void {
  const call = machine.jobs[device]?.call ?? -1;
  plan(machine.agenda, delay, ACTION.engine, deviceActor(machine, device), device, call);
}

/**
 * One step of a device's engine: one access of at most a page, or its own work.
 *
 *   fetch --> read ... --> compute --> write ... --> result --> complete --> (next request)
 *      a fault in fetch, read or write goes straight to `result`, with an error as status;
 *      where a page of a process is missing, read and write wait for it and are tried again
 */
export function engineStep(machine: HwPart, device: number, ops: EngineOps = {}): void {
  const job = machine.jobs[device];
  if (job === undefined || job.isWaiting) return;
  const engine = ops.engines?.[record(machine.devices, device).kind] ?? ZIP;
  const delay = STAGES[job.stage](machine, device, job, engine, ops);
  if (delay === WAITS || record(machine.devices, device).held) return;
  if (machine.jobs[device] === undefined) start(machine, device, delay);
  else again(machine, device, delay);
}

/** @returns how long it took, or that somebody else wakes the device */
type Stage = (
  machine: HwPart,
  device: number,
  job: Job,
  engine: Engine,
  ops: EngineOps,
) => Span | typeof WAITS;

const STAGES: Readonly<Record<Job["stage"], Stage>> = {
  fetch,
  read,
  compute,
  write: writeOut,
  result,
  complete,
};

function put(machine: HwPart, device: number, job: Job): void {
  machine.jobs[device] = job;
}

type Wanted = Pick<Access, "iova" | "size" | "what">;

/** An access to the rings: the kernel's memory, by the device's own addresses. */
function access(device: number, job: Job, wanted: Wanted): Access {
  return { device, queue: job.queue, ...wanted };
}

/** An access to what a request names: addresses of the queue's process, where it has one. */
function userAccess(machine: HwPart, device: number, job: Job, wanted: Wanted): Access {
  const pasid = machine.queues.pasid[job.queue] as number;
  return { ...access(device, job, wanted), pasid, isRefused: job.isRefused };
}

/** The page is asked for; the same stage runs again when there is an answer. */
function wait(
  machine: HwPart,
  device: number,
  job: Job,
  missing: Omit<Missing, "pasid">,
  { paging }: EngineOps,
): typeof WAITS {
  assert(paging !== undefined, "a device waits for pages, and nobody serves them", device);
  const pasid = machine.queues.pasid[job.queue] as number;
  paging.wait(machine, device, job, { pasid, ...missing });
  return WAITS;
}

function slotOf(machine: HwPart, device: number, job: Job): { iova: number; size: number } {
  const size = sqeSize(record(machine.devices, device).kind);
  return { iova: ringsOf(machine, job) + job.slot * size, size };
}

function fetch(machine: HwPart, device: number, job: Job, engine: Engine): Span {
  const call = openCall(machine, {
    call: "request",
    kind: "request",
    actor: deviceActor(machine, device),
    parent: job.parent,
    statement: -1,
    args: [job.queue, job.slot],
  });
  const slot = slotOf(machine, device, job);
  const got = dmaRead(machine, access(device, job, { ...slot, what: WHAT.request }));
  if (!got || got === WAITS) {
    put(machine, device, { ...job, call, stage: "result", status: engine.busError });
    return cost("dma");
  }
  const order = engine.order(got.bytes);
  const stage = order.inputs.length > 0 ? "read" : "compute";
  put(machine, device, { ...job, call, stage, ...order });
  return got.span;
}

function read(
  machine: HwPart,
  device: number,
  job: Job,
  engine: Engine,
  ops: EngineOps,
): Span | typeof WAITS {
  const [input, ...later] = job.inputs as [Input, ...Input[]];
  const iova = input.iova + job.moved;
  const left = input.length - job.moved;
  const size = piece(iova, left);
  const wanted = { iova, size, what: input.what };
  const got = dmaRead(machine, userAccess(machine, device, job, wanted));
  if (got === WAITS) return wait(machine, device, job, { iova, left, access: "read" }, ops);
  if (!got) {
    put(machine, device, { ...job, stage: "result", status: engine.busError });
    return cost("dma");
  }
  const data = joined(job.data, got.bytes);
  const why = `a request of more than ${REQUEST_MAX} bytes`;
  if (data.length > REQUEST_MAX) endRun(machine, { kind: "limit", why });
  const isWhole = size === left;
  const inputs = isWhole ? later : job.inputs;
  const stage = inputs.length > 0 ? "read" : "compute";
  put(machine, device, { ...job, data, inputs, stage, moved: isWhole ? 0 : job.moved + size });
  return got.span;
}

function compute(machine: HwPart, device: number, job: Job, engine: Engine): Span {
  const { status, output, consumed, span } = engine.work(job);
  const produced = output.length;
  emit(machine, engine.did, Bytes(consumed), Bytes(produced), status);
  const stage = produced > 0 ? "write" : "result";
  put(machine, device, { ...job, stage, status, consumed, produced, data: output, moved: 0 });
  return span;
}

function writeOut(
  machine: HwPart,
  device: number,
  job: Job,
  engine: Engine,
  ops: EngineOps,
): Span | typeof WAITS {
  const iova = job.target + job.moved;
  const left = job.produced - job.moved;
  const size = piece(iova, left);
  const bytes = job.data.subarray(job.moved, job.moved + size);
  const wanted = userAccess(machine, device, job, { iova, size, what: WHAT.dst });
  const took = dmaWrite(machine, wanted, bytes);
  if (took === WAITS) return wait(machine, device, job, { iova, left, access: "write" }, ops);
  if (took === undefined) {
    const status = engine.busError;
    put(machine, device, { ...job, stage: "result", status, consumed: 0, produced: 0 });
    return cost("dma");
  }
  const moved = job.moved + size;
  put(machine, device, { ...job, moved, stage: moved < job.produced ? "write" : "result" });
  return took;
}

/** The start of the request, in its own slot: how it went. */
function result(machine: HwPart, device: number, job: Job, engine: Engine): Span {
  const bytes = engine.answer(job);
  const { iova } = slotOf(machine, device, job);
  const wanted = access(device, job, { iova, size: bytes.length, what: WHAT.result });
  const took = dmaWrite(machine, wanted, bytes);
  put(machine, device, { ...job, stage: "complete" });
  return spent(took);
}

function complete(machine: HwPart, device: number, job: Job): Span {
  const { queues } = machine;
  const { queue } = job;
  const depth = queues.depth[queue] as number;
  const tail = queues.cqTail[queue] as number;
  const bytes = new Uint8Array(CQE_SIZE);
  write(CQE, bytes, 0, "sq_head", job.slot);
  write(CQE, bytes, 0, "sq_num", queues.qn[queue] as number);
  write(
    CQE,
    bytes,
    0,
    "w7",
    packWord(QM_WORDS.CQE_W7, { status: 0, phase: queues.phase[queue] as number }),
  );
  const { kind } = record(machine.devices, device);
  const iova = ringsOf(machine, job) + sqBytes(kind) + tail * CQE_SIZE;
  const took = dmaWrite(
    machine,
    access(device, job, { iova, size: CQE_SIZE, what: WHAT.completion }),
    bytes,
  );
  if (job.rings) dropRings(machine, device, job.rings);
  else {
    queues.head[queue] = (job.slot + 1) % depth;
    queues.cqTail[queue] = (tail + 1) % depth;
    if (tail + 1 === depth) queues.phase[queue] = 1 - (queues.phase[queue] as number);
    queues.updated[queue] = 1;
  }
  raiseInterrupt(machine, device, queue);
  closeCall(machine, job.call, { value: job.status });
  machine.jobs[device] = undefined;
  wakeWaiters(machine, queue);
  return spent(took);
}

/** A refused access takes its time too. */
function spent(took: Span | typeof WAITS | undefined): Span {
  return took === undefined || took === WAITS ? cost("dma") : took;
}
