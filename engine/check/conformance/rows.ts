import { assert, type Value } from "../../core/index.ts";

/** One call in one state, and what it comes to: a row of content/conformance.json. */
export interface Row {
  readonly id: string;
  readonly area: string;
  /** The tree it is true for: v4.18, v5.7, v6.1.192, ... */
  readonly kernel: string;
  /** The state, and the call, in words. */
  readonly given: string;
  readonly when: string;
  readonly then: Then;
  /** Tree, file, lines, function. */
  readonly source: string;
  /** How the source says it: code, derived, selftest, mail, absence. */
  readonly basis: string;
  /** Were the lines looked at, or only the function? */
  readonly verified: string;
  readonly note?: string;
}

/** The outcome. A row says at least one of the three. */
export interface Then {
  /** The call fails with it; "E": with whatever the inner step failed with. */
  readonly errno?: string;
  /** What is returned, or can be read afterwards: a value, or a sentence about it. */
  readonly result?: Value;
  /** What else can be seen, as a sentence. */
  readonly event?: string;
}

const TEXTS = ["id", "area", "kernel", "given", "when", "source", "basis", "verified"] as const;

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the table. It is a file of ours, so what is wrong with it is the model's own mistake.
 *
 * @param table  `{version: 1, rows: [...]}` as JSON gives it
 */
export function readRows(table: unknown): readonly Row[] {
  assert(isRecord(table) && table.version === 1, "a table of version 1");
  assert(Array.isArray(table.rows), "a table with rows");
  const ids = new Set<string>();
  return table.rows.map((row: unknown): Row => {
    assert(isRecord(row), "a row is an object");
    for (const name of TEXTS) {
      assert(typeof row[name] === "string" && row[name] !== "", `every row has ${name}`);
    }
    const { then } = row;
    assert(isRecord(then), "every row has an outcome");
    const said = [then.errno, then.result, then.event].some((part) => part !== undefined);
    assert(said, `${row.id as string} says no outcome`);
    assert(!ids.has(row.id as string), `${row.id as string} stands twice`);
    ids.add(row.id as string);
    return row as unknown as Row;
  });
}
