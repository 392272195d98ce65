type Column = Float64Array | Int32Array | Uint8Array | Uint32Array;

/** A machine of its own. Columns and lists are copied; records, being values, are shared. */
export function clone<T>(part: T): T {
  if (typeof part !== "object" || part === null) return part;
  if (Array.isArray(part)) return part.slice() as T;
  if (ArrayBuffer.isView(part)) return (part as unknown as Column).slice() as T;
  const fields = Object.entries(part).map(([name, field]) => [name, clone(field)]);
  return Object.fromEntries(fields) as T;
}
