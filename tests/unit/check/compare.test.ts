import { expect, test } from "vitest";
import {
  compare,
  outcome,
  passedOn,
  prose,
  said,
} from "../../../engine/check/conformance/index.ts";

const GOOD = [
  ["an errno", { errno: "EINVAL" }, { errno: "EINVAL" }],
  ["a number", { result: 0 }, { result: 0 }],
  ["a 64-bit word", { result: { size: 4096 } }, { result: { size: 4096n } }],
  ["fields in any order", { result: { a: 1, b: [2] } }, { result: { b: [2], a: 1 } }],
  [
    "a sentence",
    { event: "pins are 2, and gone" },
    { event: prose(said("pins are 2"), said("gone")) },
  ],
] as const;

test.each(GOOD)("%s that is right passes", (_name, then, actual) => {
  expect(compare(then, actual)).toBeUndefined();
});

// biome-ignore format: one case a line
const BAD = [
  ["another errno", { errno: "EINVAL" }, { errno: "EBUSY" }, "errno EINVAL expected, got EBUSY"],
  ["success", { errno: "EINVAL" }, { result: 0 }, "errno EINVAL expected, got none"],
  ["an errno of success", { result: 0 }, { errno: "EPERM" }, "errno none expected, got EPERM"],
  ["another number", { result: 0 }, { result: 1 }, "result 0 expected, got 1"],
  ["a text for a number", { result: 0 }, { result: "0" }, 'result 0 expected, got "0"'],
  ["a field more", { result: { a: 1 } }, { result: { a: 1, b: 2 } }, "result {a: 1} expected, got {a: 1, b: 2}"],
  ["another order of a list", { result: ["a", "b"] }, { result: ["b", "a"] }, 'result ["a", "b"] expected, got ["b", "a"]'],
  ["a result not shown", { result: 0 }, {}, "the row's result is not shown"],
  ["an event not shown", { result: 0, event: "it is gone" }, { result: 0 }, "the row's event is not shown"],
  ["a result nobody asked for", { event: "gone" }, { result: 0, event: prose(said("gone")) }, "the machine shows a result, the row has none"],
  ["what does not hold", { event: "gone" }, { event: prose(said("gone", false)) }, '"gone" does not hold'],
  ["another number in a sentence", { event: "pins are 2" }, { event: prose(said("pins are 3")) }, 'the machine shows "pins are 3", the row does not say it'],
  ["half a sentence", { event: "pins are 2; nothing is freed" }, { event: prose(said("pins are 2")) }, 'not shown: "nothing freed"'],
  ["part of a word", { event: "pins are 22" }, { event: prose(said("pins are 2")) }, 'the machine shows "pins are 2", the row does not say it'],
  ["a sentence for a value", { result: 0 }, { result: prose(said("0")) }, "the row's result is a value, not a sentence"],
] as const;

test.each(BAD)("%s fails", (_name, then, actual, difference) => {
  expect(compare(then, actual)).toBe(difference);
});

test("a crash, a signal and a call that sleeps are told as such", () => {
  expect(outcome({ value: -1, bug: "ste_live" })).toEqual({ errno: "BUG ste_live" });
  expect(outcome({ value: -1, signal: "SIGSEGV" })).toEqual({ errno: "SIGSEGV" });
  expect(outcome({ value: Number.NaN, isAsleep: true })).toEqual({ errno: "(asleep)" });
});

test("E stands for the errno of the inner step, and for no other", () => {
  expect(passedOn("EIO", { value: -1, errno: "EIO" })).toBe("E");
  expect(passedOn("EIO", { value: -1, errno: "EBUSY" })).toBe("EBUSY");
  expect(passedOn("EIO", { value: 0 })).toBe("none");
});
