import { describe, expect, test } from "vitest";
import { blocksAt, draw, toAscii, viewsOf } from "../../../diagrams/index.ts";
import { runOf } from "./runs.ts";

const textAt = (flow: string, at: string, width = 72) => {
  const drawn = draw(runOf(flow), { at, view: "space", width });
  if (!drawn.ok) return drawn.message;
  const text = toAscii(drawn.picture, { charset: "ascii" });
  return text.ok ? text.text : text.message;
};

/** Which region of the file, from which page on, how many pages; what the facts say of each version. */
const FILES = [
  ["open-a-queue", "@mapped", ["from page 0, registers", "from page 1, rings"]],
  ["open-sdmdev", "@mapped", ["from page 0, registers", "from page 1, rings"]],
  [
    "open-v3",
    "@mapped",
    [
      "from page 0, MMIO, registers",
      "from page 1, DKO, device and kernel only",
      "from page 4, DUS, device and user: rings",
      "from page 40, SS, static share",
    ],
  ],
  [
    "open-uacce",
    "@mapped",
    ["from page 0, MMIO, registers", "from page 1, DUS, device and user: rings"],
  ],
] as const;

describe("the address space of a queue", () => {
  test.each(FILES)("%s: the regions of its file", (flow, at, regions) => {
    const found = blocksAt(runOf(flow), { at, view: "space" });
    if (!found.ok) throw new Error(found.message);
    const { blocks, edges } = found.scene;
    const files = blocks.filter(({ id }) => id.startsWith("region "));
    expect(files.map(({ lines }) => lines[0])).toEqual(regions);
    const mapped = edges.filter(({ label }) => label === "mapped from");
    expect(mapped).toHaveLength(flow === "open-v3" ? 3 : 2);
  });

  test("in the third RFC the device's address is the program's", () => {
    const text = textAt("open-v3", "@started");
    expect(text).toContain("! 0x7f003000, 36 pages ");
    expect(text).toContain("! DUS: device address 0x7f003000 ");
    expect(text).toContain("no page is behind it");
    expect(textAt("open-a-queue", "@mapped")).toContain("rings: device address 0xfffc0000");
  });

  test("two queues of one device have two files, and rings that are not the same", () => {
    const text = textAt("uacce-two-programs", "@both");
    for (const queue of [0, 1]) expect(text).toContain(`= file /dev/hisi_zip-0, queue ${queue} =`);
    expect(text.match(/! pages \d+ to \d+/g)).toHaveLength(2);
    expect(text.match(/registers, with the doorbell/g)).toHaveLength(1);
  });

  test("it is drawn where asked for by name, and nobody is offered it", () => {
    for (const [flow] of FILES) expect(viewsOf(runOf(flow))).not.toContain("space");
    expect(textAt("open-v3", "1")).toContain("nothing is behind it yet");
    expect(textAt("dead-queue", "@opened")).toContain("nothing is behind it yet");
    expect(textAt("dead-queue", "@opened")).not.toContain("device address");
    expect(textAt("send-request-ioctl", "@done")).toMatch(/^no view space of this run/);
    for (const [flow, at] of FILES) expect(textAt(flow, at, 40)).not.toMatch(/^needs/);
  });
});
