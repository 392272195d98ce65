import { type Ladder, layoutSequence, type Picture, type Role } from "../../diagrams/index.ts";
import { type Depth, findStep, type Run, type Step } from "../../engine/index.ts";

export type View = "sequence" | "memory" | "rings";
export type Drawn =
  | { readonly ok: true; readonly picture: Picture; readonly step: Step; readonly view: View }
  | {
      readonly ok: false;
      readonly kind: "step" | "view" | "narrow";
      readonly message: string;
      readonly needs?: number;
    };
export interface DrawOptions {
  readonly at: string;
  readonly view?: View;
  readonly detail?: Depth;
  readonly from?: string;
  readonly width?: number;
}
export function viewsOf(_run: Run): readonly View[] {
  return ["sequence"];
}
const LADDER: Ladder = {
  title: ["One request (spimdev, Linux v4.18, ZIP engine), after open-a-queue."],
  lanes: [
    { id: "a", name: "app", role: "process" },
    { id: "k", name: "kernel", role: "kernel" },
    { id: "d", name: "engine", role: "device" },
    { id: "i", name: "IOMMU", role: "iommu" },
    { id: "m", name: "memory", role: "memory" },
  ],
  rows: [
    ["1", "ioctl GET_Q", "ak", "process"],
    ["2", "mmap ring and doorbell", "ak", "process"],
    ["3", "ioctl MAP_DMA, 2 pages", "ai", "process"],
    ["4", "store request, 128 bytes", "am", "process"],
    ["5", "store doorbell", "ad", "process"],
    ["6", "fetch request", "md", "device"],
    ["", "read src, 2048 bytes", "md", "device"],
    ["", "write dst", "dm", "device"],
    ["", "write completion", "dm", "device"],
    ["6", "load completion, done", "ma", "process"],
  ].map(([step = "", label = "", way = "", role]) => ({
    kind: "message" as const,
    step,
    label,
    hops: [{ from: way[0] ?? "", to: way[1] ?? "", style: "call" as const }],
    ...(role === "device" ? { iommu: "o" as const } : {}),
    role: role as Role,
  })),
  notes: ["o translated and checked by the IOMMU.", "System calls = 3 above the line, 0 below it."],
};
export function draw(run: Run, { at, width = 72 }: DrawOptions): Drawn {
  const step = findStep(run.steps, at);
  if (!step) return { ok: false, kind: "step", message: `no step ${at}` };
  const layout = layoutSequence({ ...LADDER, notes: [`Step ${step.number}.`] }, width);
  return layout.ok
    ? { ok: true, picture: layout.picture, step, view: "sequence" }
    : { ok: false, kind: "narrow", message: `needs ${layout.needs}` };
}
