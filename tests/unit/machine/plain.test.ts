import { describe, expect, test } from "vitest";
import { copyOf, deaf, hash, type Machine, step } from "../../../engine/index.ts";
import { NAMES, runOf } from "./flows.ts";

/** A machine is plain data: nothing that text cannot hold, and records are values. */

const COLUMNS: readonly unknown[] = [Float64Array, Int32Array, Uint8Array, Uint32Array];

/** Everything in a machine that is no plain data. */
function* strangers(value: unknown, path: string): Generator<string> {
  if (typeof value === "function" || typeof value === "symbol")
    yield `${path} is a ${typeof value}`;
  if (typeof value === "number" && !Number.isFinite(value)) yield `${path} is ${value}`;
  if (typeof value !== "object" || value === null) return;
  if (ArrayBuffer.isView(value)) {
    if (!COLUMNS.includes(value.constructor)) yield `${path} is a ${value.constructor.name}`;
    return;
  }
  if (Array.isArray(value)) {
    for (const [at, part] of value.entries()) yield* strangers(part, `${path}[${at}]`);
    return;
  }
  const kind = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) yield `${path} is a ${kind.constructor.name}`;
  for (const [name, part] of Object.entries(value)) yield* strangers(part, `${path}.${name}`);
}

/** From here on nobody writes this record, or what is in it. Columns cannot be frozen. */
function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

/** Freezes what a copy shares: the records in its lists. */
function freezeRecords(part: object): void {
  for (const field of Object.values(part)) {
    if (Array.isArray(field)) for (const record of field) freeze(record);
    else if (typeof field === "object" && field !== null && !ArrayBuffer.isView(field))
      freezeRecords(field);
  }
}

/** Columns inside records: a copy shares them, so nobody may write them either. */
function sharedColumns(part: object, isRecord = false): Uint8Array[] {
  return Object.values(part).flatMap((field) => {
    if (typeof field !== "object" || field === null) return [];
    if (ArrayBuffer.isView(field)) return isRecord ? [field as Uint8Array] : [];
    return sharedColumns(field, isRecord || Array.isArray(field));
  });
}

describe.each(NAMES)("%s", (name) => {
  test("is plain data at every step, and no step writes a record", () => {
    const { machineAt } = runOf(name);
    const machine = machineAt(0);
    const sink = deaf();
    do {
      expect([...strangers(machine, "machine")]).toEqual([]);
      freezeRecords(machine);
    } while (step(machine, sink));
    expect(machine.agenda.step).toBeGreaterThan(10);
  });

  test("writes no column that a copy shares", () => {
    const machine = runOf(name).machineAt(0);
    const sink = deaf();
    const seen = new Map<Uint8Array, string>();
    do {
      for (const [column, text] of seen) expect(`${column}`).toBe(text);
      for (const column of sharedColumns({ ...machine, script: [] })) seen.set(column, `${column}`);
      for (const column of seen.keys()) if (seen.size > 40) seen.delete(column);
    } while (step(machine, sink));
  });

  test("a copy does not see what the other does, nor the other it", () => {
    const { machineAt, machine: end } = runOf(name);
    const sink = deaf();
    const last = end.agenda.step;
    for (const at of [0, Math.floor(last / 3), Math.floor((2 * last) / 3)]) {
      const machine: Machine = machineAt(at);
      const copy = copyOf(machine);
      const before = hash(machine);
      while (step(copy, sink));
      expect(hash(machine), `the machine of step ${at}`).toBe(before);
      const other = copyOf(machine);
      while (step(machine, sink));
      expect(hash(other), `its copy at step ${at}`).toBe(before);
      expect([hash(machine), hash(copy)]).toEqual([hash(end), hash(end)]);
    }
  });
});
