import { Iova, PAGE, Pfn, record } from "../../core/index.ts";
import {
  attachGroup,
  commandCount,
  commandsSince,
  detachGroup,
  enableFeature,
  eventReport,
  FAULT,
  flushDomain,
  makeDomain,
  PRI_ANSWER,
  placeOfStream,
  postRequest,
  STE,
  streamEntry,
  takeRequests,
  translate,
  unmapDomain,
  unmapFast,
  writeStreamEntry,
} from "../../iommu/index.ts";
import { type Actual, prose, said } from "./compare.ts";
import { device, domainOf, enter, failed, setting } from "./iommu-states.ts";
import type { Area } from "./lab.ts";

const FRAME = Pfn(512);

/** What a command about a stream saw of its configuration, by name. */
function configName(config: number): string {
  return Object.entries(STE).find(([, value]) => value === config)?.[0] ?? "?";
}

/** SMMUv3: stream table, context descriptors, commands, events. */
export const SMMU3: Area = {
  "SMMU3-003": (lab) => {
    const { machine, iommu, stream } = setting(lab);
    const { group } = record(machine.streams, stream);
    const since = commandCount(machine, iommu);
    detachGroup(machine, record(machine.groups, group).domain, group);
    attachGroup(machine, makeDomain(machine, "unmanaged"), group);
    const seen = commandsSince(machine, iommu, since)
      .filter(({ name }) => name === "CFGI_STE")
      .map(({ extra }) => configName(extra));
    return {
      event: prose(
        said("A detached first (STE rewritten)", seen[0] === "bypass"),
        said("then STE for B", seen.at(-1) === "s1" && seen.at(-2) === "bypass"),
      ),
    };
  },
  "SMMU3-005": (lab) =>
    ([1, 2] as const).map((stage) => {
      const { machine, stream } = setting(lab, { asids: 2, stage }); // one is the default domain's
      const { group } = record(machine.streams, stream);
      const other = device(machine, record(machine.streams, stream).iommu, {
        defaultDomain: "none",
      });
      const domain = makeDomain(machine, "unmanaged");
      const got = attachGroup(machine, domain, record(machine.streams, other).group);
      return group < 0 ? {} : failed(got);
    }),
  "SMMU3-006": (lab) => {
    const { machine } = lab.bench();
    return failed(enter(machine, makeDomain(machine, "unmanaged"), 0, FRAME, PAGE));
  },
  "SMMU3-008": () => ({ result: STE }),
  "SMMU3-009": (lab) => {
    const [through, aborted] = [false, true].map((disablesBypass) => {
      const { machine, iommu } = lab.bench({ iommu: { disablesBypass } });
      const stream = device(machine, iommu, { defaultDomain: "none" });
      return configName(streamEntry(machine, stream).config);
    });
    return { result: { "0": through ?? "", "1": aborted ?? "" } };
  },
  "SMMU3-010": (lab) => {
    const { machine, iommu } = lab.bench();
    const stream = device(machine, iommu, { defaultDomain: "none" });
    const domain = domainOf(machine, device(machine, iommu)); // has its tables
    const since = commandCount(machine, iommu);
    writeStreamEntry(machine, stream, { config: STE.s1, domain });
    const seen = commandsSince(machine, iommu, since);
    const names = seen.map(({ name }) => name).join();
    const [before, , after] = seen.map(({ extra }) => configName(extra));
    return {
      event: prose(
        said(
          "all words but word 0 -> CFGI_STE+SYNC -> word 0 -> CFGI_STE+SYNC",
          names === "CFGI_STE,SYNC,CFGI_STE,SYNC" && before === "bypass" && after === "s1",
        ),
      ),
    };
  },
  "SMMU3-011": (lab) => {
    const { machine, stream, domain } = setting(lab);
    const live = writeStreamEntry(machine, stream, { config: STE.s1, domain });
    const passed = writeStreamEntry(machine, stream, { config: STE.bypass, domain: -1 });
    const again = writeStreamEntry(machine, stream, { config: STE.s1, domain });
    const isBug = !live.ok && live.errno === "BUG" && live.why === "ste_live";
    return {
      event: prose(
        said("kernel BUG (ste_live)", isBug),
        said("must pass through bypass/abort", passed.ok && again.ok),
      ),
    };
  },
  "SMMU3-012": (lab) => {
    const { machine, stream } = setting(lab, { faults: "stall" });
    const { s1StallDisabled } = streamEntry(machine, stream);
    const got = translate(machine, stream, Iova(PAGE), "read");
    const isTerminated = !got.ok && !got.mayWait && record(machine.streams, stream).faults === 1;
    return {
      result: prose(
        said("S1STALLD set", s1StallDisabled),
        said("v4.18 never stalls", isTerminated),
        said("faults terminate", isTerminated),
      ),
    };
  },
  "SMMU3-013": (lab) => {
    const { machine, stream } = setting(lab, { ssidBits: 8, faults: "none" });
    const { s1CdMax } = streamEntry(machine, stream);
    const enabled = enableFeature(machine, stream, "sva");
    const shared = translate(machine, stream, Iova(PAGE), "read", 1);
    return {
      result: prose(
        said("exactly one CD (SSID 0)", s1CdMax === 0),
        said("no PASID support in v4.18", !enabled.ok && !shared.ok),
      ),
    };
  },
  "SMMU3-014": (lab) => {
    const { machine, iommu, stream } = setting(lab);
    const since = commandCount(machine, iommu);
    translate(machine, stream, Iova(PAGE), "read");
    const { faults, last } = record(machine.streams, stream);
    const isLogged = faults === 1 && last?.iova === PAGE;
    const isAll = commandsSince(machine, iommu, since).length === 0;
    return { event: prose(said("logged only", isLogged), said("no recovery", isAll)) };
  },
  "SMMU3-015": (lab) => {
    const { machine, iommu, stream } = setting(lab, { faults: "pri" });
    const request = { stream, pasid: 0, group: 5, va: PAGE, access: "read", isLast: true } as const;
    postRequest(machine, request);
    const since = commandCount(machine, iommu);
    takeRequests(machine, iommu);
    const [answer] = commandsSince(machine, iommu, since);
    const code = Object.entries(PRI_ANSWER).find(([, value]) => value === answer?.extra);
    return {
      event: prose(said(`CMD_${answer?.name} with ${code?.[0]}(${code?.[1]})`, answer?.tag === 5)),
    };
  },
  "SMMU3-017": (lab) => {
    const { machine, iommu, domain } = setting(lab);
    enter(machine, domain, PAGE, FRAME, 2 * PAGE);
    const since = commandCount(machine, iommu);
    unmapFast(machine, domain, PAGE, 2 * PAGE);
    const first = commandsSince(machine, iommu, since);
    enter(machine, domain, PAGE, FRAME, 2 * PAGE);
    const later = commandCount(machine, iommu);
    unmapDomain(machine, domain, PAGE, 2 * PAGE);
    const { asid } = record(machine.domains, domain);
    const areAlike = first.every(({ tag, extra }) => tag === asid && extra === 1);
    const starts = first.map(({ start }) => start / PAGE);
    const last = commandsSince(machine, iommu, later).at(-1);
    return {
      event: prose(
        said(
          `CMD_${first[0]?.name}(asid, va, leaf) per granule`,
          areAlike && starts.join() === "1,2",
        ),
        said(
          `later CMD_${last?.name}`,
          first.every(({ name }) => name !== "SYNC"),
        ),
      ),
    };
  },
  "SMMU3-018": (lab) => {
    const names = ([1, 2] as const).map((stage) => {
      const { machine, iommu, domain } = setting(lab, { stage });
      const since = commandCount(machine, iommu);
      flushDomain(machine, domain);
      return commandsSince(machine, iommu, since).map(({ name }) => name);
    });
    const [one, two] = names.map(([first]) => `CMD_${first}`);
    return {
      event: prose(
        said(`${one} / ${two}`),
        said(
          "then SYNC",
          names.every((list) => list.join().endsWith(",SYNC")),
        ),
      ),
    };
  },
  "SMMU3-019": () => {
    const areSplit = [0, 1, 255, 256, 0x1234].every((sid) => {
      const { l1, l2 } = placeOfStream(sid);
      return l1 * 256 + l2 === sid && l2 < 256;
    });
    return {
      result: prose(said("L1 index = sid>>8", areSplit), said("L2 index = sid&0xff", areSplit)),
    };
  },
  "SMMU3-022": () => {
    const tags = [3, 7].map((stag) =>
      eventReport({ isStalled: true, stag, stage: 1, reason: FAULT.translation }),
    );
    return {
      result: prose(
        said(
          "PAGE_REQ",
          tags.every((got) => got.ok && got.value.kind === "page-request"),
        ),
        said(
          "always LAST_PAGE",
          tags.every((got) => got.ok && got.value.isLast),
        ),
        said(
          "grpid = stall tag",
          tags.map((got) => (got.ok ? got.value.group : -1)).join() === "3,7",
        ),
      ),
    };
  },
  "SMMU3-023": (lab) => {
    const got = eventReport({ isStalled: false, stag: 3, stage: 1, reason: FAULT.translation });
    const { machine, stream } = setting(lab, { faults: "stall" });
    const access = translate(machine, stream, Iova(PAGE), "read");
    return {
      result: prose(
        said("DMA_UNRECOV", got.ok && got.value.kind === "unrecoverable"),
        said("(transaction already aborted)", !access.ok && !access.mayWait),
      ),
    };
  },
  "SMMU3-024": (): Actual => {
    const event = { isStalled: true, stag: 3, stage: 2, reason: FAULT.translation } as const;
    return failed(eventReport(event));
  },
  "SMMU3-027": (lab) => {
    const { machine, stream, domain } = setting(lab, { ssidBits: 8, faults: "stall" });
    enter(machine, domain, PAGE, FRAME, PAGE);
    const { s1CdMax, s1Dss } = streamEntry(machine, stream);
    const got = translate(machine, stream, Iova(PAGE), "read");
    const usesFirst = s1CdMax === 8 && s1Dss === "ssid0" && got.ok && got.pfn === FRAME;
    return { result: prose(said("uses CD 0 (S1DSS = SSID0)", usesFirst)) };
  },
};
