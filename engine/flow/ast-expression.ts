import type { Position } from "./position.ts";

export type Expression =
  | NumberExpression
  | StringExpression
  | NameExpression
  | ConstantExpression
  | ErrnoExpression
  | SinceExpression
  | FlagsExpression
  | SumExpression
  | StructExpression
  | ListExpression
  | MemberExpression
  | Call;

/** How a number is written: bare, 0x, leading 0, bytes in K M G, picoseconds in ns us ms. */
export type NumberForm = "decimal" | "hex" | "octal" | "K" | "M" | "G" | "ns" | "us" | "ms";

/** `8K` is 8192 bytes in form K; `5us` is 5 000 000 ps in form us. -2^63 <= value < 2^64. */
export interface NumberExpression {
  readonly kind: "number";
  readonly at: Position;
  readonly value: bigint;
  readonly form: NumberForm;
}

export interface StringExpression {
  readonly kind: "string";
  readonly at: Position;
  readonly text: string;
}

/** `q`, `app.q`, `hisi_zip-0`, `vfio.map`: the words between the dots; a device's name is one. */
export interface NameExpression {
  readonly kind: "name";
  readonly at: Position;
  readonly path: readonly string[];
}

/** `VFIO_IOMMU_MAP_DMA`, `NULL`: all upper case. */
export interface ConstantExpression {
  readonly kind: "constant";
  readonly at: Position;
  readonly name: string;
}

/** `-EIO`: what a library call returns. */
export interface ErrnoExpression {
  readonly kind: "errno";
  readonly at: Position;
  readonly name: string;
}

/** `since @send`, as an argument of a query. */
export interface SinceExpression {
  readonly kind: "since";
  readonly at: Position;
  readonly label: string;
}

/** `A|B`: two parts or more, none of them flags. */
export interface FlagsExpression {
  readonly kind: "flags";
  readonly at: Position;
  readonly parts: readonly Expression[];
}

/** `buf+4K`, `end - 1`. */
export interface SumExpression {
  readonly kind: "sum";
  readonly at: Position;
  readonly op: "+" | "-";
  readonly left: Expression;
  readonly right: Expression;
}

/** `{size: 8K, flags: A|B}` */
export interface StructExpression {
  readonly kind: "struct";
  readonly at: Position;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly value: Expression;
}

export interface ListExpression {
  readonly kind: "list";
  readonly at: Position;
  readonly elements: readonly Expression[];
}

/** `ring(q).producer`: a member of what a call gives. A member of a name is part of its path. */
export interface MemberExpression {
  readonly kind: "member";
  readonly at: Position;
  readonly of: Call | MemberExpression;
  readonly name: string;
}

export interface Call {
  readonly kind: "call";
  readonly at: Position;
  readonly name: string;
  readonly args: readonly Expression[];
}
