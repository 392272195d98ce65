import { describe, expect, test } from "vitest";
import { ALL_VIEWS } from "../../../diagrams/index.ts";
import { runFlow } from "../../../engine/index.ts";
import { codeSourcesOf } from "../../../site/lib/code-sources.ts";
import { LIBRARY, runOf } from "../../../site/lib/library.ts";
import { drawingOf, WIDE } from "../../../site/lib/pictures.ts";
import { textOf } from "../../../site/lib/plain.ts";
import { leftOutOf, shelves } from "../../../site/lib/shelves.ts";
import {
  claim,
  counts,
  frame,
  partsOf,
  restOf,
  slice,
  stepAt,
  story,
  storyNames,
} from "../../../site/lib/stories.ts";

const PAGE = "content/x.mdx";
const SEND = story("send-request", PAGE);

describe("what a page asks for and is not there", () => {
  test("a flow: the error names page, flow, and the flows that there are", () => {
    expect(() => story("send-requets", PAGE)).toThrow(
      /^content\/x\.mdx: no flow "send-requets"; content\/flows\/ has .*fork-cow.*; did you mean "send-request"\?$/,
    );
  });

  test("a label: the error names page, flow, and the labels that there are", () => {
    expect(() => claim("send-request", "dnoe", PAGE)).toThrow(
      /^content\/x\.mdx: send-request has no step @dnoe; it has @share @send @done @again/,
    );
    expect(() => stepAt(SEND, "99", PAGE)).toThrow(/no step 99; it has @share/);
  });

  test("a slice that runs backwards", () => {
    const [send, done] = [stepAt(SEND, "send", PAGE), stepAt(SEND, "done", PAGE)];
    expect(() => slice(SEND, done, send, PAGE)).toThrow(
      `${PAGE}: in send-request step ${done.number} comes after ${send.number}`,
    );
    expect(slice(SEND, send, done, PAGE).map(({ label }) => label)).toEqual([
      "send",
      undefined,
      "done",
    ]);
  });
});

describe("a claim", () => {
  test("may rest on a step or on an expectation", () => {
    expect(() => claim("send-request", "done", PAGE)).not.toThrow();
    expect(() => claim("send-request", "no-syscall", PAGE)).not.toThrow();
  });

  test("does not hold where its flow fails, and the error says line, expected and got", () => {
    const text = (LIBRARY.get("send-request") ?? "").replace(
      "expect count(syscall, since @send) == 0   @no-syscall",
      "expect count(syscall, since @send) == 7   @no-syscall",
    );
    (LIBRARY as Map<string, string>).set("broken", text);
    expect(() => claim("broken", "done", PAGE)).toThrow(
      /^content\/x\.mdx: content\/flows\/broken\.flow:\d+ @no-syscall: expected .* == 7, got .* is 0$/,
    );
    (LIBRARY as Map<string, string>).set(
      "unread",
      text.replace("kernel     v4.18", "kernel v4.19"),
    );
    expect(() => story("unread", PAGE)).toThrow(/unread\.flow:2:.*"v4\.19"/);
    (LIBRARY as Map<string, string>).delete("broken");
    (LIBRARY as Map<string, string>).delete("unread");
  });
});

describe("the counts under a ladder", () => {
  test("are those of the run", () => {
    expect(counts("send-request", ["send", "done"], PAGE)).toEqual({
      syscalls: 0,
      copied: 0,
      pinned: 2,
    });
    expect(counts("send-request-ioctl", ["send", "done"], PAGE)).toEqual({
      syscalls: 1,
      copied: 2048 + 613,
      pinned: 0,
    });
    expect(counts("send-request", ["share", "done"], PAGE).syscalls).toBe(1);
  });

  test("agree with what the flow language counts", () => {
    for (const name of ["send-request", "send-request-ioctl"]) {
      const { syscalls } = counts(name, ["send", "done"], PAGE);
      const text = (LIBRARY.get(name) ?? "").replace(
        /(app: .*@done\n)/,
        `$1expect count(syscall, since @send) == ${syscalls}   @counted\n`,
      );
      expect(text).toContain("@counted");
      const result = runFlow({ text, file: name }, LIBRARY);
      expect(result.ok && result.run.failures, name).toEqual([]);
    }
  });

  test("of a story's steps add up to those of the story", () => {
    for (const name of storyNames()) {
      const { lines } = story(name, PAGE);
      const numbers = lines.map(({ number }) => number);
      const parts = numbers.map((number) => counts(name, [number, number], PAGE));
      const whole = counts(name, [numbers[0] ?? "1", numbers.at(-1) ?? "1"], PAGE);
      for (const what of ["syscalls", "copied"] as const)
        expect(
          parts.reduce((sum, part) => sum + part[what], 0),
          `${name} ${what}`,
        ).toBe(whole[what]);
    }
  });

  test("are of the time in between, and what is given back is not pinned", () => {
    const tale = story("share-memory", PAGE);
    const last = tale.lines.at(-1)?.number ?? "";
    expect(counts("share-memory", ["1", last], PAGE).pinned).toBe(0);
  });
});

describe("a story", () => {
  const texts = (html: string) =>
    html
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");

  test.each(storyNames())(
    "%s rests on its first key frame and has a picture of each step",
    (name) => {
      const tale = story(name, PAGE);
      const [key] = tale.run.flow.header.show;
      expect(restOf(tale, PAGE).label).toBe(key);
      for (const line of tale.lines) {
        const { wide, narrow } = frame(tale, line);
        const shelf = { order: tale.views, table: ALL_VIEWS };
        const wanted = { at: line.number, view: tale.views[0] ?? "sequence", width: WIDE } as const;
        const drawn = drawingOf(shelf, tale.run, wanted);
        expect(texts(wide)).toBe(typeof drawn === "string" ? drawn : textOf(drawn));
        for (const row of texts(wide).split("\n")) expect(row.length).toBeLessThanOrEqual(72);
        for (const row of narrow?.split("\n") ?? []) expect(row.length).toBeLessThanOrEqual(40);
        expect(wide).not.toContain("style=");
      }
    },
  );

  test("is cut into its sections, each step once", () => {
    const parts = partsOf(SEND.lines);
    expect(parts.map(({ title }) => title)).toEqual([
      "share",
      "each request: the kernel is not entered",
      "and again",
    ]);
    expect(parts.flatMap(({ steps }) => steps)).toEqual(SEND.lines);
  });

  test("names the code of its steps, a row a file, with an address for each", () => {
    const sources = codeSourcesOf(runOf("share-memory", PAGE));
    const [type1] = sources.filter(({ text }) => text.includes("vfio_iommu_type1.c"));
    expect(type1?.text).toMatch(/^drivers\/vfio\/vfio_iommu_type1\.c v4\.18: .*vfio_dma_do_map/);
    expect(type1?.url).toBe(
      "https://github.com/torvalds/linux/blob/v4.18/drivers/vfio/vfio_iommu_type1.c",
    );
    for (const name of storyNames()) {
      const urls = codeSourcesOf(runOf(name, PAGE)).map(({ text }) => text);
      expect(new Set(urls).size, name).toBe(urls.length);
    }
  });
});

describe("the list of stories", () => {
  const listed = shelves().flatMap(({ stories }) => stories);

  test("has every story once; where nobody has placed it yet, at the end", () => {
    expect(listed.map(({ flow }) => flow).sort()).toEqual([...storyNames()].sort());
    const placed = listed.filter(({ text }) => text !== undefined);
    expect(placed.length).toBeGreaterThan(10);
    expect(listed.slice(0, placed.length)).toEqual(placed);
    for (const { flow, text } of placed) expect(text, flow).toMatch(/^[A-Z].*\.$/s);
  });

  test("what is left out depends on device, IOMMU and framework", () => {
    const of = (name: string) => leftOutOf(runOf(name, PAGE).flow).join(" ");
    expect(of("send-request")).toMatch(/Huffman.*second stage.*VFIO/s);
    expect(of("ring-full")).not.toMatch(/Huffman|second stage/);
    expect(of("send-request-ioctl")).not.toContain("VFIO");
  });
});
