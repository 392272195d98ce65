/** Each export reads itself back before it is handed out. Broken ones have to be seen. */

import { describe, expect, test } from "vitest";
import {
  ladderAt,
  layoutSequence,
  mermaidFaults,
  type Picture,
  rstFaults,
  svgFaults,
  toMermaid,
  toRst,
  toSvg,
} from "../../../diagrams/index.ts";
import { runOf } from "./runs.ts";
import { REQUEST } from "./scenes.ts";

function picture(): Picture {
  const made = layoutSequence(REQUEST, 72);
  if (!made.ok) throw new Error("no picture");
  return made.picture;
}

const PICTURE = picture();

function svgOf(profile: "site" | "kernel"): string {
  const made = toSvg(PICTURE, { profile, title: "A title", desc: "Words < & >." });
  if (!made.ok) throw new Error(made.message);
  return made.text;
}

describe("SVG", () => {
  const svg = svgOf("kernel");
  const faults = (text: string, profile: "site" | "kernel" = "kernel") =>
    svgFaults(text, PICTURE.labels, profile);

  test.each(["site", "kernel"] as const)("of the %s profile is without fault", (profile) =>
    expect(faults(svgOf(profile), profile)).toEqual([]),
  );

  const BROKEN: readonly (readonly [string, string | RegExp, string, RegExp])[] = [
    [
      "a label that is cut",
      "store doorbell<",
      "store doorbel<",
      /label "store doorbell" is not whole/,
    ],
    ["a label that is gone", /<text [^>]*>store doorbell<\/text>\n/, "", /store doorbell/],
    ["a tag that is left open", "</g>", "", /closes something else/],
    ["a bare ampersand", "A title", "A & title", /bare &/],
    ["an entity of its own", "A title", "A &title;", /bare &/],
    ["a script", "</svg>", "<script>1</script></svg>", /<script> may not/],
    ["HTML inside", "</svg>", "<foreignObject></foreignObject></svg>", /foreignObject/],
    ["a style sheet", "</svg>", "<style>a</style></svg>", /<style> may not/],
    ["an event", "<g ", '<g onclick="x" ', /onclick may not/],
    ["a colour by name of a variable", /fill="#1d1f21"/, 'fill="var(--ink)"', /no fixed colour/],
    ["something outside", "<g ", '<g mask="url(http://x/y)" ', /leads outside/],
    ["a link", "<g ", '<g href="x" ', /href may not/],
    ["a document type", "<svg ", "<!DOCTYPE svg><svg ", /document type/],
    ["an attribute without quotes", "<g ", "<g x=1 ", /cannot be read/],
    ["an attribute twice", "<g fill=", '<g fill="red" fill=', /twice/],
    ["a size in percent", /width="\d+"/, 'width="100%"', /no plain number/],
    ["no viewBox", "viewBox", "viewbox", /no viewBox/],
    ["no licence", "SPDX", "X", /no licence/],
    ["no title", "<title>A title</title>\n", "", /no title/],
    ["another namespace", "2000/svg", "2000/x", /no svg/],
    ["no generic font", ", monospace", "", /no generic font/],
    ["a comment with dashes", "</svg>", "<!-- a -- b --></svg>", /two dashes/],
    ["words beside the elements", "</svg>", "words</svg>", /no element shows/],
    ["nothing at all", /[\s\S]*/, "", /no svg/],
  ];
  test.each(BROKEN)("with %s is seen", (_what, from, to, fault) => {
    const text = svg.replace(from, to);
    expect(text).not.toBe(svg);
    expect(faults(text).join("\n")).toMatch(fault);
  });

  test("with its labels in another order is seen", () => {
    const lines = svg.split("\n");
    const texts = lines.filter((line) => line.startsWith("<text"));
    const turned = lines.map((line) => (line.startsWith("<text") ? texts.pop() : line)).join("\n");
    expect(faults(turned)).not.toEqual([]);
  });
});

describe("Mermaid", () => {
  const made = ladderAt(runOf("send-request"), { at: "@done" });
  if (!made.ok) throw new Error(made.message);
  const { ladder } = made;
  const source = toMermaid(ladder);

  test("is without fault", () => expect(mermaidFaults(source, ladder)).toEqual([]));

  const BROKEN: readonly (readonly [string, string | RegExp, string])[] = [
    ["another diagram", "sequenceDiagram", "flowchart"],
    ["a line that is no message", /L0->>L1: .*/, "L0 talks"],
    ["a participant that nobody declared", /L0->>L1/, "L0->>L9"],
    ["a label that is cut", "store doorbell", "store"],
    ["a message less", / {2}L\d->>L\d: .*store doorbell.*\n/, ""],
    ["a statement that ends early", "store doorbell", "store doorbell; x"],
    ["a name that is another", / as app\n/, " as ape\n"],
    ["no newline", /\n$/, ""],
  ];
  test.each(BROKEN)("with %s is seen", (_what, from, to) => {
    const text = source.replace(from, to);
    expect(text).not.toBe(source);
    expect(mermaidFaults(text, ladder)).not.toEqual([]);
  });
});

describe("reST", () => {
  const wanted = {
    figure: "a.svg",
    alt: "One: a request",
    caption: "A *bold* `claim`_ of |x|, wd_send and end_ with \\ it::",
    drawing: "  a box\n\n  +--+\n",
  };
  const made = toRst(wanted);
  const text = made.ok ? made.text : "";

  test("is without fault, and holds no markup but its own", () => {
    expect(made.ok).toBe(true);
    expect(rstFaults(text, wanted)).toEqual([]);
    expect(text).toContain(
      "A \\*bold\\* \\`claim\\`\\_ of \\|x\\|, wd_send and end\\_ with \\\\ it\\:\\:",
    );
  });

  test.each([
    "1. a list",
    "- a list",
    "* a list",
    ".. a comment",
    ":a: field",
    "a. b",
    "(a) b",
    "==== ==",
  ])("a caption that begins with %j is a paragraph", (caption) => {
    const one = toRst({ ...wanted, caption });
    expect(one.ok && one.text).toContain("\n   \\");
  });

  const BROKEN: readonly (readonly [string, string | RegExp, string])[] = [
    ["another figure", "a.svg", "b.svg"],
    ["another alt text", "One:", "Two:"],
    ["a caption that is cut", "wd_send", "wd"],
    ["a drawing that is another", "+--+", "+-+"],
    ["a drawing that is no block", "  a box", "a box"],
    ["a byte beyond 7 bits", "A \\*", "\u00c4 \\*"],
  ];
  test.each(BROKEN)("with %s is seen", (_what, from, to) => {
    const broken = text.replace(from, to);
    expect(broken).not.toBe(text);
    expect(rstFaults(broken, wanted)).not.toEqual([]);
  });

  test("a name that leads elsewhere, and a figure without words, are refused", () => {
    expect(toRst({ ...wanted, figure: "../a.svg" }).ok).toBe(false);
    expect(toRst({ ...wanted, caption: " " }).ok).toBe(false);
  });
});
