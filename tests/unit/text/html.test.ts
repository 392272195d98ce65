import { expect, test } from "vitest";
import { printHtml } from "../../../text/index.ts";

const page = (main: string) =>
  `<html><body><nav>x</nav><main id="a">${main}</main><footer>y</footer>`;

test("a page is printed in its order: headings, paragraphs, lists, drawings, rows", () => {
  const main = `
    <h1>Stories &amp; steps</h1><p>One <code>ioctl</code>,
      then&nbsp;none.</p><script>no()</script>
    <ol start="3"><li><p>third</p><pre>  a  |---&gt;|
  b</pre></li><li>fourth<ul><li>inner</li></ul></li></ol>
    <blockquote><p>said</p></blockquote>
    <table><tr><th>call</th><th>errno</th></tr><tr><td>open</td><td>EBUSY</td></tr></table>
    <button>Next</button><p hidden>not seen</p><div data-narrow="a -->| b"></div>`;
  expect(printHtml(page(main))).toBe(
    [
      "Stories & steps",
      "===============",
      "",
      "One ioctl, then none.",
      "",
      "3. third",
      "",
      "  a  |--->|",
      "  b",
      "",
      "4. fourth",
      "",
      "- inner",
      "",
      "> said",
      "",
      "call; errno",
      "",
      "open; EBUSY",
      "",
    ].join("\n"),
  );
});

test("no line is wider than 72 columns but for a word that is, and all is 7-bit", () => {
  const long = `<p>${"word ".repeat(40)}caf\u00e9 \u2013 \u201cso\u201d</p><pre>${"wide ".repeat(30)}</pre>`;
  const text = printHtml(page(long));
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(72);
  expect(text).toMatch(/^[\n -~]+$/);
  expect(text.replaceAll("\n", " ")).toContain('caf\\u00e9 - "so"');
});
