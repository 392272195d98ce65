/** Whatever is drawn: legal text with every label whole, or the width that really suffices. */

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  layoutBlocks,
  layoutMemory,
  layoutRings,
  layoutSequence,
  mailText,
  toMermaid,
} from "../../../diagrams/index.ts";
import { plain, tidy, wrap } from "../../../diagrams/layout/index.ts";
import { aBoard, aLadder, aRing, aText } from "./arbitrary.ts";
import { someBlocks } from "./arbitrary-blocks.ts";
import { isLegal, isSvgLegal, sufficient } from "./legal.ts";
import { quickest } from "./quickest.ts";

const seed = Number(process.env.FUZZ_SEED ?? 20261122);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
const LONG = 600_000;

const aWidth = fc.constantFrom(40, 41, 56, 72, 75, 80, 120);

test(
  "a ladder is legal text with every label, or says the width it needs",
  () => {
    fc.assert(
      fc.property(aLadder, aWidth, (ladder, width) => {
        const picture = sufficient((some) => layoutSequence(ladder, some), width);
        const words = ladder.rows.map((row) => (row.kind === "message" ? row.label : row.text));
        isLegal(picture, [...words, ...ladder.notes, ladder.title.join(" ")]);
        isSvgLegal(picture);
      }),
      { seed, numRuns },
    );
  },
  LONG,
);

test(
  "a board is legal text with every label, or says the width it needs",
  () => {
    fc.assert(
      fc.property(aBoard, aWidth, (board, width) => {
        const picture = sufficient((some) => layoutMemory(board, some), width);
        const cells = board.rows.flatMap((row) => [
          row.name,
          ...row.cells.flatMap((some, moment) =>
            some.length > 1 || board.moments[moment]?.columns.length === 1 || some.length === 1
              ? some.map((cell) => cell.text)
              : [],
          ),
        ]);
        const heads = board.moments.flatMap(({ head, columns }) => [
          head,
          ...columns.flatMap(({ frame, content }) => [frame, content]),
        ]);
        isLegal(picture, [...cells, ...heads, ...board.notes]);
        isSvgLegal(picture);
      }),
      { seed, numRuns },
    );
  },
  LONG,
);

test(
  "a ring is legal text with every state, or says the width it needs",
  () => {
    fc.assert(
      fc.property(aRing, aWidth, (ring, width) => {
        const picture = sufficient((some) => layoutRings(ring, some), width);
        const ends = ring.ends.map(({ name, value }) => `${tidy(name)} = ${value}`);
        const states = ring.cells.map((cell) => cell.state);
        const labels = ring.slots > 16 ? [] : ring.cells.map((cell) => cell.label);
        isLegal(picture, [...ends, ...states, ...labels, ...ring.notes]);
        isSvgLegal(picture);
      }),
      { seed, numRuns },
    );
  },
  LONG,
);

test(
  "blocks are legal text with every label, or say the width they need",
  () => {
    fc.assert(
      fc.property(someBlocks, aWidth, fc.boolean(), (scene, width, isStates) => {
        const view = isStates ? "states" : "blocks";
        const picture = sufficient((some) => layoutBlocks(scene, some, view), width);
        isLegal(picture, [
          ...scene.groups.map(({ title }) => title),
          ...scene.blocks.flatMap(({ lines }) => lines),
          ...scene.edges.map(({ label }) => label),
          ...scene.notes,
        ]);
        isSvgLegal(picture);
      }),
      { seed, numRuns },
    );
  },
  LONG,
);

test("24 blocks are laid out in less than 50 ms, refused or not", () => {
  const scenes = fc.sample(someBlocks, { seed, numRuns: 100 });
  const slowest = scenes.flatMap((scene) =>
    [40, 72, 100].map((width) => quickest(() => layoutBlocks(scene, width))),
  );
  expect(Math.max(...slowest)).toBeLessThan(50);
});

test(
  "a mail is legal whatever it quotes",
  () => {
    fc.assert(
      fc.property(aLadder, fc.array(aText, { maxLength: 3 }), (ladder, quoted) => {
        const picture = sufficient((some) => layoutSequence(ladder, some), 72);
        const mail = mailText({
          picture,
          command: "wd show x@y",
          for: "mail",
          quoted: quoted.join("\n"),
        });
        if (mail.ok) return;
        // What was asked stays what was asked: scissors in it cannot be mended here.
        expect(
          mail.breaches.every(({ rule }) => /scissors|width/.test(rule)),
          mail.message,
        ).toBe(true);
      }),
      { seed, numRuns },
    );
  },
  LONG,
);

test("a text is wrapped without loss, and within its width", () => {
  fc.assert(
    fc.property(aText, fc.integer({ min: 1, max: 80 }), (text, width) => {
      const lines = wrap(text, width);
      if (!lines) return;
      expect(lines.join(" ")).toBe(tidy(text));
      for (const line of lines) expect(plain(line).length).toBeLessThanOrEqual(width);
    }),
    { seed, numRuns },
  );
});

test("a ladder of 14 messages is laid out in less than 50 ms, refused or not", () => {
  const ladders = fc.sample(aLadder, { seed, numRuns: 60 });
  const slowest = ladders.map((ladder) => quickest(() => layoutSequence(ladder, 40)));
  expect(Math.max(...slowest)).toBeLessThan(50);
});

test(
  "Mermaid itself reads the source of every ladder",
  async () => {
    const { default: mermaid } = await import("mermaid");
    await fc.assert(
      fc.asyncProperty(aLadder, async (ladder) => {
        const source = toMermaid(ladder);
        const read = await mermaid.parse(source, { suppressErrors: true });
        if (!read) throw new Error(`Mermaid refuses:\n${source}`);
      }),
      { seed, numRuns: Math.min(numRuns, 300) },
    );
  },
  LONG,
);
