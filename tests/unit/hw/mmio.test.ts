import { expect, test } from "vitest";
import {
  doorbellFrame,
  type HwPart,
  REGISTER_PAGES,
  registerAt,
  registerFrame,
  writeDoorbell,
} from "../../../engine/hw/index.ts";

/** Three devices, with two queues each. */
function bus(...mended: string[]): HwPart {
  const device = Int32Array.of(0, 1, 2, 0, 1, 2);
  return { devices: [{}, {}, {}], queues: { made: 6, device }, mended } as unknown as HwPart;
}

test.each([
  ["as posted, of its device", bus(), 3],
  ["with D14 mended, of its own", bus("D14"), 6],
])(
  "every queue maps the register pages %s, and they are found by their frames",
  (_what, on, all) => {
    const frames = new Set<number>();
    for (const [queue, device] of on.queues.device.entries()) {
      for (let page = 0; page < REGISTER_PAGES; page += 1) {
        const frame = doorbellFrame(on, queue, page);
        frames.add(frame);
        const own = all === 6 ? queue : -1;
        expect(registerAt(on, frame)).toEqual({ device, offset: page * 4096, queue: own });
      }
    }
    expect(frames.size).toBe(all * REGISTER_PAGES);
  },
);

test("what lies before the first and behind the last is no device's", () => {
  const first = doorbellFrame(bus(), 0, 0);
  const own = doorbellFrame(bus("D14"), 0, 0);
  for (const frame of [first - 1, registerFrame(3, 0), own - 1, own + 6 * REGISTER_PAGES]) {
    expect(registerAt(bus(), frame).device).toBe(-1);
  }
});

test("the doorbell of each silicon: place and bits", () => {
  const bell = { qn: 3, cmd: 1, index: 5 };
  expect(writeDoorbell(1, bell)).toEqual({ offset: 0x340, word: 0x0000_0005_0001_0003n });
  expect(writeDoorbell(2, bell)).toEqual({ offset: 0x1000, word: 0x0000_0005_0000_1003n });
});
