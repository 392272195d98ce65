import { expect, test } from "vitest";
import { formatError, runFlow } from "../../../engine/index.ts";
import { LIBRARY } from "../machine/flows.ts";

const HEAD = "title T\nkernel v4.18\nframework spimdev\niommu smmu0 kind=smmuv3";
// biome-ignore format: one story a line
const STORIES = [
  ["device eth0 kind=nic queues=4 lend=4", "app: wait 1ns", "expected a card that keeps at least one ring, found lend=4 of 4"],
  ["device eth0 kind=nic queues=65",       "app: wait 1ns", "expected a card of at most 64 rings, found queues=65"],
  ["device eth0 kind=nic held",            "app: wait 1ns", "expected a card that is not held, found held"],
  ["device zip0 kind=zip lend=1",          "app: wait 1ns", "expected lend= with kind=nic, found kind=zip"],
  ["device eth0 kind=nic",                 "eth0: step()",  "expected receive({port, data}) of a network card"],
  ["device zip0 kind=zip",                 "zip0: receive({data: \"x\"})", "expected step() of a device"],
  ["device eth0 kind=nic",                 "eth0: receive()", "expected 1 argument of receive()"],
  ["device eth0 kind=nic",                 "eth0: receive(5)", "expected a structure as argument 1 of receive()"],
  ["device eth0 kind=nic",                 "app: receive({data: \"x\"})", "expected a call"],
] as const;

test.each(STORIES)("%s, %s is refused", (device, line, words) => {
  const text = `${HEAD}\n${device}\n== it ==\n${line}\n`;
  const result = runFlow({ text, file: "f.flow" }, LIBRARY);
  expect(result.ok ? "" : result.errors.map(formatError).join("; ")).toContain(words);
});

test.each([
  ["{port: 443}", "0"],
  ['{data: ""}', "0"],
  ["{data: text(1519)}", "1519"],
  ["{data: 7}", "0"],
])("receive(%s) fails, since a packet has 1 to 1518 bytes", (packet, got) => {
  const text = `${HEAD}\ndevice eth0 kind=nic\n== it ==\neth0: receive(${packet})\napp: wait 1us\n`;
  const result = runFlow({ text, file: "f.flow" }, LIBRARY);
  const failures = result.ok ? result.run.failures : [];
  expect(failures.map(({ expected, got: found }) => [expected, found])).toEqual([
    ["data of 1 to 1518 bytes", got],
  ]);
});
