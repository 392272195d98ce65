import { emit, OK, ok, type Result, record, refuse, Vaddr } from "../core/index.ts";
import { faultIn, findVma, PROT } from "../mm/index.ts";
import { command, PRI_ANSWER, RESUME } from "./commands.ts";
import type { FaultGroup, Iommu, IommuPart, PageRequest } from "./part.ts";
import { mmOfPasid } from "./pasid.ts";

/**
 * I/O page faults: a device waits for a page of a process as the CPU does.
 *
 *   device --> queue of the IOMMU --> partial list --> group --> mm --> response --> device
 *              (may overflow)         (until the last)           (one for the group)
 *
 * PRI: the device asks for pages, as many as it likes in one group, and tries again when it is
 * answered. Stall: the IOMMU holds one access back, and lets it go on or ends it.
 *
 * Leaves out: time limits of requests; the order of two groups in the work queue, which here is
 * that of their last requests.
 * Source: drivers/iommu/io-pgfault.c v6.1
 */

/** How a group of requests is answered. Source: IOPF-001. */
export const PAGE_RESPONSE = { SUCCESS: 0, INVALID: 1, FAILURE: 2 } as const;
export type PageResponse = (typeof PAGE_RESPONSE)[keyof typeof PAGE_RESPONSE];

/**
 * A request arrives at the IOMMU.
 *
 * @returns false where its queue is full: the request is lost. A lost last request the hardware
 *          answers by itself, so that the device tries again; the driver drops what it had of the
 *          group when it looks
 * Source: Arm IHI 0070 8.1, PRI queue overflow (recalled)
 */
export function postRequest(machine: IommuPart, request: PageRequest): boolean {
  const { iommu } = record(machine.streams, request.stream);
  const owner = record(machine.iommus, iommu);
  const waiting = machine.requests.filter(
    ({ stream }) => record(machine.streams, stream).iommu === iommu,
  );
  if (waiting.length >= owner.requestsMax) {
    machine.iommus[iommu] = { ...owner, isOverflown: true };
    return false;
  }
  machine.requests.push(request);
  const { stream, pasid, va, isLast } = request;
  emit(machine, "iopf.request", stream, pasid, Vaddr(va), isLast ? 1 : 0);
  return true;
}

/**
 * The driver takes what waits in an IOMMU's queue. After an overflow last requests may be missing,
 * so all partial ones are dropped (IOPF-019).
 *
 * Source: arm_smmu_evtq_thread v6.1; for the overflow iopf_queue_discard_partial
 */
export function takeRequests(machine: IommuPart, iommu: number): void {
  const isOurs = ({ stream }: PageRequest) => record(machine.streams, stream).iommu === iommu;
  const taken = machine.requests.filter(isOurs);
  const left = machine.requests.filter((request) => !isOurs(request));
  machine.requests.splice(0, machine.requests.length, ...left);
  for (const request of taken) {
    const queued = queueFault(machine, request);
    if (!queued.ok && request.isLast) deny(machine, iommu, request);
  }
  const owner = record(machine.iommus, iommu);
  if (!owner.isOverflown) return;
  const kept = machine.partials.filter((request) => !isOurs(request));
  machine.partials.splice(0, machine.partials.length, ...kept);
  machine.iommus[iommu] = { ...owner, isOverflown: false };
}

/**
 * Nobody handles the device's faults: the driver says no, as all of v4.18 does (SMMU3-015). A stalled
 * access it ends.
 *
 * Source: arm_smmu_handle_evt v6.1
 */
function deny(machine: IommuPart, iommu: number, { group }: PageRequest): void {
  const { faults } = record(machine.iommus, iommu);
  if (faults === "pri") command(machine, iommu, "PRI_RESP", { tag: group, extra: PRI_ANSWER.DENY });
  else command(machine, iommu, "RESUME", { tag: group, extra: RESUME.ABORT });
}

/**
 * One request: it is parked until the last of its group comes (IOPF-008), which takes the parked
 * ones along into the work queue (IOPF-009).
 *
 * Refuses: ENODEV where nobody handles the device's faults: a handler is there while sharing is enabled.
 * Source: iommu_queue_iopf, arm_smmu_master_sva_enable_iopf v6.1
 */
export function queueFault(machine: IommuPart, request: PageRequest): Result<void> {
  const { iopf, sva } = record(machine.streams, request.stream);
  if (!(iopf && sva)) {
    return refuse("ENODEV", "nobody handles faults of this device");
  }
  if (!request.isLast) {
    machine.partials.push(request);
    return OK;
  }
  const isOurs = ({ stream, group }: PageRequest) =>
    stream === request.stream && group === request.group;
  const before = machine.partials.filter(isOurs);
  const left = machine.partials.filter((other) => !isOurs(other));
  machine.partials.splice(0, machine.partials.length, ...left);
  machine.unanswered.push(request);
  machine.faultGroups.push({ requests: [...before, request] });
  return OK;
}

/** What a group came to: who is answered, and how. */
export interface Answer {
  readonly stream: number;
  readonly group: number;
  readonly code: PageResponse;
}

/**
 * Handles the oldest group of the work queue and answers it. The first request that fails decides:
 * those after it are not handled (IOPF-010).
 *
 * @returns undefined where the work queue is empty
 * Source: iopf_handle_group v6.1
 */
export function handleGroup(machine: IommuPart): Answer | undefined {
  const next: FaultGroup | undefined = machine.faultGroups.shift();
  if (!next) return undefined;
  let code: PageResponse = PAGE_RESPONSE.SUCCESS;
  for (const request of next.requests) {
    code = handleSingle(machine, request);
    if (code !== PAGE_RESPONSE.SUCCESS) break;
  }
  const { stream, group, pasid } = next.requests.at(-1) as PageRequest;
  pageResponse(machine, stream, { version: 1, hasPasid: true, pasid, group, code });
  return { stream, group, code };
}

/**
 * One request, served as a fault of the CPU would be: it breaks copy on write like one (IOPF-012).
 * INVALID for no PASID or a process that is gone, an address in no area, a right that the area does
 * not have, and whatever the fault itself is refused with.
 *
 * Source: iopf_handle_single v6.1
 */
function handleSingle(machine: IommuPart, { pasid, va, access }: PageRequest): PageResponse {
  const mm = mmOfPasid(machine, pasid);
  if (mm < 0) return PAGE_RESPONSE.INVALID;
  const vma = findVma(machine, mm, va);
  const right = access === "read" ? PROT.READ : PROT.WRITE;
  if (!vma || !(vma.prot & right)) return PAGE_RESPONSE.INVALID;
  const page = faultIn(machine, mm, va, access === "write");
  return page.ok ? PAGE_RESPONSE.SUCCESS : PAGE_RESPONSE.INVALID;
}

export interface ResponseMessage {
  readonly version: number;
  /** Bits beside "has a PASID"; none is known. */
  readonly flags?: number;
  readonly hasPasid: boolean;
  readonly pasid: number;
  readonly group: number;
  readonly code: number;
}

/**
 * Answers the request of that group which waits (iommu_page_response). A request by PRI is found by
 * group and PASID; a stalled access by its tag alone, and a PASID given all the same is no matter
 * (IOPF-018).
 *
 * @returns how the device is answered. A stalled access is tried again for SUCCESS and ended for
 *          anything else (IOPF-002, IOPF-003)
 * Refuses: EINVAL for another version than 1, or an unknown flag (IOPF-017); EINVAL where nothing of
 * the kind waits; EINVAL for an unknown code, and then nobody is told, and it does not wait any more.
 * Source: iommu_page_response, arm_smmu_page_response v6.1
 */
export function pageResponse(
  machine: IommuPart,
  id: number,
  message: ResponseMessage,
): Result<PageResponse> {
  if (message.version !== 1) return refuse("EINVAL", "an unknown version");
  if ((message.flags ?? 0) !== 0) return refuse("EINVAL", "an unknown flag");
  const { iommu } = record(machine.streams, id);
  const owner = record(machine.iommus, iommu);
  const needsPasid = owner.faults === "pri";
  const place = machine.unanswered.findIndex(({ stream, group, pasid }) => {
    if (stream !== id || group !== message.group) return false;
    return !needsPasid || (message.hasPasid && message.pasid === pasid);
  });
  if (place < 0) return refuse("EINVAL", "no such request waits for an answer");
  const [{ pasid }] = machine.unanswered.splice(place, 1) as [PageRequest];
  const code = Object.values(PAGE_RESPONSE).find((known) => known === message.code);
  if (code === undefined) return refuse("EINVAL", "an unknown code");
  const answer = { tag: message.group, extra: answerOf(owner.faults, code) };
  command(machine, iommu, owner.faults === "pri" ? "PRI_RESP" : "RESUME", answer);
  emit(machine, "iopf.response", id, pasid, code);
  return ok(code);
}

/** How the hardware is told (IOPF-002, IOPF-003; IOPF-005 for PRI). */
function answerOf(faults: Iommu["faults"], code: PageResponse): number {
  const { SUCCESS, INVALID } = PAGE_RESPONSE;
  if (faults !== "pri") return code === SUCCESS ? RESUME.RETRY : RESUME.ABORT;
  if (code === SUCCESS) return PRI_ANSWER.SUCCESS;
  return code === INVALID ? PRI_ANSWER.DENY : PRI_ANSWER.FAIL;
}

/**
 * Nobody handles the device's faults any more (iommu_unregister_device_fault_handler, and
 * iopf_queue_remove_device): parked requests are dropped.
 *
 * Refuses: EBUSY while one waits for its answer (IOPF-015).
 */
export function stopFaults(machine: IommuPart, id: number): Result<void> {
  if (machine.unanswered.some(({ stream }) => stream === id)) {
    return refuse("EBUSY", "a page request waits for its answer");
  }
  dropPartials(machine, id);
  return OK;
}

/** Parked requests of a device are dropped (iopf_queue_remove_device). */
export function dropPartials(machine: IommuPart, id: number): void {
  const left = machine.partials.filter(({ stream }) => stream !== id);
  machine.partials.splice(0, machine.partials.length, ...left);
}
