import fc from "fast-check";
import { FAIL_KINDS } from "../../../engine/core/index.ts";
import {
  DEVICE_KINDS,
  type Flow,
  FRAMEWORKS,
  type HeaderItem,
  type Item,
  type Statement,
} from "../../../engine/flow/index.ts";
import {
  aComment,
  aComparison,
  aKernel,
  aLabel,
  anAction,
  anIdentifier,
  aProcess,
  aResult,
  aText,
  at,
  DEVICES,
  dropUndefined,
  optional,
  words,
} from "./arbitrary-expression.ts";

/** Whole flows, as a parser could have given them: what is printed of one is read as the same. */

const aStatement: fc.Arbitrary<Item> = fc
  .record({
    caption: fc.array(words, { maxLength: 3 }),
    actor: fc.oneof(aProcess, fc.constantFrom(...DEVICES)),
    bind: optional(anIdentifier),
    action: anAction,
    result: optional(aResult),
    only: optional(aKernel),
    label: optional(aLabel),
    comment: optional(aComment),
  })
  .map((all): Item => {
    const { bind, result, only, ...rest } = all;
    const { kind } = all.action;
    const mayReturn = kind === "call" || kind === "resumed";
    const statement = {
      kind: "statement" as const,
      at,
      ...rest,
      bind: kind === "call" ? bind : undefined,
      result: mayReturn ? result : undefined,
      only: mayReturn && result ? only : undefined,
    };
    return dropUndefined(statement) as Statement;
  });

const anItem: fc.Arbitrary<Item> = fc.oneof(
  { weight: 8, arbitrary: aStatement },
  {
    weight: 3,
    arbitrary: fc
      .record({
        comparison: aComparison,
        only: optional(aKernel),
        label: optional(aLabel),
        comment: optional(aComment),
      })
      .map(
        ({ comparison, ...rest }) =>
          dropUndefined({ kind: "expect" as const, at, ...comparison, ...rest }) as Item,
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        invariant: fc.stringMatching(/^[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3}){0,3}$/),
        comment: optional(aComment),
      })
      .map((rest) => dropUndefined({ kind: "always" as const, at, ...rest }) as Item)
      // `a-1b` is a word and a number that is none.
      .filter((item) => item.kind === "always" && !/-\d+[a-z]/.test(item.invariant)),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ text: aText, comment: optional(aComment) })
      .map((rest) => dropUndefined({ kind: "section" as const, at, ...rest }) as Item),
  },
  {
    weight: 1,
    arbitrary: aComment.map((text): Item => ({ kind: "comment", at, text })),
  },
  { weight: 2, arbitrary: fc.constant<Item>({ kind: "blank", at }) },
);

const aCount = fc.integer({ min: 1, max: 65_536 });

const aHeaderLine: fc.Arbitrary<HeaderItem> = fc
  .oneof(
    fc
      .array(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,5}$/), { minLength: 1, maxLength: 3 })
      .map((flows) => ({ kind: "given" as const, flows })),
    fc
      .array(aLabel, { minLength: 1, maxLength: 3 })
      .map((labels) => ({ kind: "show" as const, labels })),
    fc
      .array(
        fc.integer({ min: 1, max: 26 }).map((defect) => `D${defect}`),
        { minLength: 1, maxLength: 3 },
      )
      .map((defects) => ({ kind: "mended" as const, defects })),
    fc
      .record({ kind: fc.constantFrom(...FAIL_KINDS), nth: fc.integer({ min: 1, max: 999 }) })
      .map((failure) => ({ kind: "fail" as const, failure })),
    aComment.map((text) => ({ kind: "comment" as const, text })),
    fc.constant({ kind: "blank" as const }),
  )
  .chain((line) =>
    optional(aComment).map((comment): HeaderItem => {
      const isPlain = line.kind === "blank" || line.kind === "comment";
      return dropUndefined({ ...line, at, comment: isPlain ? undefined : comment }) as HeaderItem;
    }),
  );

const anIommuLine = fc
  .record({
    iommu: fc.constantFrom("smmuv3", "none" as const),
    iotlb: optional(aCount),
    pages: optional(
      fc.uniqueArray(fc.constantFrom(4096, 2 ** 21, 2 ** 30), { minLength: 1, maxLength: 3 }),
    ),
    pasid: optional(fc.nat(20)),
    faults: optional(fc.constantFrom("none", "pri", "stall" as const)),
    domain: optional(fc.constantFrom("dma", "none" as const)),
  })
  .map(
    (rest) => dropUndefined({ kind: "iommu" as const, at, name: "smmu0", ...rest }) as HeaderItem,
  );

const aDeviceLine = (name: string): fc.Arbitrary<HeaderItem> =>
  fc
    .record({
      device: fc.constantFrom(...DEVICE_KINDS),
      hardware: optional(fc.constantFrom("v1", "v2" as const)),
      behind: optional(fc.constant("smmu0")),
      queues: optional(aCount),
      held: fc.boolean(),
      unbound: optional(fc.constant(true)),
    })
    // A card has rings for all that it lends, and no more than it has room for.
    .map((line) =>
      line.device === "nic"
        ? { ...line, held: false, queues: 2 + ((line.queues ?? 2) % 60) }
        : line,
    )
    .map((rest) => dropUndefined({ kind: "device" as const, at, name, ...rest }) as HeaderItem);

/** `what-if yes`, so that any kernel goes with any framework; all of DEVICES are declared. */
const aHeader = fc
  .tuple(
    aText,
    fc.record({ kernel: aKernel, svaRfc: fc.boolean() }),
    fc.constantFrom(...FRAMEWORKS),
    fc.tuple(anIommuLine, ...DEVICES.map(aDeviceLine)),
    fc.array(aHeaderLine, { maxLength: 8 }),
  )
  .chain(([title, { kernel, svaRfc }, framework, machines, lines]) =>
    fc.shuffledSubarray<HeaderItem>(
      [
        { kind: "title", at, title },
        { kind: "kernel", at, kernel, svaRfc: svaRfc && kernel === "v4.18" },
        { kind: "framework", at, framework },
        { kind: "what-if", at, whatIf: true },
        // Labels of other flows may be asked for.
        { kind: "given", at, flows: ["others"] },
        ...machines,
        ...lines,
      ],
      { minLength: 5 + machines.length + lines.length },
    ),
  );

/** One blank line where there were several, and none at the ends. */
function tidied<Line extends { readonly kind: string }>(lines: readonly Line[]): readonly Line[] {
  const kept: Line[] = [];
  for (const line of lines)
    if (line.kind !== "blank" || kept.at(-1)?.kind !== "blank") kept.push(line);
  return kept;
}

/** What follows the last header line belongs to the story. */
function split(lines: readonly HeaderItem[], items: readonly Item[]) {
  const isTrivia = (line: { readonly kind: string }) =>
    line.kind === "blank" || line.kind === "comment";
  const last = lines.findLastIndex((line) => !isTrivia(line)) + 1;
  const all = tidied<HeaderItem | Item>([...lines, ...items]);
  const first = all.findIndex((line) => line.kind !== "blank");
  const whole = all.slice(first, all.at(-1)?.kind === "blank" ? -1 : undefined);
  const ends = whole.indexOf(lines[last - 1] as HeaderItem) + 1;
  return { lines: whole.slice(0, ends) as HeaderItem[], items: whole.slice(ends) as Item[] };
}

/** Names bound and labels used once. */
function unique(items: readonly Item[]): readonly Item[] {
  const seen = new Set<string>();
  const isNew = (word: string): boolean => !seen.has(word) && seen.add(word).has(word);
  return items.map((item) => {
    if (item.kind !== "statement" && item.kind !== "expect") return item;
    const { label, ...rest } = item;
    const kept = label !== undefined && isNew(`@${label}`) ? { label } : {};
    if (rest.kind === "expect" || !("bind" in rest)) return { ...rest, ...kept } as Item;
    const { bind, ...unbound } = rest;
    const isDevice = (DEVICES as readonly string[]).includes(bind ?? "");
    const isKept = bind !== undefined && !isDevice && isNew(bind);
    return { ...unbound, ...kept, ...(isKept ? { bind } : {}) } as Item;
  });
}

/** What `parseFlow` gathers from the lines is not compared: only lines and items are made. */
export interface Story {
  readonly lines: readonly HeaderItem[];
  readonly items: readonly Item[];
}

export const aStory: fc.Arbitrary<Story> = fc
  .tuple(aHeader, fc.array(anItem, { maxLength: 12 }))
  .map(([lines, items]) => split(lines, unique(items)));

/** The printer looks at the lines only. */
export function flowOfStory({ lines, items }: Story): Flow {
  return { file: "f", header: { lines } as Flow["header"], items };
}

/** The same without positions. */
export function withoutPlaces<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutPlaces) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "at");
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutPlaces(part)])) as T;
}
