/** A stand-in for engine/index.ts and for drawing a run, until they are there. */
import { type Ladder, layoutSequence, type Picture, type Role } from "../../diagrams/index.ts";

export interface Step {
  readonly number: string;
  readonly label?: string;
  readonly depth: "story" | "calls" | "kernel";
  readonly actor: string;
  readonly text: string;
  readonly caption: readonly string[];
  readonly section?: string;
  readonly source?: string;
  readonly children: readonly Step[];
}
export interface Run {
  readonly flow: {
    readonly file: string;
    readonly header: {
      readonly title: string;
      readonly show: readonly string[];
      readonly given: readonly string[];
    };
  };
  readonly steps: readonly Step[];
}

const LINES = [
  "app: ioctl(queue, VFIO_SPIMDEV_CMD_GET_Q, 0) = 5",
  "app: mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0) = 0x7f0000000000",
  "app: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_WRITE, vaddr: buf, iova: buf, size: 8K}) = 0",
  "app: wd_send(q, {src: buf, len: 2K, dst: buf+4K, room: 4K}) = 0",
  "hisi_zip-0: request 0: 2048 bytes in, 311 bytes out",
  "app: wait until wd_recv(q) == 0 within 50us",
];
const steps: readonly Step[] = LINES.map((text, at) => ({
  number: String(at + 1),
  ...(at === 3 ? { label: "send", section: "each request" } : {}),
  ...(at === 5 ? { label: "done" } : {}),
  depth: "story" as const,
  actor: text.split(":")[0] ?? "",
  text,
  caption: [
    at === 3
      ? "The request is written to the ring and the doorbell is rung. The kernel is not entered."
      : "The buffer is pinned and mapped: the engine will use the process's own addresses.",
  ],
  children:
    at === 3
      ? ["store request, 128 bytes", "store doorbell"].map((inner, k) => ({
          number: `4.${k + 1}`,
          depth: "calls" as const,
          actor: "app",
          text: `app: ${inner}`,
          caption: [`Inside wd_send: ${inner}.`],
          children: [],
        }))
      : [],
}));

export function runOf(name: string): Run {
  const header = { title: "One request to the ZIP engine", show: ["send", "done"], given: [] };
  return { flow: { file: `content/flows/${name}.flow`, header }, steps };
}

export function findStep(run: Run, address: string): Step | undefined {
  const all = run.steps.flatMap((step) => [step, ...step.children]);
  return all.find(({ number, label }) => number === address || `@${label}` === address);
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

export function draw(
  _run: Run,
  { at, width = 72 }: { at: string; width?: number; view: string },
): { ok: true; picture: Picture } | { ok: false; message: string } {
  const number = at.split(".")[0];
  const rows = LADDER.rows.map((row) =>
    row.kind === "message" ? { ...row, current: row.step === number } : row,
  );
  const layout = layoutSequence({ ...LADDER, rows }, width);
  return layout.ok ? layout : { ok: false, message: `needs ${layout.needs}` };
}

export function views(_run: Run): readonly ("sequence" | "rings" | "memory")[] {
  return ["sequence", "memory"];
}
