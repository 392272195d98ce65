import { type Check, firstRefusal, type Refusal } from "../core/index.ts";
import type { VfioPart } from "./part.ts";
import type { Words } from "./words.ts";

const INTRS = "drivers/vfio/pci/vfio_pci_intrs.c vfio_pci_set_irqs_ioctl v4.18";

/** Words of struct vfio_irq_set; its data follows and is not read. */
export const IRQ_SET = { argsz: 32, flags: 32, index: 32, start: 32, count: 32 } as const;

/** Bits of its flags: what the data is, and what to do with it. */
const DATA_NONE = 1n;
const DATA_BOOL = 2n;
const DATA_EVENTFD = 4n;
const DATA = DATA_NONE | DATA_BOOL | DATA_EVENTFD;
const MASK = 8n;
const UNMASK = 16n;
const TRIGGER = 32n;
const ACTIONS = 56n;
const U32_MAX = 0xffff_ffffn;
const SIZE = 20n;

export interface IrqWish {
  readonly set: Words<keyof typeof IRQ_SET>;
  /** Interrupts of that index, and how many indices there are. */
  readonly interrupts: number;
  readonly indices: number;
}

function bytesEach({ flags }: IrqWish["set"]): bigint {
  if ((flags & DATA) === DATA_BOOL) return 1n;
  return (flags & DATA) === DATA_EVENTFD ? 4n : 0n;
}

function isOneType({ flags }: IrqWish["set"]): boolean {
  return [DATA_NONE, DATA_BOOL, DATA_EVENTFD].includes(flags & DATA);
}

/** Source: drivers/vfio/vfio.c vfio_set_irqs_validate_and_prepare v4.18 */
// biome-ignore format: one check a line
export const IRQ_SET_CHECKS: readonly Check<IrqWish>[] = [
  { errno: "EINVAL", source: "VFIO-SM-062", why: "argsz below 20", refuses: ({ set }) => set.argsz < SIZE },
  { errno: "EINVAL", source: "VFIO-SM-062", why: "no such index", refuses: ({ set, indices }) => set.index >= BigInt(indices) },
  { errno: "EINVAL", source: "VFIO-SM-062", why: "start and count run over", refuses: ({ set }) => set.count >= U32_MAX - set.start },
  { errno: "EINVAL", source: "VFIO-SM-062", why: "an unknown flag", refuses: ({ set }) => (set.flags & ~(DATA | ACTIONS)) !== 0n },
  { errno: "EINVAL", source: "VFIO-SM-062", why: "more interrupts than there are", refuses: ({ set, interrupts }) => set.start >= BigInt(interrupts) || set.start + set.count > BigInt(interrupts) },
  { errno: "EINVAL", source: "VFIO-SM-063", why: "not exactly one kind of data", refuses: ({ set }) => !isOneType(set) },
  { errno: "EINVAL", source: "VFIO-SM-063", why: "less data than count says", refuses: ({ set }) => set.argsz - SIZE < set.count * bytesEach(set) },
];

/** What a driver asks of SET_IRQS before it looks at the interrupts. Refuses: IRQ_SET_CHECKS. */
export function refuseIrqSet(machine: VfioPart, wish: IrqWish): Refusal | undefined {
  return firstRefusal(IRQ_SET_CHECKS, machine.kernel, wish);
}

type IrqSet = IrqWish["set"];

/** Indices of vfio-pci that are looked at apart: INTx, and behind MSI-X the two for errors and requests. */
const INTX = 0n;
const ERRORS = 3n;

/** INTx can be masked, unmasked and triggered, each for itself; all else be triggered. */
function isAction({ index, flags }: IrqSet): boolean {
  const action = flags & ACTIONS;
  return action === TRIGGER || (index === INTX && (action === MASK || action === UNMASK));
}

/** A trigger that needs no interrupt wired before: an eventfd, or a byte for errors and requests. */
function isWiring({ index, flags, count }: IrqSet): boolean {
  if (index >= ERRORS) return (flags & DATA) !== DATA_NONE && count > 0n;
  if ((flags & ACTIONS) !== TRIGGER || (flags & DATA) !== DATA_EVENTFD) return false;
  return index !== INTX || count === 1n;
}

/**
 * None to wire is left to the third check for messages alone: all other interrupts are refused by the
 * second.
 * Source: drivers/vfio/pci/vfio_pci_intrs.c vfio_pci_set_irqs_ioctl v4.18 and v6.1
 */
// biome-ignore format: one check a line
export const UNWIRED_CHECKS: readonly Check<IrqSet>[] = [
  { errno: "ENOTTY", source: INTRS, why: "no action, several, or one that these interrupts do not know", refuses: (set) => !isAction(set) },
  { errno: "EINVAL", source: INTRS, why: "no interrupt is wired", refuses: (set) => !isWiring(set) },
  { errno: "ERANGE", source: "drivers/vfio/pci/vfio_pci_intrs.c vfio_msi_enable v4.18", why: "no message interrupt to wire", refuses: ({ start, count }) => start + count === 0n },
];

/**
 * What vfio-pci says of SET_IRQS after that, to a device that has no interrupt wired. Refuses:
 * UNWIRED_CHECKS, in order.
 */
export function refuseUnwired({ kernel }: VfioPart, set: IrqSet): Refusal | undefined {
  return firstRefusal(UNWIRED_CHECKS, kernel, set);
}
