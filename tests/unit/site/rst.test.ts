import { describe, expect, test } from "vitest";
import { htmlOf } from "../../../site/lib/rst.ts";

describe("the forms of reST that the document uses", () => {
  const html = (text: string) => htmlOf(text.split("\n"))?.html;

  // biome-ignore format: one case a line
  const CASES: readonly (readonly [rst: string, html: string | undefined])[] = [
    [".. SPDX-License-Identifier: GPL-2.0",     undefined],
    ["=====\nTitle\n=====",                     undefined],
    ["One & two.\nThree.",                      "<p>One &amp; two. Three.</p>"],
    ["- one\n  more\n- two",                    "<ul><li>one more</li><li>two</li></ul>"],
    ["1. one\n2. two",                          "<ol><li>one</li><li>two</li></ol>"],
    ["Term\n  Its meaning\n  here.",            "<dl><dt>Term</dt><dd>Its meaning here.</dd></dl>"],
    ["Calls::\n\n  int a(b *c);",               "<p>Calls:</p><pre><code>int a(b *c);</code></pre>"],
    ["Words [3]_ here.",                        '<p>Words&nbsp;<a href="#ref-3">[3]</a> here.</p>'],
    [".. [1] https://a.example/b",              '<ol class="references"><li id="ref-1"><a href="https://a.example/b">https://a.example/b</a></li></ol>'],
    ["``L0`` to ``L3``.",                       "<p><code>L0</code> to <code>L3</code>.</p>"],
    ["See Documentation/a-b/c.rst.",            '<p>See <a href="https://docs.kernel.org/a-b/c.html"><code>Documentation/a-b/c.rst</code></a>.</p>'],
  ];
  test.each(CASES)("%j", (rst, wanted) => {
    expect(html(rst)).toBe(wanted);
  });

  test("a heading has an anchor", () => {
    expect(htmlOf(["What can go wrong", "================="])).toEqual({
      kind: "heading",
      html: "What can go wrong",
      id: "what-can-go-wrong",
      title: "What can go wrong",
    });
  });

  test("another form is refused, not printed as it is", () => {
    expect(() => html("Words.\n\n   A quotation.")).toThrow(/knows no such form: Words/);
    expect(() => html("Term\n  meaning\nno meaning")).toThrow(/knows no such form: Term/);
  });
});
