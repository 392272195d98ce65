import { ACTION, cost, PAGE, pageOf, plan, record } from "../core/index.ts";
import { handleGroup, PAGE_RESPONSE, postRequest, takeRequests } from "../iommu/index.ts";
import type { Missing, Paging } from "./engine.ts";
import { deviceActor, type HwPart, type Job } from "./part.ts";

/**
 * Most pages that a device asks for in one group. PCIe lets the kernel set it; the number is ours.
 */
export const GROUP_PAGES_MAX = 16;

/** Group indices are used again after so many: PRI has 9 bits for them. */
const GROUPS = 512;

/**
 * The device waits for pages of a process. By PRI it asks for all that it will want, in one group;
 * a stalled access is one page, held back by the IOMMU. Either way it does nothing else meanwhile.
 *
 * Known exception: where the queue of requests is full the hardware answers the last one by itself,
 * and the device tries again when the kernel has looked.
 * Leaves out: the device's time limit, other queues that could go on.
 */
function waitForPages(machine: HwPart, device: number, job: Job, missing: Missing): void {
  const { stream, held } = record(machine.devices, device);
  const row = record(machine.streams, stream);
  const { faults, requestsMax } = record(machine.iommus, row.iommu);
  machine.streams[stream] = { ...row, asked: row.asked + 1 };
  const first = pageOf(missing.iova);
  const wanted = Math.floor((missing.iova + missing.left - 1 - first) / PAGE) + 1;
  const pages = faults === "pri" ? Math.min(wanted, GROUP_PAGES_MAX, requestsMax) : 1;
  const { pasid, access } = missing;
  let isTaken = false;
  for (let page = 0; page < pages; page += 1) {
    isTaken = postRequest(machine, {
      stream,
      pasid,
      group: row.asked % GROUPS,
      va: first + page * PAGE,
      access,
      isLast: page === pages - 1,
    });
  }
  machine.jobs[device] = { ...job, isWaiting: isTaken };
  const actor = deviceActor(machine, device);
  plan(machine.agenda, cost("iofault"), ACTION.fault, actor, device, job.call);
  if (isTaken || held) return;
  plan(machine.agenda, cost("iofault", 2), ACTION.engine, actor, device, job.call);
}

/**
 * The kernel serves one group of requests, the oldest, whoever sent it, and its device goes on.
 *
 * @param device  the one whose request asked for this; there is one such action for each group
 */
function serveFault(machine: HwPart, device: number): void {
  const { stream } = record(machine.devices, device);
  takeRequests(machine, record(machine.streams, stream).iommu);
  const answer = handleGroup(machine);
  if (answer) {
    const answered = machine.devices.findIndex((other) => other.stream === answer.stream);
    goOn(machine, answered, answer.code !== PAGE_RESPONSE.SUCCESS);
  }
  // Nobody handles the device's faults any more: what it asked for will not be answered.
  if (!machine.unanswered.some((request) => request.stream === stream)) goOn(machine, device, true);
}

/** A device that waits tries again, or gives up. */
function goOn(machine: HwPart, device: number, isRefused: boolean): void {
  const job = machine.jobs[device];
  if (!job?.isWaiting) return;
  machine.jobs[device] = { ...job, isWaiting: false, isRefused };
  if (record(machine.devices, device).held) return;
  const actor = deviceActor(machine, device);
  plan(machine.agenda, cost("dma"), ACTION.engine, actor, device, job.call);
}

/** Fetched with the frameworks whose devices may wait for pages. */
export const PAGING: Paging = { wait: waitForPages, serve: serveFault };
