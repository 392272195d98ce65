import { describe, expect, test } from "vitest";
import { reading, sentenceLengths, unexplained, unspelled } from "./words-first.ts";

const page = (inside: string) => `<body><nav>IOMMU</nav><main id="content">${inside}</main></body>`;

describe("what is read of a page", () => {
  /** What it holds, and what is read. */
  const CASES: readonly (readonly [sentence: string, inside: string, read: string])[] = [
    ["words, marks taken away", "<p>It <em>is</em> so.</p> <p>Yes.</p>", "It is so. Yes."],
    ["a value that holds a mark", '<p aria-label="a > b &quot;">It is.</p>', "It is."],
    ["no code and no drawing", "<p>A</p><pre>PASID</pre> <code>DMA</code> b", "A \u00b6 \u00b6 b"],
    ["no heading, which is asked or spelled out", "<h1>ODP?</h1><p>A.</p>", "\u00b6 A."],
    ["no question in a list", '<h3><a href="/questions/q/">VF?</a></h3> A.', "\u00b6 A."],
    ["no sources", '<section aria-labelledby="sources"><li>NUMA</li></section> A.', "\u00b6 A."],
    ["no words of others", '<p>He says "Hard NAK" so.</p>', 'He says "" so.'],
  ];
  test.each(CASES)("%s", (_, inside, read) => {
    expect(reading(page(inside)).trim()).toBe(read);
  });
});

describe("a short word", () => {
  test("is spelled out where it is first used, before it or right behind", () => {
    expect(
      unspelled("The IOMMU checks each address. It is an I/O memory management unit."),
    ).toEqual([]);
    expect(unspelled("An I/O memory management unit (IOMMU) checks.")).toEqual([]);
    const far = `The IOMMU checks. ${"And so on. ".repeat(20)} I/O memory management unit.`;
    expect(unspelled(far)[0]).toMatch(/^IOMMU: /);
    expect(unspelled("The IOMMU's table.", ["IOMMU"])).toEqual([]);
  });

  test("stands in the table, unless everybody knows it", () => {
    expect(unspelled("The CPU asks the XYZ, which says EBUSY or SIGSEGV.")).toEqual([
      "XYZ is in no table",
    ]);
  });
});

test("a plain word is said what it is", () => {
  expect(unexplained("It rings the doorbell, a register of the chip.")).toEqual([]);
  expect(unexplained("It rings the doorbell.")).toHaveLength(1);
});

test("sentences are counted in words, and rows of a list are none", () => {
  expect(sentenceLengths('One two. Three "four"? Five \u00b6 six seven. See: eight.')).toEqual([
    2, 2, 2, 1,
  ]);
});
