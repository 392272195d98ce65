/** A call that slept while others acted is drawn in two halves, as strace prints it. */

import { expect, test } from "vitest";
import { draw, ladderAt, type Message, toAscii, type View } from "../../../diagrams/index.ts";
import type { Depth, Run } from "../../../engine/index.ts";
import { runOf } from "./runs.ts";

const REMOVE = runOf("mdev-remove-busy");

const COMPRESS = runOf(
  "compress in two halves",
  `title      A request that sleeps
kernel     v4.18
framework  ioctl
iommu      smmu0 kind=smmuv3 iotlb=64
device     hisi_zip-0 kind=zip hw=v1 behind=smmu0

app: buf = mmap(0, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
app: store(buf, "aaaaaaaa")
app: zip = open("/dev/hisi_zip-0", O_RDWR)
app: ioctl(zip, WD_IOCTL_COMPRESS, {src: buf, len: 1K, dst: buf+4K, room: 4K}) <unfinished ...>   @asleep
other: wait 1us   @other
app: <... ioctl resumed> = 0   @back
`,
);

function rows(run: Run, at: string, detail: Depth): readonly Message[] {
  const made = ladderAt(run, { at, detail });
  if (!made.ok) throw new Error(made.message);
  return made.ladder.rows.filter((row) => row.kind === "message");
}

function textAt(run: Run, at: string, view: View): string {
  const drawn = draw(run, { at, view });
  const text = drawn.ok ? toAscii(drawn.picture) : drawn;
  return text.ok ? text.text : text.message;
}

test("the second half goes on in the kernel, and only its return reaches the process", () => {
  const half = rows(REMOVE, "7", "calls").slice(-3);
  expect(half.map(({ label }) => label)).toEqual(["<... write resumed>", "wake root", "return"]);
  const [again, , back] = half;
  expect(again?.hops).toEqual([{ from: "kernel", to: "kernel", style: "call" }]);
  expect(back?.hops).toEqual([{ from: "kernel", to: expect.any(String), style: "return" }]);
});

test("with nothing told inside it, a half is one row", () => {
  const all = rows(REMOVE, "7", "story");
  expect(all[1]?.label).toBe("write remove, 1 byte <unfinished ...>");
  expect(all.at(-1)).toMatchObject({
    step: "7",
    label: "<... write resumed>",
    hops: [{ from: "kernel", style: "return" }],
  });
});

test("a call that slept is counted once, where it began", () => {
  expect(textAt(REMOVE, "7", "sequence")).toContain("1 in the second, 2 in the third.");
});

test("its waking, not a second call, leads to the next state", () => {
  const text = textAt(REMOVE, "7", "states");
  expect(text).toContain("<... write resumed> *");
  expect(text.match(/write remove, 1 byte/g)).toHaveLength(1);
});

test("the first half says nothing of what will come of it", () => {
  const first = rows(COMPRESS, "@asleep", "calls");
  expect(first.length).toBeGreaterThan(1);
  expect(first.some(({ label }) => label.startsWith("return"))).toBe(false);
});

test("the title of a moment says which half it is", () => {
  expect(textAt(COMPRESS, "@asleep", "blocks")).toContain("(ioctl COMPRESS <unfinished ...>)");
  expect(textAt(COMPRESS, "@back", "blocks")).toContain("(<... ioctl resumed>)");
});

test("on a timeline it is one span, as long as it has lasted, and current in both halves", () => {
  const spans = ["@asleep", "@back"].map((at) =>
    textAt(COMPRESS, at, "timeline")
      .split("\n")
      .filter((line) => /ioctl COMPRESS/.test(line)),
  );
  expect(spans.map((some) => some.length)).toEqual([1, 1]);
  for (const some of spans) expect(some[0]).toMatch(/^ +5 *> ioctl/);
  expect(spans[0]?.[0]).not.toBe(spans[1]?.[0]);
});
