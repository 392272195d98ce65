/** What an IOMMU looks at before it reads a table: the entry of the stream, the context, its IOTLB. */

import {
  bondOf,
  ENTRIES,
  FAULT,
  frameIn,
  levelsFor,
  type Machine,
  recall,
  record,
  STE,
  spanOf,
} from "../../engine/index.ts";
import type { WalkEntry, WalkPath } from "../layout/index.ts";
import { grouped, offsetWords, sizeWords, type Walked } from "./walk-tables.ts";

/** Levels of a process's own table. */
export const LEVELS = 4;

/** One access of a device, or the question where one would go. */
export interface Asked {
  readonly stream: number;
  /** 0 for none. */
  readonly pasid: number;
  readonly address: number;
  readonly access: "read" | "write";
}

/** How an access began, and the table that decides where nothing did before. */
export interface Begun {
  readonly path: WalkPath;
  readonly table?: Pick<Walked, "name" | "root" | "levels" | "mm">;
  /** The frame that the IOTLB named; -1 where it knew nothing. */
  readonly known: number;
}

/** The name of the mm's process, "app". */
function ownerOf(machine: Machine, mm: number): string {
  return machine.tasks.find((task) => task.mm === mm)?.name ?? "a process that is gone";
}

/**
 * @param machine  as it was when the IOMMU looked; for the IOTLB, before it remembered
 * @param who      whose access it is, as drawings call it
 */
export function begin(machine: Machine, asked: Asked, who: string, head: string): Begun {
  const { stream: id, pasid, address } = asked;
  const stream = record(machine.streams, id);
  const entries: WalkEntry[] = [];
  const add = (name: string, says: string) => entries.push({ name, says, role: "iommu" });
  const stopped = (...lines: readonly string[]): Begun => ({
    known: -1,
    path: { head, root: who, entries, end: { kind: "refused", lines } },
  });
  if (stream.config === STE.abort) {
    add(`STE[${id}]`, "abort");
    return stopped("the stream is not let through");
  }
  if (stream.config === STE.bypass) {
    add(`STE[${id}]`, "bypass: the address is physical");
    const lines = [`page ${Math.floor(address / spanOf(0))}`, offsetWords(address, spanOf(0))];
    return { known: -1, path: { head, root: who, entries, end: { kind: "frame", lines } } };
  }
  const iommu = record(machine.iommus, stream.iommu);
  const isTwo = stream.config === STE.s2;
  const bond = pasid > 0 ? bondOf(machine, id, pasid) : undefined;
  const rows = iommu.ssidBits > 0 ? 1 << iommu.ssidBits : 1;
  const contexts = rows === 1 ? "one context" : `${rows} contexts`;
  add(`STE[${id}]`, isTwo ? "stage 2" : `stage 1, ${contexts}`);
  if (pasid >= rows && pasid > 0) return stopped(`PASID ${pasid} is past them: C_BAD_SUBSTREAMID`);
  if (pasid > 0 && !bond) {
    add(`CD[${pasid}]`, "empty");
    return stopped("no context for this PASID: C_BAD_CD");
  }
  const domain = bond ? undefined : record(machine.domains, stream.domain);
  const asid = bond?.asid ?? domain?.asid ?? -1;
  const mm = bond?.mm;
  const root = mm === undefined ? (domain?.root ?? -1) : record(machine.mms, mm).root;
  const whose =
    mm === undefined ? `table of domain ${stream.domain}` : `${ownerOf(machine, mm)}'s own table`;
  if (isTwo) add("VMID", `${asid}, ${whose}`);
  else add(`CD[${pasid}]`, `ASID ${asid}, ${whose}`);
  const levels = mm === undefined ? levelsFor(iommu.inputBits) : LEVELS;
  if (address >= spanOf(levels - 1) * ENTRIES) return stopped("past the bits of the table");
  const row = recall(machine.iotlb, iommu, asid, address);
  const name = isTwo ? "VTTB" : "TTB0";
  const table = { name, root, levels, ...(mm === undefined ? {} : { mm }) };
  if (row < 0) {
    add("IOTLB", iommu.rows === 0 ? "there is none" : "miss: the table is read");
    return { known: -1, table, path: { head, root: who, entries } };
  }
  const level = machine.iotlb.level[row] as number;
  const size = spanOf(level);
  add("IOTLB", `hit: ${sizeWords(size)} at ${grouped(address - (address % size))}`);
  const known = frameIn(machine.iotlb.entry[row] as number, level, address);
  const lines = [`page ${known}`, offsetWords(address, spanOf(0))];
  return { known, table, path: { head, root: who, entries, end: { kind: "frame", lines } } };
}

/** What an IOMMU says where it refuses, and what comes of it. */
export function faultWords(reason: number): readonly string[] {
  switch (reason) {
    case FAULT.translation:
      return ["translation fault, aborted"];
    case FAULT.permission:
      return ["permission fault, aborted"];
    case FAULT.addressSize:
      return ["address size fault, aborted"];
    case FAULT.quiet:
      return ["aborted, without an event"];
    default:
      return ["aborted"];
  }
}
