/**
 * A machine as text and back: plain data only, so the text needs no schema.
 * Columns keep their kind and length; runs of zeros are counted.
 */

const COLUMNS = { Float64Array, Int32Array, Uint8Array, Uint32Array } as const;
type ColumnName = keyof typeof COLUMNS;

/** Marks an object of the text that stands for something JSON lacks. No record has such a field. */
const TAG = "$";

/** A machine, or a part of one, as a text that `decode` reads back bit for bit. */
export function encode(part: unknown): string {
  return JSON.stringify(part, (_key, value: unknown) => {
    if (typeof value === "bigint") return { [TAG]: "bigint", value: value.toString() };
    if (value === undefined) return { [TAG]: "undefined" };
    if (ArrayBuffer.isView(value)) return encodeColumn(value as Float64Array);
    return value;
  });
}

function encodeColumn(column: Float64Array): object {
  const kind = (Object.keys(COLUMNS) as ColumnName[]).find(
    (name) => column.constructor === COLUMNS[name],
  );
  return { [TAG]: kind, length: column.length, values: textOf(column) };
}

/**
 * A column as one text, not a list: `stringify` asks about every element of a list. Most of a
 * column is zeros: `5,z511,7` has 511 of them in the middle, and none at its end is written.
 */
function textOf(column: Float64Array): string {
  const words: string[] = [];
  let zeros = 0;
  for (let at = 0; at < column.length; at += 1) {
    const value = column[at] as number;
    if (value === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) words.push(`z${zeros}`);
    zeros = 0;
    words.push(String(value));
  }
  return words.join(",");
}

/** The inverse of `encode`, on a text that `encode` made. */
export function decode<T>(text: string): T {
  return restore(JSON.parse(text)) as T;
}

/** Puts back in place what stands for something else. */
function restore(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) value[at] = restore(value[at]);
    return value;
  }
  const fields = value as Record<string, unknown>;
  const tag = fields[TAG];
  if (tag === "bigint") return BigInt(fields.value as string);
  if (tag === "undefined") return undefined;
  if (typeof tag === "string") {
    return columnOf(tag as ColumnName, fields.length as number, fields.values as string);
  }
  for (const name of Object.keys(fields)) {
    const was = fields[name];
    const now = restore(was);
    // Not by assignment: a field may be called __proto__.
    if (now !== was) Object.defineProperty(fields, name, { ...FIELD, value: now });
  }
  return fields;
}

const FIELD = { writable: true, enumerable: true, configurable: true } as const;

function columnOf(kind: ColumnName, length: number, text: string): unknown {
  const column = new COLUMNS[kind](length);
  if (text === "") return column;
  let at = 0;
  for (const word of text.split(",")) {
    if (word.startsWith("z")) at += Number(word.slice(1));
    else {
      column[at] = Number(word);
      at += 1;
    }
  }
  return column;
}
