/** Blocks and states for Mermaid and Graphviz: as files, broken on purpose, and by the real programs. */

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Browser, chromium, type Page } from "@playwright/test";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Blocks,
  type BlocksView,
  dotFault,
  mermaidFault,
  type Text,
  toDot,
  toMermaidBlocks,
} from "../../../diagrams/index.ts";
import { plain } from "../../../diagrams/layout/index.ts";
import { findChromium, launchOptions } from "../../../scripts/chromium.mjs";
import { someBlocks } from "./arbitrary-blocks.ts";
import { ARCH, ARCH_24, HOSTILE, REFUSING, STATE, STATE_16 } from "./block-scenes.ts";
import { agrees } from "./golden-file.ts";

const FOLDER = new URL("../golden/diagrams/", import.meta.url);
const LONG = 240_000;
const isStrict = process.env.REQUIRE_TOOLS === "1";
const seed = Number(process.env.FUZZ_SEED ?? 20261122);

const SCENES: readonly (readonly [name: string, view: BlocksView, scene: Blocks])[] = [
  ["arch", "blocks", ARCH],
  ["arch-24", "blocks", ARCH_24],
  ["refusing", "blocks", REFUSING],
  ["hostile", "blocks", HOSTILE],
  ["state", "states", STATE],
  ["state-16", "states", STATE_16],
];

function text(made: Text): string {
  if (!made.ok) throw new Error(made.message);
  return made.text;
}

describe.each(SCENES)("%s", (name, view, scene) => {
  test("reads as its golden", () => {
    agrees(FOLDER, `${name}.dot`, text(toDot(scene)));
    agrees(FOLDER, `${name}.mmd`, text(toMermaidBlocks(scene, view)));
  });

  /** Everything that a hand might do to a text, line by line: what matters is found. */
  test("is not handed out with a line less, or with one twice", () => {
    const forms: readonly (readonly [string, typeof dotFault])[] = [
      [text(toDot(scene)), dotFault],
      [text(toMermaidBlocks(scene, view)), mermaidFault],
    ];
    for (const [whole, fault] of forms) {
      expect(fault(whole, scene)).toBeUndefined();
      const lines = whole.split("\n");
      for (const [at, line] of lines.entries()) {
        const says = /^ +([abx]\d+\b|subgraph|state|end|\})/.test(line);
        if (!says) continue;
        expect(fault(lines.toSpliced(at, 1).join("\n"), scene), line).toBeDefined();
        expect(fault(lines.toSpliced(at, 0, line).join("\n"), scene), line).toBeDefined();
      }
    }
  });
});

test("a label cut short, a box out of its group, an edge turned round are all seen", () => {
  const dot = text(toDot(ARCH));
  const chart = text(toMermaidBlocks(ARCH, "blocks"));
  const broken: readonly (readonly [string, RegExp | string, string])[] = [
    [dot, "vfio-mdev", "vfio"],
    [dot, "VFIO_SET_IOMMU", ""],
    [dot, 'label="Crypto"', 'label="Crypt"'],
    [dot, "b0 -> b1", "b1 -> b0"],
    [dot, "  }\n", ""],
  ];
  for (const [whole, part, other] of broken) {
    expect(whole).toContain(part);
    expect(dotFault(whole.replace(part, other), ARCH), String(part)).toBeDefined();
  }
  for (const [part, other] of [
    ["vfio-mdev", "vfio"],
    ["VFIO_SET_IOMMU", ""],
    ['["Crypto"]', '["Crypt"]'],
    ['b0 -->|"wd', 'b1 -->|"wd'],
    ["    end\n", ""],
  ] as const) {
    expect(chart).toContain(part);
    expect(mermaidFault(chart.replace(part, other), ARCH), part).toBeDefined();
  }
});

test(
  "whatever a scene holds is in the source of both, and no DOT line is wider than 72",
  () => {
    fc.assert(
      fc.property(someBlocks, (scene) => {
        expect(dotFault(text(toDot(scene)), scene)).toBeUndefined();
        for (const view of ["blocks", "states"] as const) text(toMermaidBlocks(scene, view));
      }),
      { seed, numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
    );
  },
  LONG,
);

/** Some of the random scenes go through the real programs too. */
const RANDOM = fc.sample(someBlocks, { seed, numRuns: 12 });
/** Every sign, where it begins a label, stands in it, ends it, and twice. */
const SIGNS: Blocks = {
  title: [],
  groups: [],
  blocks: [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"].map((sign, at) => ({
    id: `s${at}`,
    lines: [`${sign}y`, `x ${sign} y`, `x${sign}y`, `x${sign}${sign}y`, `xy${sign}`],
    role: "kernel",
  })),
  edges: [{ from: "s0", to: "s1", label: "#34; &lt; &amp;" }],
  notes: [],
};
const QUOTED = ["open \"old\" 'new' it's", "#34, &lt, &amp", "<... write resumed>", "end"];
const MOVES: Blocks = {
  ...SIGNS,
  blocks: [{ id: "a", lines: ["> a"], role: "kernel" }],
  edges: QUOTED.map((words) => ({ from: "a", to: "a", label: words })),
};

const ALL = [
  ["signs", "blocks", SIGNS] as const,
  ["moves", "states", MOVES] as const,
  ["moves of a chart", "blocks", MOVES] as const,
  ...SCENES,
  ...RANDOM.map((scene, at) => [`random ${at}`, "blocks", scene] as const),
];

/** Words as they come out of an SVG: in order, without blanks, entities read. */
function wordsOf(svg: string): string {
  return svg
    .replace(/<(style|title|desc)[\s\S]*?<\/\1>|<!--[\s\S]*?-->|<[^>]*>/g, "")
    .replace(/&#(\d+);|&#x([0-9a-f]+);/gi, (_, ten, hex) =>
      String.fromCodePoint(ten ? Number(ten) : Number.parseInt(hex, 16)),
    )
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replace(/[\s\u200c]/g, "");
}

/** Labels in the 7 bits in which the sources have them. */
function plainLabels({ blocks, groups, edges }: Blocks): readonly string[] {
  const all = [
    ...blocks.flatMap(({ lines }) => lines),
    ...groups.map(({ title }) => title),
    ...edges.map(({ label }) => label),
  ];
  return all.map((label) => plain(label).replace(/ /g, ""));
}

const hasDot = spawnSync("dot", ["-V"], { stdio: "ignore" }).status === 0;

test.skipIf(!hasDot && !isStrict).each(ALL)(
  "Graphviz draws every label of %s",
  (_name, _view, scene) => {
    const { status, stdout, stderr } = spawnSync("dot", ["-Tsvg"], {
      input: text(toDot(scene)),
      encoding: "utf8",
    });
    expect(stderr.replace(/.*(font|Pango).*\n/g, "")).toBe("");
    expect(status).toBe(0);
    const words = wordsOf(stdout);
    for (const label of plainLabels(scene)) expect(words).toContain(label);
  },
  LONG,
);

const hasBrowser = findChromium() !== null;

describe.skipIf(!hasBrowser && !isStrict)("Mermaid itself, in a browser", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch(launchOptions());
    page = await browser.newPage();
    await page.setContent("<!doctype html><body></body>");
    const folder = dirname(createRequire(import.meta.url).resolve("mermaid"));
    await page.addScriptTag({ path: join(folder, "mermaid.min.js") });
  }, LONG);

  afterAll(() => browser?.close());

  const BOTH = [true, false].flatMap((html) => ALL.map((some) => [html, ...some] as const));

  /** Many that publish Mermaid draw without HTML, for what reads SVG and is no browser. */
  test.each(BOTH)(
    "draws, with HTML in labels %s, every label of %s",
    async (html, name, view, scene) => {
      const source = text(toMermaidBlocks(scene, view));
      const svg = await page.evaluate(
        async ([id, from, htmlLabels]) => {
          const { mermaid } = globalThis as unknown as {
            mermaid: typeof import("mermaid").default;
          };
          mermaid.initialize({ startOnLoad: false, securityLevel: "strict", htmlLabels });
          return (await mermaid.render(id, from)).svg;
        },
        [`m-${html}-${name.replace(/\W/g, "-")}`, source, html] as const,
      );
      const words = wordsOf(svg);
      for (const label of plainLabels(scene)) {
        // Of double quotes two single ones are all that both draw.
        expect(words, source).toContain(label.replaceAll('"', "''"));
      }
    },
    LONG,
  );
});
