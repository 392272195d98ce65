import { PAGE } from "../../core/index.ts";
import {
  bindMm,
  commandCount,
  commandsSince,
  handleGroup,
  PAGE_RESPONSE,
  type PageRequest,
  PRI_ANSWER,
  pageResponse,
  pasidOf,
  postRequest,
  queueFault,
  RESUME,
  stopFaults,
  takeRequests,
} from "../../iommu/index.ts";
import { prose, said } from "./compare.ts";
import { failed } from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";
import { shared } from "./sva.ts";

/** A device that shares a process, which has an area that nobody touched. */
function bound(lab: Lab, faults: "pri" | "stall" = "stall", requestsMax = 8) {
  const one = shared(lab, { ssidBits: 4, faults, requestsMax });
  bindMm(one.machine, one.stream, one.mm);
  const pasid = pasidOf(one.machine, one.mm);
  return { ...one, pasid, area: one.app.memory(4) };
}
type Bound = ReturnType<typeof bound>;

function request({ stream, pasid, area }: Bound, change: Partial<PageRequest> = {}): PageRequest {
  return { stream, pasid, group: 5, va: area, access: "write", isLast: true, ...change };
}

/** How the hardware was told, after the response with that code. */
function answered(lab: Lab, faults: "pri" | "stall", code: number) {
  const one = bound(lab, faults);
  queueFault(one.machine, request(one));
  const since = commandCount(one.machine, one.iommu);
  const message = { version: 1, hasPasid: true, pasid: one.pasid, group: 5, code };
  pageResponse(one.machine, one.stream, message);
  return commandsSince(one.machine, one.iommu, since)[0];
}

const PRI_WORDS: { readonly [answer: number]: string } = {
  [PRI_ANSWER.SUCCESS]: "Success",
  [PRI_ANSWER.DENY]: "Invalid Request",
  [PRI_ANSWER.FAIL]: "Response Failure, drop later faults",
};

/** I/O page faults: requests, groups, answers. */
export const IOPF: Area = {
  "IOPF-001": () => ({ result: PAGE_RESPONSE }),
  "IOPF-002": (lab) => {
    const told = answered(lab, "stall", PAGE_RESPONSE.SUCCESS);
    const isRetry = told?.extra === RESUME.RETRY;
    return {
      event: prose(
        said(`CMD_${told?.name} retry`, isRetry && told.tag === 5),
        said("the access is replayed", isRetry),
      ),
    };
  },
  "IOPF-003": (lab) =>
    [PAGE_RESPONSE.INVALID, PAGE_RESPONSE.FAILURE].map((code) => {
      const told = answered(lab, "stall", code);
      return { event: prose(said(`CMD_${told?.name} abort`, told?.extra === RESUME.ABORT)) };
    }),
  "IOPF-005": (lab) => {
    const { SUCCESS, INVALID, FAILURE } = PAGE_RESPONSE;
    const [success, invalid, failure] = [SUCCESS, INVALID, FAILURE].map((code) => {
      const told = answered(lab, "pri", code);
      return told?.name === "PRI_RESP" ? (PRI_WORDS[told.extra] ?? "?") : "no answer";
    });
    return {
      result: { SUCCESS: success ?? "", INVALID: invalid ?? "", FAILURE: failure ?? "" },
    };
  },
  "IOPF-008": (lab) => {
    const one = bound(lab, "pri");
    const since = commandCount(one.machine, one.iommu);
    const got = queueFault(one.machine, request(one, { isLast: false }));
    const isSilent = commandsSince(one.machine, one.iommu, since).length === 0;
    return {
      ...(got.ok ? { result: 0 } : failed(got)),
      event: prose(
        said("parked on the partial list", one.machine.partials.length === 1),
        said("no response is sent for it", isSilent && handleGroup(one.machine) === undefined),
      ),
    };
  },
  "IOPF-009": (lab) => {
    const one = bound(lab, "pri");
    for (const page of [0, 1]) {
      queueFault(one.machine, request(one, { va: one.area + page * PAGE, isLast: false }));
    }
    queueFault(one.machine, request(one, { va: one.area + 3 * PAGE, group: 6, isLast: false }));
    queueFault(one.machine, request(one, { va: one.area + 2 * PAGE }));
    const joined = one.machine.faultGroups[0]?.requests.length;
    const since = commandCount(one.machine, one.iommu);
    handleGroup(one.machine);
    const told = commandsSince(one.machine, one.iommu, since);
    const there = [0, 1, 2, 3].map((page) => one.bench.page(one.app, one.area + page * PAGE) > 0);
    return {
      event: prose(
        said("partial faults with the same grpid join the group", joined === 3),
        said(
          "ONE response for the whole group",
          told.length === 1 && there.join() === "true,true,true,false",
        ),
      ),
    };
  },
  "IOPF-010": (lab) => {
    const one = bound(lab, "pri");
    queueFault(one.machine, request(one, { va: PAGE, isLast: false })); // in no area
    queueFault(one.machine, request(one));
    const answer = handleGroup(one.machine);
    const isUntouched = one.bench.page(one.app, one.area) === -1;
    return {
      event: prose(
        said("error is sticky", answer?.code === PAGE_RESPONSE.INVALID),
        said("later faults in the group are not handled", isUntouched),
      ),
    };
  },
  "IOPF-012": (lab) => {
    const one = bound(lab);
    const serve = (change: Partial<PageRequest>) => {
      queueFault(one.machine, request(one, change));
      return handleGroup(one.machine)?.code;
    };
    const good = serve({});
    const isThere = one.bench.page(one.app, one.area) > 0;
    const broken = lab.bench({ fails: [{ kind: "allocate", nth: 1 }] });
    const failing = bound({ ...lab, bench: () => broken });
    queueFault(failing.machine, request(failing));
    const bad = handleGroup(failing.machine)?.code;
    return {
      result: prose(
        said("handle_mm_fault", isThere),
        said("SUCCESS unless VM_FAULT_ERROR", good === PAGE_RESPONSE.SUCCESS),
        said("then INVALID", bad === PAGE_RESPONSE.INVALID),
      ),
    };
  },
  "IOPF-015": (lab) => {
    const one = bound(lab);
    queueFault(one.machine, request(one));
    return failed(stopFaults(one.machine, one.stream));
  },
  "IOPF-017": (lab) => {
    const one = bound(lab, "pri");
    queueFault(one.machine, request(one));
    const message = { hasPasid: true, pasid: one.pasid, group: 5, code: 0 };
    return [
      failed(pageResponse(one.machine, one.stream, { ...message, version: 2 })),
      failed(pageResponse(one.machine, one.stream, { ...message, version: 1, flags: 2 })),
    ];
  },
  "IOPF-018": (lab) => {
    const one = bound(lab, "stall");
    queueFault(one.machine, request(one));
    const wrong = one.pasid + 1; // were it looked at, nothing would wait for it
    const message = { version: 1, hasPasid: true, pasid: wrong, group: 5, code: 0 };
    const got = pageResponse(one.machine, one.stream, message);
    return {
      result: prose(
        said("accepted", got.ok && one.machine.unanswered.length === 0),
        said("PASID cleared", got.ok),
      ),
    };
  },
  "IOPF-019": (lab) => {
    const one = bound(lab, "pri", 2);
    for (const page of [0, 1, 2]) {
      const va = one.area + page * PAGE;
      postRequest(one.machine, request(one, { va, isLast: page === 2 }));
    }
    takeRequests(one.machine, one.iommu);
    const areGone = one.machine.partials.length === 0 && one.machine.faultGroups.length === 0;
    return { event: prose(said("all partial faults dropped", areGone)) };
  },
};
