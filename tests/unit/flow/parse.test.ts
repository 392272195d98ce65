import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatError, formatLine, parseFlow, printFlow } from "../../../engine/flow/index.ts";
import { withoutPlaces } from "./arbitrary-flow.ts";
import { flowOf, HEADER } from "./read-flow.ts";

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.flow`, import.meta.url), "utf8");
}

describe.each(["send", "fork", "explore"])("the flow %s", (name) => {
  test("prints as it is written", () => {
    expect(printFlow(flowOf(fixture(name)))).toBe(fixture(name));
  });

  test("says the same with CR LF, a byte order mark, tabs and blanks at the ends", () => {
    const text = fixture(name).replaceAll("\n", " \t\r\n").replaceAll("   @", "\t@");
    expect(printFlow(flowOf(`\ufeff${text}`))).toBe(fixture(name));
  });

  test("gives one clear line for each place where it is cut off, or a flow", () => {
    const text = fixture(name);
    for (let length = 0; length < text.length; length += 1) {
      const parsed = parseFlow(text.slice(0, length), "f");
      for (const error of parsed.ok ? [] : parsed.errors) {
        expect(formatError(error)).toMatch(/^f:\d+:\d+: expected [ -~]+, found [ -~]+$/);
      }
    }
  });
});

/** As written, and as printed where that differs. */
// biome-ignore format: one case a line
const LINES: readonly (readonly [written: string, printed?: string])[] = [
  ["app: f()"],
  ["  app :f ( ) ", "app: f()"],
  ["app: f(\n  1,\n  {a: 2,\n  },\n) = 0 @x", "app: f(1, {a: 2}) = 0   @x"],
  ["app: f({\n  a: 1,\n})   @x", "app: f({a: 1})   @x"],
  ["app: q = open(\"/dev/x\", O_RDWR|O_CLOEXEC) = 3   @open   ## a remark"],
  ["app: f(hisi_zip-0, hisi_zip - 0, hisi_zip-1)", "app: f(hisi_zip-0, hisi_zip - 0, hisi_zip - 1)"],
  ["app: f(hisi_zip-0-1, dummy_wd.0+1, hisi_zip-01)", "app: f(hisi_zip-0 - 1, dummy_wd.0+1, hisi_zip - 01)"],
  ["app: f(app.hisi_zip-0, hisi_zip-0.state, dummy_wd.0.state)", "app: f(app.hisi_zip - 0, hisi_zip-0.state, dummy_wd.0.state)"],
  ["hisi_zip-0: step()"],
  ["dummy_wd.0: step()"],
  ["app: f(a-b-c, a-(b-c), a+(b-c), (a+b)-c, (((a))))", "app: f(a - b - c, a - (b - c), a+(b - c), a+b - c, a)"],
  ["app: f((A|B)+1, A|(B|C)|1, A|b+1)", "app: f((A|B)+1, A|B|C|1, A|b+1)"],
  ["app: f(0, 00, 0644, 0x0Ff, 4K, 2M, 1G, 5ns, 5us, 5ms, -1, -4K, -0)", "app: f(0, 00, 0644, 0xff, 4K, 2M, 1G, 5ns, 5us, 5ms, -1, -4K, 0)"],
  ["app: f(18446744073709551615, 0xffffffffffffffff, -9223372036854775808)"],
  ["app: f(NULL, -EIO, A.b, a.B, A(1), ring(q).producer.x)"],
  ["app: f([], [1, [2]], {}, {a: {b: [c]}})"],
  [`app: f("\\"\\\\\\n\\t\\r\\x00\\x7f\\xe9\\u{d800}\\u{1f600} ")`],
  [`app: f("\u00e9\u{1f600}\\x41\\u{42}")`, `app: f("\\xe9\\u{1f600}AB")`],
  ["app: f() = -1 EBUSY"],
  ["app: f() = -1 EBUSY {size: 8K}"],
  ["app: f() = -EAGAIN"],
  ["app: f() = - 1", "app: f() = -1"],
  ["app: f() = 0 {size: 8K}"],
  [`app: f() = 4 "text"`],
  [`app: f() = 2 [1, 2]`],
  ["app: f() = buf+4K"],
  ["app: f() = NULL"],
  ["app: f() = SIGSEGV"],
  ["app: f() = SIGUSR1"],
  [`app: f() = BUG "a \\"b\\""`],
  ["app: f() = ?"],
  ["app: f() =[v6.1]0", "app: f() = [v6.1] 0"],
  ["app: f() <unfinished ...>"],
  ["app: f() = <unfinished ...>", "app: f() <unfinished ...>"],
  ["app: f() = [v5.7] <unfinished ...>"],
  ["app: f(1, 2 <unfinished ...>", "app: f(1, 2) <unfinished ...>"],
  ["app: <... f resumed>"],
  ["app: <... f resumed>) = 1", "app: <... f resumed> = 1"],
  ["app: wait 5us   @x"],
  ["app: wait(5) = 5"],
  ["app: wait until f(q) == 0 within 50us   @done"],
  ["app: wait until f(q) == -EIO within 1ms"],
  ["app: wait = f()"],
  ["expect: f()"],
  ["expect f(since @x) == 0   @y\napp: f()   @x"],
  ["expect f() == 0"],
  ["expect [a] == [b]"],
  ["expect[v4.18] app.locked_vm <= 4K   @x   ## why"],
  ["expect a!=b", "expect a != b"],
  ["expect a < b"],
  ["expect a>b", "expect a > b"],
  ["expect a >= b"],
  ["always device-reads-only-what-is-mapped   ## ever"],
  ["always one-of-2-things"],
  ["explore\njoin"],
  ["schedule  0 1  20", "schedule 0 1 20"],
  ["==  each   request  ==", "== each request =="],
  ["== a == b ==   ## remark"],
  ["## a\n##\n##   b"],
  ["##a", "## a"],
  ["app: f()\n\n\n\napp: g()\n\n", "app: f()\n\napp: g()"],
  ["# one\n# two\n#\n#three\napp: f()", "# one two\n#\n# three\napp: f()"],
  ["# one\n\n# two\n\n## remark\napp: f()", "\n## remark\n# one\n#\n# two\napp: f()"],
  ["#\n#\napp: f()", "app: f()"],
];

test.each(LINES)("%j is read, and printed", (written, printed = written) => {
  expect(printFlow(flowOf(`${HEADER}${written}`)).slice(HEADER.length)).toBe(`${printed}\n`);
});

// biome-ignore format: one case a line
const HEADER_LINES: readonly (readonly [written: string, printed: string])[] = [
  ["title A  flow,  at length", "title      A flow, at length"],
  ["kernel v4.18+sva-rfc", "kernel     v4.18+sva-rfc"],
  ["framework uacce-v3", "framework  uacce-v3"],
  ["iommu a domain=none pages=4K,2M,1G faults=stall pasid=0 kind=none iotlb=64", "iommu      a kind=none iotlb=64 pages=4K,2M,1G pasid=0 faults=stall domain=none"],
  ["device d unbound held kind=dummy", "device     d kind=dummy held unbound"],
  ["device d held queues=4 hw=v2 kind=rsa", "device     d kind=rsa hw=v2 queues=4 held"],
  ["given a b", "given      a b"],
  ["mended D1 D26", "mended     D1 D26"],
  ["fail map 12", "fail       map 12"],
  ["what-if no", "what-if    no"],
];

test.each(HEADER_LINES)("the header line %j is read, and printed", (written, printed) => {
  const [word = ""] = written.split(" ");
  const others = ["title T", "kernel v4.18", "framework spimdev"];
  const flow = flowOf([...others.filter((line) => !line.startsWith(word)), written].join("\n"));
  expect(
    flow.header.lines.map((line) =>
      "text" in line || line.kind === "blank" ? "" : formatLine(line),
    ),
  ).toContain(printed);
});

test("the header says what its lines say", () => {
  const { lines, ...header } = flowOf(fixture("fork")).header;
  expect(lines).toHaveLength(10);
  expect(withoutPlaces(header)).toEqual({
    title: "A child, and the page is gone",
    kernel: "v4.18",
    svaRfc: false,
    framework: "spimdev",
    iommus: [
      {
        kind: "iommu",
        name: "smmu0",
        iommu: "smmuv3",
        pages: [4096, 2097152, 1073741824],
        faults: "none",
      },
    ],
    devices: [{ kind: "device", name: "dummy_wd.0", device: "dummy", held: true }],
    given: [],
    show: [],
    mended: ["D13", "D18"],
    fail: [{ kind: "pin", nth: 3 }],
    whatIf: false,
  });
});

test("remarks of the header stand in one column", () => {
  const flow = flowOf("title T ## a\n## alone\n\nkernel v4.18 ## b\nframework spimdev\n");
  expect(printFlow(flow)).toBe(
    "title      T       ## a\n## alone\n\nkernel     v4.18   ## b\nframework  spimdev\n",
  );
});

test("a statement is plain data, with the place of each part", () => {
  const flow = flowOf(
    `${HEADER}# Why.\napp: q = f(a.b+4K, A|B) = [v6.1] -1 EBUSY {n: 5us}  @x ## y\n`,
  );
  expect(flow.items).toEqual([
    {
      kind: "statement",
      at: { line: 8, column: 1 },
      caption: ["Why."],
      actor: "app",
      bind: "q",
      action: {
        kind: "call",
        call: {
          kind: "call",
          at: { line: 8, column: 10 },
          name: "f",
          args: [
            {
              kind: "sum",
              at: { line: 8, column: 12 },
              op: "+",
              left: { kind: "name", at: { line: 8, column: 12 }, path: ["a", "b"] },
              right: { kind: "number", at: { line: 8, column: 16 }, value: 4096n, form: "K" },
            },
            {
              kind: "flags",
              at: { line: 8, column: 20 },
              parts: [
                { kind: "constant", at: { line: 8, column: 20 }, name: "A" },
                { kind: "constant", at: { line: 8, column: 22 }, name: "B" },
              ],
            },
          ],
        },
      },
      result: {
        kind: "errno",
        errno: "EBUSY",
        written: {
          kind: "struct",
          at: { line: 8, column: 43 },
          fields: [
            {
              name: "n",
              value: { kind: "number", at: { line: 8, column: 47 }, value: 5_000_000n, form: "us" },
            },
          ],
        },
      },
      only: "v6.1",
      label: "x",
      comment: "y",
    },
  ]);
});

test("a name is one word where the header, or who asks, declares it", () => {
  const flow = "title T\nkernel v4.18\nframework spimdev\nnic-1: step()\n";
  expect(parseFlow(flow, "f").ok).toBe(false);
  const parsed = parseFlow(flow, "f", ["nic-1"]);
  expect(parsed.ok && parsed.flow.items[0]).toMatchObject({ actor: "nic-1" });
});

test("labels may stand in the flows that are given", () => {
  const asks = `${HEADER.replace("kernel", "given open\nshow @elsewhere\nkernel")}expect f(since @there) == 0\n`;
  expect(parseFlow(asks, "f").ok).toBe(true);
});
