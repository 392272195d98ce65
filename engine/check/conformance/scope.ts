import type { Kernel } from "../../core/index.ts";
import type { Row, Then } from "./rows.ts";

/** What the model leaves out on purpose, by name. */
export const OUT_OF_SCOPE = {
  "fs-dax": "files on persistent memory (fs-dax) are not modelled",
  rdma: "RDMA is not modelled",
  reclaim: "reclaim and the merging of huge pages are not modelled",
  granules: "granules of 16K and 64K are not modelled",
  x86: "shapes of x86 are not modelled",
  "32-bit": "32-bit kernels are not modelled",
  iommufd: "iommufd is not modelled",
  "vm-pinned": "VM_PINNED was never merged, and is not modelled",
  later: "kernels after v6.1 are not modelled",
} as const;
export type Scope = keyof typeof OUT_OF_SCOPE;

/** Rows that are out of scope for what they are about. */
const ROWS: Readonly<Record<string, Scope>> = {
  "VFIO-DMA-014": "32-bit",
  "VFIO-DMA-025": "fs-dax",
  "VFIO-DMA-080": "iommufd",
  "VFIO-DMA-082": "iommufd",
  "MDEV-PIN-018": "fs-dax",
  "PGTABLE-004": "granules",
  "SVA-002": "x86",
  "GUP-011": "fs-dax",
  "GUP-018": "fs-dax",
  "PIN-HAZARD-019": "reclaim",
  "PIN-HAZARD-022": "reclaim",
  "MEMLOCK-006": "rdma",
  "MEMLOCK-007": "rdma",
  "MEMLOCK-012": "iommufd",
};

/** Parts of a row's result that are out of scope, where the rest is not. */
const PARTS: Readonly<Record<string, { readonly field: string; readonly scope: Scope }>> = {
  "GUP-017": { field: "RDMA", scope: "rdma" },
};

/** What of a row's outcome is in scope; and why the rest is not, where there is one. */
export function inScope({ id, then }: Row): { readonly outcome: Then; readonly reason?: string } {
  const part = PARTS[id];
  const { result } = then;
  if (!part || typeof result !== "object" || result === null) return { outcome: then };
  const left = Object.entries(result).filter(([name]) => name !== part.field);
  const reason = `${part.field}: ${OUT_OF_SCOPE[part.scope]}`;
  return { outcome: { ...then, result: Object.fromEntries(left) }, reason };
}

/** The tree of a row, and the rules of the model that stand for it. */
const TREES: Readonly<Record<string, Kernel | Scope>> = {
  "v4.18": "v4.18",
  "v5.7": "v5.7",
  "v6.1.192": "v6.1",
  "WarpDrive RFC branch": "v4.18",
  "RFC 2014-05-26 (never merged)": "vm-pinned",
};

function isScope(word: string): word is Scope {
  return Object.hasOwn(OUT_OF_SCOPE, word);
}

/** Why a row is out of scope; undefined for one in scope. */
export function scopeOf({ id, kernel }: Row): Scope | undefined {
  const named = ROWS[id];
  if (named) return named;
  const tree = TREES[kernel] ?? "later";
  return isScope(tree) ? tree : undefined;
}

/** The rules that stand for the tree of a row in scope. */
export function kernelOf({ kernel }: Row): Kernel {
  const tree = TREES[kernel];
  return tree === undefined || isScope(tree) ? "v4.18" : tree;
}
