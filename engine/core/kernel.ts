/** The kernels whose rules the model knows. */
export const KERNELS = ["v4.18", "v5.7", "v6.1"] as const;

export type Kernel = (typeof KERNELS)[number];

/** Which of them a check belongs to, where v6.1 does otherwise. */
export const BEFORE_V6: readonly Kernel[] = ["v4.18", "v5.7"];
export const SINCE_V6: readonly Kernel[] = ["v6.1"];

/** True where a pinned page is counted as such and copied at fork (FOLL_PIN). */
export function hasFollPin(kernel: Kernel): boolean {
  return kernel === "v6.1";
}
