import { describe, test } from "vitest";
import {
  holds,
  leadsNowhere,
  leadsTo,
  map,
  memory,
  SETTINGS,
  unmap,
  withContainer,
} from "./story.ts";

/**
 * Two libraries of user space that keep a map of what they have given to VFIO, and test it:
 *
 * - DPDK, app/test/test_vfio.c test_memory_vfio_dma_map (of 2020; the release was not seen): two
 *   pages go in as one, the second half is taken back, and then the rest. Where the first fails,
 *   the whole goes in one call, and that must not fail.
 * - SPDK, memory_ut.c test_mem_map_translation, test_mem_map_registration and
 *   test_mem_map_registration_adjacent (of 2019 or later; the release was not seen): in pieces of 2M.
 *   The library refuses by its own words what type1 refuses by others, or passes over: EBUSY of an
 *   overlap is EEXIST here, ERANGE of a part is EINVAL of v2, and nothing of v1.
 */

const M = 2;
const at = (piece: number) => `${M * piece}M`;
const buf = (piece: number) => `buf+${M * piece}M`;

/** Both ends of a piece. */
const there = (piece: number) => [
  leadsTo(at(piece), buf(piece)),
  leadsTo(`${at(piece + 1)}-1`, `${buf(piece + 1)}-1`),
];
const gone = (piece: number) => [leadsNowhere(at(piece)), leadsNowhere(`${at(piece + 1)}-1`)];

describe.each(SETTINGS)("$type of $kernel", (setting) => {
  const isV1 = setting.type === "VFIO_TYPE1_IOMMU";

  test("DPDK: half of a mapping stays, and then the whole goes", () => {
    holds(
      withContainer(setting, [
        memory("mem", "8K"),
        'app: store(mem, "\\x00") = 0',
        map("mem", "mem", "8K"),
        unmap("mem+4K", "4K", isV1 ? "0" : "EINVAL"),
        leadsTo("mem", "mem"),
        leadsTo("mem+4K", "mem+4K"),
        "expect app.locked_vm == 2",
        unmap("mem", "8K", "8K"),
        leadsNowhere("mem"),
        leadsNowhere("mem+4K"),
        "expect app.locked_vm == 0",
      ]),
    );
  });

  test("DPDK: mapped page by page, half goes, and then the rest", () => {
    holds(
      withContainer(setting, [
        memory("mem", "8K"),
        map("mem", "mem", "4K"),
        map("mem+4K", "mem+4K", "4K"),
        unmap("mem+4K", "4K", "4K"),
        leadsTo("mem", "mem"),
        leadsNowhere("mem+4K"),
        unmap("mem", "4K", "4K"),
        leadsNowhere("mem"),
        "expect app.locked_vm == 0",
      ]),
    );
  });

  test("SPDK: what is registered, what is not, and what cannot be", () => {
    holds(
      withContainer(setting, [
        memory("buf", "6M"),
        unmap(at(0), "2M", "0"),
        map("buf", at(0), "1234", "-1 EINVAL"),
        map("buf+1234", at(0), "2M", "-1 EINVAL"),
        map("buf", "1234", "2M", "-1 EINVAL"),
        "expect app.locked_vm == 0",
        map(buf(1), at(1), "2M"),
        map("buf", at(0), "6M", "-1 EEXIST"),
        ...gone(0),
        ...there(1),
        ...gone(2),
        "expect app.locked_vm == 512",
        unmap(at(1), "2M", "2M"),
        map("buf", at(0), "6M"),
        unmap(at(1), "2M", isV1 ? "0" : "EINVAL"),
        unmap(at(2), "2M", isV1 ? "0" : "EINVAL"),
        ...[0, 1, 2].flatMap(there),
        // The first part: v1 takes all that begins there, and tells how much that was.
        ...(isV1
          ? [unmap(at(0), "2M", "6M")]
          : [unmap(at(0), "2M", "EINVAL"), ...[0, 1, 2].flatMap(there), unmap(at(0), "6M", "6M")]),
        ...[0, 1, 2].flatMap(gone),
        "expect app.locked_vm == 0",
      ]),
    );
  });

  const CHUNKS = [2, 1, 3, 2, 1, 1];
  const begins = CHUNKS.map((_, index) =>
    CHUNKS.slice(0, index).reduce((sum, one) => sum + one, 0),
  );
  const chunks = CHUNKS.map((size, index) => [begins[index] as number, size] as const);

  test("SPDK: pieces side by side, taken back as they went in, and then all at once", () => {
    const enter = chunks.map(([begin, size]) => map(buf(begin), at(begin), at(size)));
    holds(
      withContainer(setting, [
        memory("buf", "20M"),
        ...enter,
        "expect app.locked_vm == 5120",
        ...chunks.flatMap(([begin, size]) => [
          ...there(begin + size - 1),
          unmap(at(begin), at(size), at(size)),
          ...gone(begin),
          ...gone(begin + size - 1),
        ]),
        "expect app.locked_vm == 0",
        ...enter,
        unmap(at(0), "20M", "20M"),
        ...[0, 4, 9].flatMap(gone),
        "expect app.locked_vm == 0",
      ]),
    );
  });

  test("SPDK: a piece of three is taken out, then the first, then the third", () => {
    const END = "0x1000000000000";
    const tooFar = setting.kernel === "v4.18" ? "-1 ERANGE" : "-1 EINVAL";
    holds(
      withContainer(setting, [
        memory("buf", "6M"),
        leadsNowhere("10"),
        ...[0, 1, 2].map((piece) => map(buf(piece), at(piece), "2M")),
        leadsTo("4K", "buf+4K"),
        leadsTo(`${at(3)}-196`, `${buf(3)}-196`),
        unmap(at(1), "2M", "2M"),
        ...[there(0), gone(1), there(2)].flat(),
        unmap(at(0), "2M", "2M"),
        ...[gone(0), gone(1), there(2)].flat(),
        unmap(at(2), "2M", "2M"),
        ...[0, 1, 2].flatMap(gone),
        // The last piece of 48 bits, the first behind it, and one over the border.
        map("buf", "0xffffffe00000", "2M"),
        leadsTo("0xffffffe00000", "buf"),
        leadsTo(`${END}-1`, "buf+2M-1"),
        map("buf+2M", END, "2M", tooFar),
        map("buf+2M", "0xffffffe00000", "4M", "-1 EEXIST"),
        unmap("0xffffffe00000", "2M", "2M"),
        map("buf+2M", "0xffffffe00000", "4M", tooFar),
        leadsNowhere("0xffffffe00000"),
        "expect app.locked_vm == 0",
      ]),
    );
  });
});
