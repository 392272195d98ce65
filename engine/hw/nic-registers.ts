import type { Layout } from "./register.ts";

/**
 * The card of the model: descriptors of 16 bytes and a tail register for each ring, as on Intel's
 * cards, whose names these are. It is no maker's card: the send registers of a ring stand beside its
 * receive registers, which on the 82599 are in another page, and base and length of a ring are set
 * by the driver alone, though there they stand in the same page as the tail.
 */
const IXGBE = "drivers/net/ethernet/intel/ixgbe/ixgbe_type.h v4.18";
const E1000 = "drivers/net/ethernet/intel/e1000/e1000_hw.h v4.18, recalled";

/** Where a packet is to be put; then, written back by the card, that it is there. */
export const RX_DESC = {
  size: 16,
  fields: {
    buffer_addr: { at: 0, bytes: 8, notes: "device address of the buffer" },
    length: { at: 8, bytes: 2, notes: "bytes, written by the card" },
    csum: { at: 10, bytes: 2 },
    status: { at: 12, bytes: 1, notes: "RX_STATUS, written by the card" },
    errors: { at: 13, bytes: 1, notes: "RX_ERROR, written by the card" },
    special: { at: 14, bytes: 2 },
  },
  source: `${E1000} struct e1000_rx_desc`,
} as const satisfies Layout;

/** Which packet is to be sent; then, written back by the card, that it has left. */
export const TX_DESC = {
  size: 16,
  fields: {
    buffer_addr: { at: 0, bytes: 8, notes: "device address of the packet" },
    length: { at: 8, bytes: 2, notes: "bytes" },
    cso: { at: 10, bytes: 1 },
    cmd: { at: 11, bytes: 1, notes: "TX_CMD" },
    status: { at: 12, bytes: 1, notes: "TX_STATUS, written by the card" },
    css: { at: 13, bytes: 1 },
    special: { at: 14, bytes: 2 },
  },
  source: `${E1000} struct e1000_tx_desc`,
} as const satisfies Layout;

/** DD, descriptor done: the one bit that a poll-mode driver looks at. EOP: the packet ends here. */
export const RX_STATUS = { DD: 1, EOP: 2 } as const;
/** RXE: the packet could not be put there. */
export const RX_ERROR = { RXE: 0x80 } as const;
export const TX_STATUS = { DD: 1 } as const;
/** EOP: the packet ends here. RS: report the status, by DD. */
export const TX_CMD = { EOP: 1, RS: 8 } as const;

/** Bytes of registers for a ring pair. On the second silicon each has a page of its own. */
export const RING_STRIDE = 0x40;

/** From the start of a ring's registers. Source: IXGBE IXGBE_RDT; the place of TDT is ours. */
export const NIC_REGISTER = { RDT: 0x18, TDT: 0x38 } as const;

/** Slots of a ring, the fewest that RDLEN can say: 128 bytes. One stays empty. Source: IXGBE. */
export const NIC_DEPTH = 8;
/**
 * The page of a lent ring: receive descriptors, send descriptors, and what its user driver must
 * know. The kernel never reads the last again.
 */
export const NIC_PAGE = {
  size: 4096,
  fields: {
    rx: { at: 0, bytes: 16, count: NIC_DEPTH, notes: "RX_DESC" },
    tx: { at: 2048, bytes: 16, count: NIC_DEPTH, notes: "TX_DESC" },
    tag: { at: 4080, bytes: 4, notes: "NIC_TAG" },
    depth: { at: 4084, bytes: 4, notes: "slots of either ring" },
    registers: { at: 4088, bytes: 4, notes: "where its registers are in the page of registers" },
    number: { at: 4092, bytes: 4, notes: "of the ring" },
  },
  source: `this model's own; ring registers: ${IXGBE}`,
} as const satisfies Layout;

/** "RING", little endian. */
export const NIC_TAG = 0x474e_4952;

/** What a queue's file maps: page 0 its registers, page 1 its rings, a page each. */
export const NIC_REGIONS = { registers: 0, rings: 1 } as const;

/** Offset of a descriptor in the page of a ring. */
export function descOffset(ring: "rx" | "tx", slot: number): number {
  return NIC_PAGE.fields[ring].at + slot * 16;
}
