import {
  corePart,
  type Failure,
  hasFollPin,
  type Kernel,
  PAGE,
  Pfn,
  type Result,
} from "../../../engine/core/index.ts";
import {
  createMm,
  flagsOf,
  isRegister,
  LEVELS,
  MMAP_BASE,
  type MmPart,
  mapArea,
  mmPart,
  numberOf,
  PROT,
  peek,
  readFrame,
  readMemory,
  writeMemory,
} from "../../../engine/mm/index.ts";
import { ENTRIES, ENTRY } from "../../../engine/mm/table.ts";

export const RW = PROT.READ | PROT.WRITE;

export interface BenchOptions {
  readonly kernel?: Kernel;
  readonly fails?: readonly Failure[];
}

/** A machine with memory and nothing else; every event is heard. */
export function bench({ kernel = "v4.18", fails = [] }: BenchOptions = {}): MmPart {
  const machine = { ...corePart({ kernel, seed: 1, mended: [], fails }), ...mmPart() };
  machine.news.mask.fill(1);
  return machine;
}

/** An address space with one private area of so many pages, at MMAP_BASE. */
export function spaceOf(machine: MmPart, pages: number, prot = RW): number {
  const mm = createMm(machine);
  const wish = { length: pages * PAGE, prot, flags: 0, backing: { kind: "anonymous" as const } };
  good(mapArea(machine, mm, wish));
  return mm;
}

export function page(index: number): number {
  return MMAP_BASE + index * PAGE;
}

export function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`);
  return result.value;
}

export function put(machine: MmPart, mm: number, va: number, value: number): string {
  const written = writeMemory(machine, mm, va, Uint8Array.of(value));
  return written.ok ? "ok" : written.errno;
}

/** Touches: a page that was not there is faulted in. */
export function get(machine: MmPart, mm: number, va: number): number | string {
  const read = readMemory(machine, mm, va, 1);
  return read.ok ? (read.value[0] as number) : read.errno;
}

/** Looks without touching: at the page that is there, or that a touch would find. */
export function look(machine: MmPart, mm: number, va: number): number {
  const pfn = peek(machine, mm, va)?.pfn ?? sharedFrame(machine, mm, va);
  return pfn === undefined ? 0 : (readFrame(machine, pfn, va % PAGE, 1)[0] as number);
}

function sharedFrame(machine: MmPart, mm: number, va: number): Pfn | undefined {
  const vma = machine.mms[mm]?.vmas.find(({ start, end }) => start <= va && va < end);
  if (vma?.backing.kind !== "shared") return undefined;
  const { memory, page: first } = vma.backing;
  const pfn = machine.shared[memory]?.pages[first + Math.floor((va - vma.start) / PAGE)] ?? -1;
  return pfn < 0 ? undefined : Pfn(pfn);
}

export function frameOf(machine: MmPart, mm: number, va: number): Pfn {
  const found = peek(machine, mm, va);
  if (!found) throw new Error(`nothing at ${va.toString(16)}`);
  return found.pfn;
}

/** What somebody outside mm holds: pins, and frames of drivers, by number. */
export interface Held {
  readonly pins: readonly number[];
  readonly frames: readonly number[];
}

interface Leaf {
  readonly mm: number;
  readonly address: number;
  readonly pfn: number;
  readonly flags: number;
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Walks every table from its root, as plainly as can be. */
function leaves(machine: MmPart, tables: Set<number>): Leaf[] {
  const found: Leaf[] = [];
  const walk = (mm: number, table: number, level: number, base: number): void => {
    if (tables.has(table)) throw new Error(`table ${table} is used twice`);
    tables.add(table);
    for (let index = 0; index < ENTRIES; index += 1) {
      const entry = machine.tables.entries[table * ENTRIES + index] as number;
      if (entry === 0) continue;
      const address = base + index * PAGE * ENTRIES ** level;
      if (flagsOf(entry) & ENTRY.TABLE) walk(mm, numberOf(entry), level - 1, address);
      else found.push({ mm, address, pfn: numberOf(entry), flags: flagsOf(entry) });
    }
  };
  for (const [mm, space] of machine.mms.entries()) {
    if (space.users > 0) walk(mm, space.root, LEVELS - 1, 0);
  }
  return found;
}

/** Everything that must hold between two calls, whatever they were. @returns what does not */
export function faultsOf(machine: MmPart, held: Held): string[] {
  const faults: string[] = [];
  const say = (isWrong: boolean, what: string) => void (isWrong && faults.push(what));
  const tables = new Set<number>();
  const all = leaves(machine, tables);
  const maps = new Map<number, number>();
  const refs = new Map<number, number>();
  const pins = new Map<number, number>();
  for (const { pfn } of all) {
    add(maps, pfn);
    add(refs, pfn);
  }
  for (const pfn of held.pins) {
    add(pins, pfn);
    add(refs, pfn);
  }
  for (const pfn of held.frames) add(refs, pfn);
  for (const { pages } of machine.shared) for (const pfn of pages) if (pfn >= 0) add(refs, pfn);

  const { frames } = machine;
  const slots = new Set<number>();
  for (let pfn = 1; pfn < frames.top; pfn += 1) {
    const name = `page ${pfn}`;
    say(
      frames.refs[pfn] !== (refs.get(pfn) ?? 0),
      `${name}: ${frames.refs[pfn]} references, ${refs.get(pfn) ?? 0} holders`,
    );
    say(
      frames.mapcount[pfn] !== (maps.get(pfn) ?? 0),
      `${name}: mapcount ${frames.mapcount[pfn]}, ${maps.get(pfn) ?? 0} entries`,
    );
    say(
      frames.pins[pfn] !== (pins.get(pfn) ?? 0),
      `${name}: ${frames.pins[pfn]} pins, ${pins.get(pfn) ?? 0} held`,
    );
    const isFree = frames.free.filter((free) => free === pfn).length;
    say(isFree !== (frames.refs[pfn] === 0 ? 1 : 0), `${name} is ${isFree} times in the free list`);
    const slot = frames.slot[pfn] as number;
    say(
      slot > 0 && (frames.refs[pfn] === 0 || slots.has(slot)),
      `${name}: slot ${slot} is not its own`,
    );
    if (slot > 0) slots.add(slot);
  }
  for (const slot of frames.freeSlots) {
    say(slots.has(slot + 1), `slot ${slot} is free and used`);
    slots.add(slot + 1);
    const rest = frames.bytes.subarray(slot * PAGE, (slot + 1) * PAGE);
    say(
      rest.some((byte) => byte !== 0),
      `slot ${slot} is free and not empty`,
    );
  }
  say(slots.size !== frames.slots, `${frames.slots} slots, ${slots.size} used or free`);
  say(
    frames.refs[0] !== 0 || frames.mapcount[0] !== 0 || frames.pins[0] !== 0,
    "the zero page is counted",
  );
  say(frames.slot[0] !== 0, "the zero page has content");
  for (const table of machine.tables.free) {
    say(tables.has(table), `table ${table} is free and used`);
    tables.add(table);
  }
  say(
    tables.size !== machine.tables.made,
    `${machine.tables.made} tables, ${tables.size} used or free`,
  );
  return [...faults, ...areaFaults(machine, all)];
}

/** Areas in order, entries inside them, and nothing writable that others see. */
function areaFaults(machine: MmPart, all: readonly Leaf[]): string[] {
  const faults: string[] = [];
  for (const [mm, { vmas, users }] of machine.mms.entries()) {
    if (users === 0 && vmas.length > 0) faults.push(`space ${mm} is gone and has areas`);
    for (const [at, vma] of vmas.entries()) {
      const before = vmas[at - 1];
      if (vma.start >= vma.end) faults.push(`space ${mm}: an empty area`);
      if (before && before.end > vma.start) faults.push(`space ${mm}: areas overlap`);
    }
  }
  for (const { mm, address, pfn, flags } of all) {
    const name = `space ${mm} at ${address.toString(16)}`;
    const vma = machine.mms[mm]?.vmas.find(({ start, end }) => start <= address && address < end);
    if (!vma) {
      faults.push(`${name}: an entry outside every area`);
      continue;
    }
    const isPrivate = vma.backing.kind === "anonymous";
    const isOwn = machine.frames.exclusive[pfn] === 1;
    const isPinned = hasFollPin(machine.kernel) && (machine.frames.pins[pfn] as number) > 0;
    if (isPrivate && isPinned && !isOwn) faults.push(`${name}: pinned, and not its own`);
    if (!(flags & ENTRY.WRITE)) continue;
    if (!(vma.prot & PROT.WRITE)) faults.push(`${name}: writable against its area`);
    if (pfn === 0) faults.push(`${name}: the zero page is writable`);
    const isAlone = isRegister(Pfn(pfn)) || machine.frames.mapcount[pfn] === 1;
    if (isPrivate && !isAlone) faults.push(`${name}: writable, and others map it`);
    if (isPrivate !== isOwn) faults.push(`${name}: ${isOwn ? "its own" : "not its own"}`);
  }
  return faults;
}
