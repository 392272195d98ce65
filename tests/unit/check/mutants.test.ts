import { expect, test } from "vitest";
import { type Engine, runRows } from "../../../engine/check/index.ts";
import { OK, ok, refuse } from "../../../engine/core/index.ts";
import { emptyMachine, OPS } from "../../../engine/index.ts";
import { DRIVER } from "../../../engine/task/index.ts";
import { OPEN_ROWS } from "./open-rows.ts";
import { ENGINE, ROWS } from "./support.ts";

/** Rows that pass with the engine as it is, and fail with this one. */
function lost(engine: Engine): string[] {
  return runRows(engine, ROWS)
    .filter(({ id, outcome }) => outcome === "failed" && !OPEN_ROWS.includes(id))
    .map(({ id }) => id);
}

/** The engine with another operation of one file driver. */
function withFile(driver: number, change: object): Engine {
  const file = {
    ...OPS.file,
    [driver]: { ...(OPS.file as Record<number, object>)[driver], ...change },
  };
  return { ...ENGINE, ops: { ...OPS, file } };
}

/** The engine with other options for every machine. */
function withOptions(change: object): Engine {
  const made: Engine["emptyMachine"] = (options, script, vfio) =>
    emptyMachine({ ...options, ...change }, script, vfio);
  return { ...ENGINE, emptyMachine: made };
}

const MUTANTS: readonly (readonly [string, Engine, readonly string[]])[] = [
  [
    "the rules of v6.1 for every row",
    withOptions({ kernel: "v6.1" }),
    ["VFIO-SM-026", "VFIO-SM-032", "VFIO-DMA-038", "VFIO-DMA-052", "MDEV-021", "PIN-HAZARD-009"],
  ],
  [
    "the rules of v4.18 for every row",
    withOptions({ kernel: "v4.18" }),
    ["VFIO-SM-066", "VFIO-DMA-071", "VFIO-DMA-073", "MDEV-035", "GUP-013", "PIN-HAZARD-027"],
  ],
  [
    "the first invalidation is forgotten",
    withOptions({ fails: [{ kind: "invalidate", nth: 1 }] }),
    ["VFIO-DMA-055", "IOMMU-009", "SVA-013"],
  ],
  ["no page can be pinned", withOptions({ fails: [{ kind: "pin", nth: 1 }] }), ["VFIO-DMA-030"]],
  [
    "a group is opened as often as one likes",
    withFile(DRIVER.group, {
      open: (_machine: unknown, _ops: unknown, object: number) => ok(object),
    }),
    ["VFIO-SM-018", "VFIO-SM-020"],
  ],
  [
    "closing a group does nothing",
    withFile(DRIVER.group, { release: () => undefined }),
    ["VFIO-SM-047", "VFIO-SM-048", "VFIO-DMA-053"],
  ],
  [
    "a container answers 0 to everything",
    withFile(DRIVER.container, { ioctl: () => ok(0) }),
    ["VFIO-SM-004", "VFIO-SM-010", "VFIO-SM-015", "VFIO-DMA-015", "VFIO-DMA-030"],
  ],
  [
    "a container answers EINVAL to everything",
    withFile(DRIVER.container, { ioctl: () => refuse("EINVAL", "no") }),
    ["VFIO-SM-003", "VFIO-SM-005", "VFIO-SM-015", "VFIO-DMA-043"],
  ],
  [
    "a device in use is removed at once",
    { ...ENGINE, ops: { ...OPS, routines: { ...OPS.routines, mdevRemove: goneAtOnce() } } },
    ["VFIO-SM-054", "MDEV-024", "MDEV-035"],
  ],
  ["a device opens without its driver", withDevice(), ["VFIO-SM-031", "VFIO-SM-032"]],
];

/** The routine that removes, without its test. */
function goneAtOnce() {
  const { mdevRemove = {} } = OPS.routines;
  return {
    ...mdevRemove,
    test: () => ({ next: "done" as const, result: { value: 1 }, cost: 0 as never }),
  };
}

/** No driver's open is asked: the row's own neither. */
function withDevice(): Engine {
  const stepBy: Engine["stepBy"] = (ops, machine, sink) => {
    const device = Object.entries(ops.device).map(([name, driver]) => {
      return [name, { ...driver, open: () => OK }];
    });
    return ENGINE.stepBy({ ...ops, device: Object.fromEntries(device) }, machine, sink);
  };
  return { ...ENGINE, stepBy };
}

test.each(MUTANTS)("%s: rows fail", (_what, engine, rows) => {
  expect(lost(engine)).toEqual(expect.arrayContaining([...rows]));
});

test("the engine as it is loses none", () => {
  expect(lost(ENGINE)).toEqual([]);
});
