import { expect, test } from "vitest";
import {
  type HwPart,
  REGISTER_PAGES,
  registerAt,
  registerFrame,
  writeDoorbell,
} from "../../../engine/hw/index.ts";

/** As many devices as a bus may have here; nothing but their number is asked. */
const machine = { devices: [{}, {}, {}] } as unknown as HwPart;

test("every register page of every device has a frame of its own, and is found by it", () => {
  const frames = new Set<number>();
  for (const device of machine.devices.keys()) {
    for (let page = 0; page < REGISTER_PAGES; page += 1) {
      const frame = registerFrame(device, page);
      frames.add(frame);
      expect(registerAt(machine, frame)).toEqual({ device, offset: page * 4096 });
    }
  }
  expect(frames.size).toBe(machine.devices.length * REGISTER_PAGES);
});

test("what lies before the first and behind the last is no device's", () => {
  expect(registerAt(machine, registerFrame(0, 0) - 1).device).toBe(-1);
  expect(registerAt(machine, registerFrame(machine.devices.length, 0)).device).toBe(-1);
});

test("the doorbell of each silicon: place and bits", () => {
  const bell = { qn: 3, cmd: 1, index: 5 };
  expect(writeDoorbell(1, bell)).toEqual({ offset: 0x340, word: 0x0000_0005_0001_0003n });
  expect(writeDoorbell(2, bell)).toEqual({ offset: 0x1000, word: 0x0000_0005_0000_1003n });
});
