import { expect, test } from "vitest";
import { refusedCalls } from "../../../site/lib/refusals.ts";

const calls = refusedCalls();
const of = (call: string) => calls.find((one) => one.call === call)?.refusals ?? [];

test("an ioctl goes by its command, and says which check refused", () => {
  const full = of("VFIO_IOMMU_MAP_DMA").find(({ errno }) => errno === "ENOMEM");
  expect(full?.why).toBe("over RLIMIT_MEMLOCK");
  expect(full?.steps).toContainEqual({ flow: "memlock-limit", at: "over" });
});

test("a chain says what was behind it", () => {
  expect(of("VFIO_SPIMDEV_CMD_GET_Q")).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        errno: "ENODEV",
        why: "driver refused, with EBUSY: no free queue",
      }),
    ]),
  );
});

test("no refusal stands twice, and each has a step", () => {
  for (const { refusals } of calls) {
    const keys = refusals.map(({ errno, why }) => `${errno} ${why}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(refusals.every(({ steps }) => steps.length > 0)).toBe(true);
  }
  expect(calls.length).toBeGreaterThan(8);
});
