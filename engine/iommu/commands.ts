import { record } from "../core/index.ts";
import type { IommuPart } from "./part.ts";

/** Commands of SMMUv3, by their opcodes. Source: drivers/iommu/arm-smmu-v3.c CMDQ_OP_* v4.18 */
export const COMMAND = {
  CFGI_STE: 0x03,
  CFGI_CD: 0x05,
  TLBI_NH_ASID: 0x11,
  TLBI_NH_VA: 0x12,
  TLBI_S12_VMALL: 0x28,
  TLBI_S2_IPA: 0x2a,
  ATC_INV: 0x40,
  PRI_RESP: 0x41,
  RESUME: 0x44,
  SYNC: 0x46,
} as const;
export type CommandName = keyof typeof COMMAND;

/** How a page request by PRI is answered (PRI_RESP_*), and what becomes of a stalled access. */
export const PRI_ANSWER = { DENY: 0, FAIL: 1, SUCCESS: 2 } as const;
export const RESUME = { TERMINATE: 0, RETRY: 1, ABORT: 2 } as const;

/** Entries of one command queue. The size is ours: the hardware says its own, up to 2^19. */
export const COMMANDS_MAX = 64;

/**
 * What the driver has told its IOMMUs, in columns: a ring for each, which the hardware has read to
 * its end whenever the driver waits for SYNC. What was read stays in memory until the ring comes
 * round.
 */
export interface Commands {
  op: Uint8Array;
  /** Stream, ASID or VMID, or the group of a page request. */
  tag: Int32Array;
  start: Float64Array;
  /** In bytes. One row may stand for many granules side by side; 0 where there is no range. */
  size: Float64Array;
  /** Invalidation: 1 for leaves only. An answer: its code. A stream: its configuration just now. */
  extra: Uint8Array;
  /** One an IOMMU: commands ever written. */
  made: Float64Array;
}

export function commands(): Commands {
  return {
    op: new Uint8Array(0),
    tag: new Int32Array(0),
    start: new Float64Array(0),
    size: new Float64Array(0),
    extra: new Uint8Array(0),
    made: new Float64Array(0),
  };
}

/** Makes room for one more IOMMU, before the run begins. */
export function reserveCommands(all: Commands): void {
  const count = all.made.length + 1;
  const longer: Commands = {
    op: new Uint8Array(count * COMMANDS_MAX),
    tag: new Int32Array(count * COMMANDS_MAX),
    start: new Float64Array(count * COMMANDS_MAX),
    size: new Float64Array(count * COMMANDS_MAX),
    extra: new Uint8Array(count * COMMANDS_MAX),
    made: new Float64Array(count),
  };
  for (const name of ["op", "tag", "start", "size", "extra", "made"] as const) {
    longer[name].set(all[name]);
  }
  Object.assign(all, longer);
}

/** What a command says beside its opcode; each 0 where left out. */
export interface CommandWords {
  readonly tag?: number;
  readonly start?: number;
  readonly size?: number;
  readonly extra?: number;
}

/** Writes one command (arm_smmu_cmdq_issue_cmd). */
export function command(
  machine: IommuPart,
  iommu: number,
  name: CommandName,
  { tag = 0, start = 0, size = 0, extra = 0 }: CommandWords = {},
): void {
  const { commands: all } = machine;
  const made = all.made[iommu] as number;
  const row = iommu * COMMANDS_MAX + (made % COMMANDS_MAX);
  all.op[row] = COMMAND[name];
  all.tag[row] = tag;
  all.start[row] = start;
  all.size[row] = size;
  all.extra[row] = extra;
  all.made[iommu] = made + 1;
}

/** One command as a record, for who reads. */
export interface SaidCommand extends Required<CommandWords> {
  readonly name: CommandName;
}

const NAMES = Object.entries(COMMAND) as readonly [CommandName, number][];

/** How many commands an IOMMU was told so far: a place to look from. */
export function commandCount(machine: IommuPart, iommu: number): number {
  return machine.commands.made[iommu] ?? 0;
}

/** The commands since then, oldest first; those that the ring still has. */
export function commandsSince(machine: IommuPart, iommu: number, since: number): SaidCommand[] {
  const { commands: all } = machine;
  const made = commandCount(machine, iommu);
  const said: SaidCommand[] = [];
  for (let at = Math.max(since, made - COMMANDS_MAX); at < made; at += 1) {
    const row = iommu * COMMANDS_MAX + (at % COMMANDS_MAX);
    const [name] = NAMES.find(([, op]) => op === all.op[row]) ?? record(NAMES, 0);
    said.push({
      name,
      tag: all.tag[row] as number,
      start: all.start[row] as number,
      size: all.size[row] as number,
      extra: all.extra[row] as number,
    });
  }
  return said;
}
