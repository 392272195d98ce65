/**
 * A machine as text and back: plain data only, so the text needs no schema.
 * Columns keep their kind and length; zeros at their end are left out.
 */

const COLUMNS = { Float64Array, Int32Array, Uint8Array, Uint32Array } as const;
type ColumnName = keyof typeof COLUMNS;

/** Marks an object of the text that stands for something JSON lacks. No record has such a field. */
const TAG = "$";

export function encode(part: unknown): string {
  return JSON.stringify(part, (_key, value: unknown) => {
    if (typeof value === "bigint") return { [TAG]: "bigint", value: value.toString() };
    if (value === undefined) return { [TAG]: "undefined" };
    if (ArrayBuffer.isView(value)) return encodeColumn(value as Float64Array);
    return value;
  });
}

function encodeColumn(column: Float64Array): object {
  let used = column.length;
  while (used > 0 && column[used - 1] === 0) used -= 1;
  const kind = (Object.keys(COLUMNS) as ColumnName[]).find(
    (name) => column.constructor === COLUMNS[name],
  );
  // One text, not a list: `stringify` asks about every element of a list.
  return { [TAG]: kind, length: column.length, values: column.subarray(0, used).join() };
}

/** The inverse of `encode`, on a text that `encode` made. */
export function decode<T>(text: string): T {
  return restore(JSON.parse(text)) as T;
}

function restore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restore);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  const tag = fields[TAG];
  if (tag === "bigint") return BigInt(fields.value as string);
  if (tag === "undefined") return undefined;
  if (typeof tag === "string") {
    const column = new COLUMNS[tag as ColumnName](fields.length as number);
    const values = fields.values as string;
    if (values !== "") column.set(values.split(",").map(Number));
    return column;
  }
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, restore(field)]));
}
