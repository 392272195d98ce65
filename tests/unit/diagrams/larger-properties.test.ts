/** Walks, timelines and charts of anything: legal with every label, or the width that suffices. */

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Chart,
  type Layout,
  layoutChart,
  layoutTimeline,
  layoutWalk,
  type Timeline,
  type Walk,
} from "../../../diagrams/index.ts";
import { layoutStateTable, type StateTable } from "../../../diagrams/layout/index.ts";
import { aChart, aStateTable, aTimeline, aWalk } from "./arbitrary-walks.ts";
import { isLegal, isSvgLegal, sufficient } from "./legal.ts";
import { quickest } from "./quickest.ts";

const seed = Number(process.env.FUZZ_SEED ?? 20261122);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
const LONG = 600_000;

const aWidth = fc.integer({ min: 40, max: 100 });

function walkWords({ title, paths, notes }: Walk): readonly string[] {
  return [
    title.join(" "),
    ...notes,
    ...paths.flatMap(({ head, root, address, entries, end }) => [
      head,
      root,
      address?.text ?? "",
      ...(address?.fields ?? []).flatMap(({ bits, index }) => [bits, index]),
      ...entries.flatMap(({ name, says = "" }) => [name, says]),
      ...(end?.lines ?? []),
    ]),
  ];
}

function timelineWords({ title, lanes, notes }: Timeline): readonly string[] {
  const spans = lanes.flatMap(({ name, spans: own }) => [name, ...own.map(({ label }) => label)]);
  return [title.join(" "), ...notes, ...spans];
}

function statesWords({ title, states, calls, notes }: StateTable): readonly string[] {
  const made = calls.filter(({ cells }) => cells.some((cell) => cell !== undefined));
  const errnos = made.flatMap(({ cells }) => cells.flatMap((cell) => cell?.came ?? []));
  return [
    title.join(" "),
    ...notes,
    ...states.map(({ name }) => name),
    ...made.map(({ name }) => name),
    ...errnos.filter((came) => typeof came === "string"),
  ];
}

/** Of places along an axis those are named that stand clear of each other. */
function chartWords(chart: Chart): readonly string[] {
  const rest = [chart.title.join(" "), ...chart.notes];
  if (chart.kind === "curves") {
    const names = chart.series.map(({ name }) => name);
    return [...rest, ...names, chart.x.name, chart.y.name, chart.x.places.at(-1) ?? ""];
  }
  const rows = chart.rows.flatMap(({ label, value, shown }) => [label, shown ?? String(value)]);
  return [...rest, ...chart.heads, ...rows];
}

function holds<Scene>(
  scene: fc.Arbitrary<Scene>,
  layout: (scene: Scene, width: number) => Layout,
  words: (scene: Scene) => readonly string[],
): void {
  fc.assert(
    fc.property(scene, aWidth, (some, width) => {
      const picture = sufficient((columns) => layout(some, columns), width);
      isLegal(picture, words(some));
      isSvgLegal(picture);
    }),
    { seed, numRuns },
  );
}

test(
  "a walk is legal text with every label, or says the width it needs",
  () => {
    holds(aWalk, layoutWalk, walkWords);
  },
  LONG,
);

test(
  "a timeline is legal text with every label, or says the width it needs",
  () => {
    holds(aTimeline, layoutTimeline, timelineWords);
  },
  LONG,
);

test(
  "a chart is legal text with every label, or says the width it needs",
  () => {
    holds(aChart, layoutChart, chartWords);
  },
  LONG,
);

test(
  "a table of states is legal text with every label, or says the width it needs",
  () => {
    holds(aStateTable, layoutStateTable, statesWords);
  },
  LONG,
);

test("each is laid out in less than 50 ms, refused or not", () => {
  const some = <Scene>(scene: fc.Arbitrary<Scene>) => fc.sample(scene, { seed, numRuns: 40 });
  const times = [
    ...some(aWalk).map((scene) => quickest(() => layoutWalk(scene, 40))),
    ...some(aTimeline).map((scene) => quickest(() => layoutTimeline(scene, 40))),
    ...some(aChart).map((scene) => quickest(() => layoutChart(scene, 40))),
    ...some(aStateTable).map((scene) => quickest(() => layoutStateTable(scene, 40))),
  ];
  expect(Math.max(...times)).toBeLessThan(50);
});
