/** The kernels whose rules the model knows. */
export const KERNELS = ["v4.18", "v5.7", "v6.1"] as const;

export type Kernel = (typeof KERNELS)[number];

/** True where a pinned page is counted as such and copied at fork (FOLL_PIN). */
export function hasFollPin(kernel: Kernel): boolean {
  return kernel === "v6.1";
}
