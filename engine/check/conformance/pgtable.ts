import { ADDRESS_END, Iova, PAGE, Pfn, WARN } from "../../core/index.ts";
import {
  chooseGranule,
  commandCount,
  commandsSince,
  DESCRIPTOR,
  descriptorOf,
  IOMMU_PROT,
  iovaToFrame,
  shapeOf,
  translate,
  unmapDomain,
  unmapFast,
} from "../../iommu/index.ts";
import { ENTRY, entryOf } from "../../mm/index.ts";
import { type Actual, prose, said } from "./compare.ts";
import { BLOCK, enter, entriesOf, failed, type Setting, setting, told } from "./iommu-states.ts";
import type { Area } from "./lab.ts";

const FRAME = Pfn(512);

const K = 1024;
/** The sizes of all granules, by name; the last of them needs more than 48 bits of address. */
const NAMED: readonly (readonly [string, number])[] = [
  ["4K", 4 * K],
  ["16K", 16 * K],
  ["64K", 64 * K],
  ["2M", 2048 * K],
  ["32M", 32_768 * K],
  ["512M", 524_288 * K],
  ["1G", 1_048_576 * K],
  ["4T", 4_294_967_296 * K],
];
const EVERY = NAMED.reduce((sum, [, size]) => sum + size, 0);

/** The names of page sizes in a sum of them, smallest first. */
function sizesIn(sum: number): string[] {
  return NAMED.filter(([, size]) => Math.floor(sum / size) % 2 === 1).map(([name]) => name);
}

/** The one bit of a word, by its place. */
function bit(word: bigint): string {
  let place = 0;
  for (let rest = word; rest > 1n; rest >>= 1n) place += 1;
  return 1n << BigInt(place) === word ? `bit${place}` : `not one bit: ${word}`;
}

function binary(word: bigint): string {
  return `0b${word.toString(2).padStart(2, "0")}`;
}

/** Descriptor and rights of the entry for one page, mapped with some rights at some stage. */
function encoded(ready: Setting, stage: 1 | 2, prot: number) {
  enter(ready.machine, ready.domain, PAGE, FRAME, PAGE, prot);
  const [seen] = entriesOf(ready, PAGE, 2 * PAGE);
  const word = seen ? descriptorOf(seen.entry, seen.level, stage) : 0n;
  const reads = translate(ready.machine, ready.stream, Iova(PAGE), "read").ok;
  const writes = translate(ready.machine, ready.stream, Iova(PAGE), "write").ok;
  return { word, reads, writes };
}

/** The table format that Arm's IOMMUs share with its CPUs. */
export const PGTABLE: Area = {
  "PGTABLE-001": () => {
    const shape = shapeOf(48);
    return {
      result: {
        levels: shape.levels,
        start_level: shape.startLevel,
        bits_per_level: shape.bitsPerLevel,
        entries_per_table: shape.entriesPerTable,
        pgd_bytes: shape.rootBytes,
        index_shift: shape.indexShifts,
        offset_bits: shape.offsetBits,
      },
    };
  },
  "PGTABLE-002": (lab) => {
    const { levels, startLevel, rootBytes } = shapeOf(39);
    const ready = setting(lab, { inputBits: 39 });
    const last = 128 * 4096 * 1048576 - PAGE;
    const isReal = enter(ready.machine, ready.domain, last, FRAME, PAGE).ok;
    const isWalked = iovaToFrame(ready.machine, ready.domain, last) === FRAME;
    const shape = { levels, start_level: startLevel, pgd_bytes: rootBytes };
    return { result: isReal && isWalked ? shape : "a table that cannot be used" };
  },
  "PGTABLE-007": (lab) => {
    const chosen = (granule: number, outputBits: number) => {
      return sizesIn(chooseGranule(EVERY - (EVERY % granule), outputBits));
    };
    const wide = chosen(64 * K, 52).slice(chosen(64 * K, 48).length);
    // What is chosen is what a domain then has: the largest block that fits is 2M, not 32M.
    const ready = setting(lab, { pageSizes: chooseGranule(EVERY, 48) });
    enter(ready.machine, ready.domain, 16 * BLOCK, Pfn(16 * 512), 16 * BLOCK);
    const isUsed = entriesOf(ready, 16 * BLOCK, 32 * BLOCK).every((one) => one.size === BLOCK);
    return {
      result: {
        "4K": isUsed ? chosen(4 * K, 48).join("|") : "blocks of another granule",
        "16K": chosen(16 * K, 48).join("|"),
        "64K": `${chosen(64 * K, 48).join("|")} (|${wide.join("|")} if oas>48)`,
      },
    };
  },
  "PGTABLE-008": () => {
    const smallest = (hardware: number) => sizesIn(chooseGranule(hardware, 48))[0];
    const M2 = 2048 * K;
    return {
      result: prose(
        said("PAGE_SIZE if supported", smallest(EVERY) === "4K" && PAGE === 4 * K),
        // Below the CPU's 4K no table has a granule: what is chosen there serves for nothing.
        said("else the largest below", chooseGranule(2 * K + 64 * K, 48) === 0),
        said("else the smallest above", smallest(M2 + 64 * K + 16 * K) === "16K"),
      ),
    };
  },
  "PGTABLE-009": () => {
    const flags = ENTRY.READ | ENTRY.WRITE;
    const page = descriptorOf(entryOf(FRAME, flags), 0, 1);
    const block = descriptorOf(entryOf(FRAME, flags), 1, 1);
    const table = descriptorOf(entryOf(1, ENTRY.TABLE), 1, 1);
    const readOnly = descriptorOf(entryOf(FRAME, ENTRY.READ), 0, 1);
    const kinds = [page & 3n, table & 3n].map(binary);
    const xn = page >> 53n === 3n ? "bits54:53" : "elsewhere";
    return {
      result: {
        valid: bit(page & block & table & 1n),
        block: binary(block & 3n),
        "table/page": kinds[0] === kinds[1] ? (kinds[0] as string) : kinds.join(),
        AF: bit(page & DESCRIPTOR.AF),
        SH_IS: `${binary((page >> 8n) & 3n)}<<8`,
        AP_unpriv: bit(page & DESCRIPTOR.AP_UNPRIV),
        AP_rdonly: bit(readOnly ^ page),
        nG: bit(page & DESCRIPTOR.NG),
        XN: xn,
      },
    };
  },
  "PGTABLE-010": (lab) => {
    const { machine, domain } = setting(lab);
    enter(machine, domain, PAGE, FRAME, PAGE);
    return failed(enter(machine, domain, PAGE, FRAME, PAGE));
  },
  "PGTABLE-011": (lab) => {
    const { machine, domain } = setting(lab);
    enter(machine, domain, BLOCK, FRAME, BLOCK);
    return failed(enter(machine, domain, BLOCK + PAGE, FRAME, PAGE));
  },
  "PGTABLE-012": (lab) =>
    [true, false].map((isUsed): Actual => {
      const ready = setting(lab);
      const { machine, domain, iommu } = ready;
      enter(machine, domain, BLOCK + PAGE, FRAME, PAGE);
      if (!isUsed) unmapDomain(machine, domain, BLOCK + PAGE, PAGE);
      const free = machine.tables.free.length;
      const since = commandCount(machine, iommu);
      const got = enter(machine, domain, BLOCK, Pfn(1024), BLOCK);
      const isFreed = machine.tables.free.length > free;
      return {
        ...(got.ok ? { result: 0 } : failed(got)),
        event: prose(
          said(
            "old table is unmapped and freed",
            isFreed && told(ready, since) === "TLBI_NH_VA(table) SYNC",
          ),
          said("then replaced", iovaToFrame(machine, domain, BLOCK + PAGE) === 1025),
          said("overlap is NOT reported", got.ok),
        ),
      };
    }),
  "PGTABLE-013": (lab) => {
    const ready = setting(lab);
    const got = enter(ready.machine, ready.domain, PAGE, FRAME, PAGE, 0);
    const isEmpty = entriesOf(ready, 0, BLOCK).length === 0;
    return {
      ...(got.ok ? { result: 0 } : failed(got)),
      event: prose(said("nothing is written", isEmpty)),
    };
  },
  "PGTABLE-015": (lab) => {
    const { machine, domain } = setting(lab);
    return [
      failed(enter(machine, domain, ADDRESS_END, FRAME, PAGE)),
      failed(enter(machine, domain, PAGE, Pfn(ADDRESS_END / PAGE), PAGE)),
    ];
  },
  "PGTABLE-016": (lab) => {
    const { word, reads, writes } = encoded(setting(lab, { stage: 1 }), 1, IOMMU_PROT.WRITE);
    const isReadWrite = (word & DESCRIPTOR.AP_RDONLY) === 0n && writes;
    return {
      result: prose(
        said("AP read-write", isReadWrite),
        said("stage 1 cannot express write-only", isReadWrite && reads),
        said("device reads succeed", reads),
      ),
    };
  },
  "PGTABLE-017": (lab) => {
    const { word, reads } = encoded(setting(lab, { stage: 2 }), 2, IOMMU_PROT.WRITE);
    const rights = word & (DESCRIPTOR.HAP_READ | DESCRIPTOR.HAP_WRITE);
    return {
      result: prose(
        said("HAP_WRITE only", rights === DESCRIPTOR.HAP_WRITE),
        said("device reads fault", !reads),
      ),
    };
  },
  "PGTABLE-019": (lab) => {
    const ready = setting(lab);
    const { machine, domain } = ready;
    enter(machine, domain, BLOCK, FRAME, BLOCK);
    const size = unmapDomain(machine, domain, BLOCK + PAGE, PAGE);
    const left = entriesOf(ready, BLOCK, 2 * BLOCK);
    const isSame = left.every(({ at }) => {
      return iovaToFrame(machine, domain, at) === FRAME + (at - BLOCK) / PAGE;
    });
    return {
      result: size,
      event: prose(
        said(
          "block is split",
          left.every((one) => one.size === PAGE),
        ),
        said(`${left.length} page entries stay valid`, isSame),
      ),
    };
  },
  "PGTABLE-021": (lab) => {
    const bench = lab.bench();
    const ready = setting({ ...lab, bench: () => bench });
    const { mark } = bench;
    const result = unmapDomain(ready.machine, ready.domain, PAGE, PAGE);
    const [warned] = bench.seen(mark, "kernel.warn");
    const isTold = WARN[warned?.args[0] ?? -1] === "an unmap of what is not mapped";
    return { result, event: prose(said("WARN", isTold)) };
  },
  "PGTABLE-022": (lab) => {
    const ready = setting(lab);
    const { machine, domain, iommu } = ready;
    enter(machine, domain, PAGE, FRAME, PAGE);
    const since = commandCount(machine, iommu);
    unmapFast(machine, domain, PAGE, PAGE);
    const [first] = commandsSince(machine, iommu, since);
    const isWhole = first?.start === PAGE && first.size === PAGE;
    return {
      event: prose(
        said("TLBI for the range with leaf=true", told(ready, since).includes("(leaf)") && isWhole),
        said("sync left to the caller", !told(ready, since).includes("SYNC")),
      ),
    };
  },
  "PGTABLE-023": (lab) => {
    const ready = setting(lab);
    const { machine, domain, iommu } = ready;
    enter(machine, domain, BLOCK, Pfn(513), BLOCK); // not aligned alike: 512 pages
    const since = commandCount(machine, iommu);
    const free = machine.tables.free.length;
    unmapFast(machine, domain, BLOCK, BLOCK);
    const [first] = commandsSince(machine, iommu, since);
    const isAll = first?.start === BLOCK && first.size === BLOCK;
    const order = told(ready, since);
    return {
      event: prose(
        said("TLBI leaf=false with granule steps", order.startsWith("TLBI_NH_VA(table)") && isAll),
        said("then sync", order === "TLBI_NH_VA(table) SYNC"),
        said("before the table page is freed", machine.tables.free.length === free + 1),
      ),
    };
  },
  "PGTABLE-024": (lab) => {
    const ready = setting(lab);
    const since = commandCount(ready.machine, ready.iommu);
    const got = enter(ready.machine, ready.domain, PAGE, FRAME, PAGE);
    const isSilent = got.ok && told(ready, since) === "";
    return { event: prose(said("none (only a write barrier)", isSilent)) };
  },
};
