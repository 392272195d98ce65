import { bug, OK, type Result, record } from "../core/index.ts";
import { command } from "./commands.ts";
import { type IommuPart, STE, type Stream } from "./part.ts";

/** Streams of one second-level table (STRTAB_SPLIT is 8 bits). */
const SPLIT_BITS = 8;

/** Where a stream's entry lies in a table of two levels (SMMU3-019). */
export function placeOfStream(sid: number): { readonly l1: number; readonly l2: number } {
  return { l1: sid >>> SPLIT_BITS, l2: sid & ((1 << SPLIT_BITS) - 1) };
}

/** A stream table entry as the hardware reads it, as far as the model goes. */
export interface StreamEntry {
  readonly config: Stream["config"];
  /** Faults of stage 1 never stall, though the IOMMU could (S1STALLD). */
  readonly s1StallDisabled: boolean;
  /** Context descriptors: 2^s1CdMax rows (S1CDMAX); 0 is exactly one. */
  readonly s1CdMax: number;
  /** What traffic without a substream id uses: context descriptor 0 (S1DSS = SSID0). */
  readonly s1Dss: "ssid0" | "terminate";
}

/**
 * The entry of a stream. v4.18 knows one context descriptor and no stall (SMMU3-012, SMMU3-013);
 * where there are several, traffic without a number uses the first (SMMU3-027).
 *
 * Source: drivers/iommu/arm-smmu-v3.c arm_smmu_write_strtab_ent v4.18 and v6.1
 */
export function streamEntry(machine: IommuPart, id: number): StreamEntry {
  const { config, iommu } = record(machine.streams, id);
  const { ssidBits, faults } = record(machine.iommus, iommu);
  const isOld = machine.kernel === "v4.18";
  return {
    config,
    s1StallDisabled: config === STE.s1 && isOld && faults === "stall",
    s1CdMax: config === STE.s1 && !isOld ? ssidBits : 0,
    s1Dss: "ssid0",
  };
}

/**
 * Writes a stream table entry. Into a translating one the words behind the first go before it, and
 * the hardware is told twice (SMMU3-010); letting a stream through, or not at all, is one word.
 *
 *   words 1..7 --> CFGI_STE, SYNC --> word 0 --> CFGI_STE, SYNC
 *
 * BUG where the entry translates already: it must pass through bypass or abort (SMMU3-011).
 * Source: drivers/iommu/arm-smmu-v3.c arm_smmu_write_strtab_ent v4.18
 */
export function writeStreamEntry(
  machine: IommuPart,
  id: number,
  { config, domain }: Pick<Stream, "config" | "domain">,
): Result<void> {
  const stream = record(machine.streams, id);
  const isLive = stream.config === STE.s1 || stream.config === STE.s2;
  const isTranslating = config === STE.s1 || config === STE.s2;
  if (isTranslating && isLive) return bug("ste_live");
  if (isTranslating) syncEntry(machine, id);
  machine.streams[id] = { ...stream, config, domain };
  syncEntry(machine, id);
  return OK;
}

/** The IOMMU forgets the entry, and is waited for (arm_smmu_sync_ste_for_sid). */
function syncEntry(machine: IommuPart, id: number): void {
  const { iommu, config } = record(machine.streams, id);
  command(machine, iommu, "CFGI_STE", { tag: id, extra: config });
  command(machine, iommu, "SYNC");
}
