import type { InvariantName } from "./invariants.ts";

/** Where a flow breaks an invariant for the first time, and why it is right to. */
export interface Exception {
  readonly invariant: InvariantName;
  readonly flow: string;
  /** The label of the statement that runs then; its line where it has none. */
  readonly step: string;
  /** The row, the defect, or the story's own point. */
  readonly why: string;
}

/** All of them: one that is not here, and one that is here and not seen, fail. */
// biome-ignore format: one exception a line
export const EXCEPTIONS: readonly Exception[] = [
  { invariant: "device-sees-what-the-process-sees", flow: "fork-cow", step: "@copied", why: "PIN-HAZARD-009: the parent writes first after fork, and gets the copy" },
  { invariant: "device-sees-what-the-process-sees", flow: "gup-dontneed", step: "@split", why: "PIN-HAZARD-005: MADV_DONTNEED drops the address, the pin keeps the page" },
  { invariant: "device-sees-what-the-process-sees", flow: "munmap-remap", step: "@unmapped", why: "PIN-HAZARD-001: munmap takes the address away, nothing tells VFIO" },
  { invariant: "device-sees-what-the-process-sees", flow: "exec-locked-vm", step: "@exec", why: "execve takes the old memory away, and nothing tells VFIO" },
  { invariant: "locked-vm-balances", flow: "exec-locked-vm", step: "@exec", why: "VFIO charges a task: what the old memory was charged, the new one gives back" },
  { invariant: "device-reads-only-what-is-mapped", flow: "stale-iotlb", step: "@leaked", why: "the story forgets one invalidation: the engine goes on through its IOTLB" },
  { invariant: "iotlb-agrees-with-tables", flow: "stale-iotlb", step: "@munmap", why: "the story forgets one invalidation, which munmap should have made" },
  { invariant: "iotlb-leads-to-held-pages", flow: "stale-iotlb", step: "@munmap", why: "the story forgets one invalidation: the page goes, and the IOTLB still knows it" },
  { invariant: "entries-lead-to-held-pages", flow: "detach-leaves-mappings", step: "@freed", why: "D22: a parent's domain keeps the entries of a container that left it" },
  { invariant: "errors-reach-the-sender", flow: "bad-address", step: "@stuck", why: "D18: the user driver does not step over a completion with an error" },
  { invariant: "errors-reach-the-sender", flow: "rings-freed", step: "@not-mine", why: "D16: rings go under a chip that works, and its answer reaches who has the addresses next" },
  { invariant: "errors-reach-the-sender", flow: "too-big", step: "@success", why: "D1: the dummy driver writes 0 over the errno" },
];
