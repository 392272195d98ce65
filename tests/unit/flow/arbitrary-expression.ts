import fc from "fast-check";
import { ERRNO, KERNELS } from "../../../engine/core/index.ts";
import type {
  Action,
  Call,
  Expression,
  NumberExpression,
  NumberForm,
  Operator,
  Result,
} from "../../../engine/flow/index.ts";

/** Values, calls and results, as a parser could have given them. */

export const at = { line: 1, column: 1 };
export const DEVICES = [
  "hisi_zip-0",
  "hisi_zip-01",
  "hisi_zip",
  "dummy_wd.0",
  "d-e-1",
  "d",
] as const;
const OPERATORS: readonly Operator[] = ["==", "!=", "<", "<=", ">", ">="];

/** Few names, with words of the language among them, so that they meet. */
export const anIdentifier = fc.constantFrom(
  ..."app q buf a b hisi_zip wait until within expect always since title x1 _y camelCase".split(
    " ",
  ),
);
const aConstant = fc.constantFrom(
  "NULL",
  "O_RDWR",
  "A",
  "B_1",
  "EIO",
  "SIG",
  "BUG",
  "VFIO_SET_IOMMU",
);
export const aProcess = fc.constantFrom("app", "child", "wait", "q_2");
const anErrno = fc.constantFrom(...Object.keys(ERRNO));
export const aKernel = fc.constantFrom(...KERNELS);
const aWord = fc.stringMatching(/^[!-~\u00a1-\u00ff]{1,12}$/);
export const words = fc.array(aWord, { minLength: 1, maxLength: 25 }).map((all) => all.join(" "));
/** No `##` begins in it, and it is no end of a section. */
export const aText = words.filter((text) => !/(^| )##/.test(text));
export const aComment = fc.stringMatching(/^(?:[ -~]{0,20}[!-~])?$/);
export const aLabel = fc.stringMatching(/^[A-Za-z][\w-]{0,3}$/);
export const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined, freq: 2 });

const UNITS = {
  K: 1024n,
  M: 1024n * 1024n,
  ns: 1000n,
  us: 1_000_000n,
  ms: 1_000_000_000n,
} as const;
const U64_MAX = (1n << 64n) - 1n;

const aNumber: fc.Arbitrary<NumberExpression> = fc.oneof(
  fc
    .record({
      value: fc.bigInt({ min: -(1n << 63n), max: U64_MAX }),
      form: fc.constantFrom<NumberForm>("decimal", "hex"),
    })
    .map((rest): NumberExpression => ({ kind: "number", at, ...rest })),
  fc
    .record({ value: fc.nat(0o7777), form: fc.constantFrom<NumberForm>("decimal", "hex", "octal") })
    .map(
      ({ value, form }): NumberExpression => ({ kind: "number", at, value: BigInt(value), form }),
    ),
  fc
    .record({
      count: fc.integer({ min: -9999, max: 9999 }),
      form: fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[])),
    })
    .map(
      ({ count, form }): NumberExpression => ({
        kind: "number",
        at,
        value: BigInt(count) * UNITS[form],
        form,
      }),
    ),
);

const aSpan: fc.Arbitrary<NumberExpression> = fc
  .record({ count: fc.nat(9999), form: fc.constantFrom("ns", "us", "ms" as const) })
  .map(
    ({ count, form }): NumberExpression => ({
      kind: "number",
      at,
      value: BigInt(count) * UNITS[form],
      form,
    }),
  );

const aString = fc
  .string({ unit: "binary", maxLength: 8 })
  .map((text): Expression => ({ kind: "string", at, text }));

const aName = fc
  .tuple(
    fc.oneof(anIdentifier, fc.constantFrom(...DEVICES)),
    fc.array(anIdentifier, { maxLength: 2 }),
  )
  .map(([first, rest]): Expression => ({ kind: "name", at, path: [first, ...rest] }));

const aLeaf: fc.Arbitrary<Expression> = fc.oneof(
  aNumber,
  aString,
  aName,
  aConstant.map((name): Expression => ({ kind: "constant", at, name })),
  anErrno.map((name): Expression => ({ kind: "errno", at, name })),
);

const { expression: anExpression, call: aCall } = fc.letrec<{ expression: Expression; call: Call }>(
  (tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: "expression" },
      aLeaf,
      fc
        .array(
          tie("expression").filter(({ kind }) => kind !== "flags"),
          { minLength: 2, maxLength: 3 },
        )
        .map((parts): Expression => ({ kind: "flags", at, parts })),
      fc
        .record({
          op: fc.constantFrom("+", "-" as const),
          left: tie("expression"),
          right: tie("expression"),
        })
        .map((sum): Expression => ({ kind: "sum", at, ...sum })),
      fc
        .uniqueArray(fc.record({ name: anIdentifier, value: tie("expression") }), {
          maxLength: 3,
          selector: ({ name }) => name,
        })
        .map((fields): Expression => ({ kind: "struct", at, fields })),
      fc
        .array(tie("expression"), { maxLength: 3 })
        .map((elements): Expression => ({ kind: "list", at, elements })),
      fc
        .tuple(tie("call"), fc.array(anIdentifier, { maxLength: 2 }))
        .map(([call, names]) =>
          names.reduce<Expression>(
            (of, name) =>
              of.kind === "call" || of.kind === "member" ? { kind: "member", at, of, name } : of,
            call,
          ),
        ),
    ),
    call: fc
      .record({
        name: fc.oneof(anIdentifier, aConstant),
        args: fc.array(
          fc.oneof(
            { weight: 9, arbitrary: tie("expression") },
            {
              weight: 1,
              arbitrary: aLabel.map((label): Expression => ({ kind: "since", at, label })),
            },
          ),
          { maxLength: 3 },
        ),
      })
      .map((call): Call => ({ kind: "call", at, ...call })),
  }),
);

export const aComparison = fc.record({
  query: anExpression,
  op: fc.constantFrom(...OPERATORS),
  value: anExpression,
});

const aWritten = optional(
  anExpression.filter(({ kind }) => kind === "struct" || kind === "list" || kind === "string"),
);

/** What begins with a bracket, a minus and an errno, SIG or BUG is another kind of result. */
const aValue = fc
  .oneof(
    aNumber,
    aString,
    aName,
    aCall.filter(({ name }) => !/^(BUG|SIG.*)$/.test(name)),
  )
  .chain((left) =>
    fc
      .option(anExpression, { nil: undefined, freq: 3 })
      .map((right): Expression => (right ? { kind: "sum", at, op: "+", left, right } : left)),
  );

export const aResult: fc.Arbitrary<Result> = fc.oneof(
  fc
    .record({ kind: fc.constant("value" as const), value: aValue, written: aWritten })
    .map(dropUndefined),
  fc
    .record({
      kind: fc.constantFrom("errno", "library-errno" as const),
      errno: anErrno,
      written: aWritten,
    })
    .map(dropUndefined),
  fc.constantFrom("SIGSEGV", "SIGBUS").map((signal): Result => ({ kind: "signal", signal })),
  fc.string({ unit: "binary" }).map((text): Result => ({ kind: "bug", text })),
  fc.constantFrom<Result>({ kind: "never" }, { kind: "unfinished" }),
);

export const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: aCall.map((call): Action => ({ kind: "call", call })) },
  { weight: 1, arbitrary: aSpan.map((span): Action => ({ kind: "wait", span })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(aComparison, aSpan)
      .map(([comparison, within]): Action => ({ kind: "wait-until", ...comparison, within })),
  },
  { weight: 1, arbitrary: anIdentifier.map((name): Action => ({ kind: "resumed", name })) },
);

/** Exact optional properties: what is not there is no property. */
export function dropUndefined<T extends object>(
  record: T,
): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
