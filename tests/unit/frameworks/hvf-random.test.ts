import fc from "fast-check";
import { expect, test } from "vitest";
import { hash } from "../../../engine/machine.ts";
import { TIMEOUT } from "../core/fuzz.ts";
import { word } from "./computer.ts";
import { Chip } from "./hvf-bench.ts";

const runs = Number(process.env.FUZZ_RUNS ?? 300);
const seed = Number(process.env.FUZZ_SEED ?? 75);

/** What is asked: another number of functions, one of them by a program, the end of a program. */
const anOp = fc.oneof(
  fc.record({ op: fc.constant("count" as const), n: fc.nat(4) }),
  fc.record({ op: fc.constant("take" as const), n: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ op: fc.constant("end" as const), n: fc.integer({ min: 1, max: 4 }) }),
);
type Op = { readonly op: "count" | "take" | "end"; readonly n: number };

const TOTAL = 3;

/** The plainest thing that could be right: which functions there are, which are taken, who waits. */
class Plain {
  count = 0;
  there: number[] = [];
  readonly taken = new Set<number>();
  isLeaving = false;

  ask(n: number): string {
    if (n > TOTAL) return "ERANGE";
    if (n === this.count) return "1";
    if (n > 0 && this.count > 0) return "EBUSY";
    this.there = Array.from({ length: n || this.count }, (_, at) => at + 1);
    this.isLeaving = n === 0;
    if (n > 0) this.count = n;
    return this.leave();
  }

  /** One after the other, as far as the first that somebody has. */
  leave(): string {
    if (!this.isLeaving) return "1";
    while (this.there.length > 0 && !this.taken.has(this.there[0] as number)) this.there.shift();
    if (this.there.length > 0) return "sleeps";
    [this.count, this.isLeaving] = [0, false];
    return "1";
  }
}

/** @param kernel  v4.18 and v6.1 agree about all of this */
function agrees(kernel: string, ops: readonly Op[]): void {
  const chip = new Chip({ kernel, vfs: TOTAL });
  const plain = new Plain();
  const owners = new Map<number, number>();
  let waiting = -1;
  for (const { op, n } of ops) {
    if (op === "count" && waiting < 0) {
      const row = chip.ask(String(n));
      const got = word(chip.result(row));
      expect(got).toBe(plain.ask(n));
      if (got === "sleeps") waiting = row;
    }
    if (op === "take") {
      const pid = chip.task("another", false);
      const opened = word(chip.call(pid, "open", `/dev/vfio/${n}`, 2));
      const isThere = plain.there.includes(n);
      expect(opened).toBe(!isThere ? "ENOENT" : plain.taken.has(n) ? "EBUSY" : "3");
      // One that is on its way out and waits its turn is still given out.
      if (opened === "3") {
        chip.good(pid, "close", 3);
        chip.take(pid, n, `0000:75:00.${n}`);
        plain.taken.add(n);
        owners.set(n, pid);
      }
    }
    const owner = owners.get(n);
    if (op === "end" && owner !== undefined) {
      chip.kill(owner);
      owners.delete(n);
      plain.taken.delete(n);
      const got = plain.leave();
      if (waiting >= 0) expect(word(chip.result(waiting))).toBe(got);
      if (got === "1") waiting = -1;
    }
    expect(chip.functions().map(([, group]) => group)).toEqual(plain.there);
    const live = chip.machine.groups.filter(({ isGone }) => !isGone).length;
    expect(live).toBe(1 + plain.there.length);
  }
  for (const [n, pid] of owners) {
    chip.kill(pid);
    plain.taken.delete(n);
  }
  if (plain.leave() === "1" && waiting < 0) chip.ask("0");
  expect(chip.functions()).toEqual([]);
  const { domains, groups, containers } = chip.machine;
  expect(domains.filter(({ isGone }) => !isGone)).toHaveLength(1);
  expect(groups.filter(({ isGone }) => !isGone)).toHaveLength(1);
  expect(containers.every((one) => one.groups.length === 0)).toBe(true);
  expect(hash(chip.machine)).toMatch(/^[0-9a-f]+$/);
}

test.each(["v4.18", "v6.1"])(
  "on %s functions come, are taken and go as in a plain list",
  (kernel) => {
    const some = fc.array(anOp, { size: "max", maxLength: 24 });
    const property = fc.property(some, (ops) => agrees(kernel, ops));
    fc.assert(property, { seed, numRuns: Math.max(20, Math.floor(runs / 3)) });
  },
  TIMEOUT,
);
