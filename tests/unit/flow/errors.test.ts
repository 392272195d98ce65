import { describe, expect, test } from "vitest";
import { formatError, parseFlow } from "../../../engine/flow/index.ts";

/** Five lines, so that a story below begins in line 6. */
const HEADER = `title      T
kernel     v4.18
framework  spimdev
iommu      smmu0 kind=smmuv3
device     hisi_zip-0 kind=zip behind=smmu0
`;

function errorsOf(text: string): readonly string[] {
  const parsed = parseFlow(text, "f");
  return parsed.ok ? [] : parsed.errors.map(formatError);
}

const NUMBER = "expected a number below 2^64: 12, 0x1f, 0644, 4K 2M 1G, 5ns 5us 5ms";
const SPAN = "expected a span: 5ns, 5us or 5ms";
const ESCAPE = `expected an escape: \\" \\\\ \\n \\t \\r \\xNN \\u{HEX}`;
const ACTOR = "expected a process (letters, digits, _) or a device of the header";
const LINE = "expected a header line, a section or a statement";
const END = "expected the end of the line, or @label";
const ERRNO = "expected an errno that the model knows";
const OPERATOR = "expected == != < <= > or >=";
const CAPTION = "expected a statement below its caption (a remark begins with ##)";
const INDENT = "; a line that goes on is indented";

// biome-ignore format: one case a line
const STORIES: readonly (readonly [story: string, ...errors: string[]])[] = [
  ["app foo()", `f:6:1: ${LINE}, found "app"`],
  ["exspect f() == 0", `f:6:1: ${LINE}, found "exspect"; did you mean "expect"?`],
  ["app: f()\nexspect f() == 0", `f:7:1: expected ACTOR: CALL(ARGUMENTS), found "exspect"; did you mean "expect"?`],
  ["hisi_zp-0: step()", `f:6:1: ${ACTOR}, found "hisi_zp-0"; did you mean "hisi_zip-0"?`],
  ["web-server: open()", `f:6:1: ${ACTOR}, found "web-server"`],
  ["APP: f()", `f:6:1: ${ACTOR}, found "APP"`],
  ["app:", "f:6:5: expected a call, found end of line"],
  ["app: f(", `f:6:8: expected a value or ")"${INDENT}, found end of line`],
  ["app: f(1, 2", `f:6:12: expected "," or ")"${INDENT}, found end of line`],
  ["app: f(1,\n  2", `f:7:4: expected "," or ")"${INDENT}, found end of line`],
  ["app: f(1 2)", `f:6:10: expected "," or ")", found "2"`],
  ["app: f(,)", `f:6:8: expected a value, found ","`],
  ["app: f()) = 0", `f:6:9: ${END}, found ")"`],
  ["app: f) = 0", `f:6:7: expected "(", found ")"`],
  ["app: = 3", `f:6:6: expected a call, found "="`],
  ["app: Q = f()", `f:6:6: expected a name with a lower-case letter, found "Q"`],
  ["app: hisi_zip-0 = f()", `f:6:6: expected a name or a call, found "hisi_zip-0"`],
  ["app: q = wait 5us", `f:6:15: expected "(", found "5us"`],
  ["app: f(a.b(1))", `f:6:11: expected a call without a dot in its name, not "a.b", found "("`],
  ["app: f(a.1)", `f:6:10: expected a name after the dot, found "1"`],
  ["app: f(a | )", `f:6:12: expected a value, found ")"`],
  ["app: f(a=b)", `f:6:9: expected "," or ")", found "="`],
  ["app: f({a: 1, a: 2})", `f:6:15: expected each field once, found "a" again`],
  ["app: f({a 1})", `f:6:11: expected ":", found "1"`],
  ["app: f({a: 1)", `f:6:13: expected "," or "}", found ")"`],
  ["app: f({1: 1})", `f:6:9: expected a field or "}", found "1"`],
  ["app: f([1, 2)", `f:6:13: expected "," or "]", found ")"`],
  ["app: f(-x)", `f:6:9: ${ERRNO}, found "x"`],
  ["app: f(0x)", `f:6:8: ${NUMBER}, found "0x"`],
  ["app: f(089)", `f:6:8: ${NUMBER}, found "089"`],
  ["app: f(12abc)", `f:6:8: ${NUMBER}, found "12abc"`],
  ["app: f(18446744073709551616)", `f:6:8: ${NUMBER}, found "18446744073709551616"`],
  ["app: f(17179869184G)", `f:6:8: ${NUMBER}, found "17179869184G"`],
  ["app: f(-9223372036854775809)", `f:6:9: ${NUMBER}, found "9223372036854775809"`],
  [`app: f("abc`, `f:6:8: expected a string that ends in ", found end of line`],
  [`app: f("a\\qb")`, `f:6:10: ${ESCAPE}, found "\\q"`],
  [`app: f("\\x1")`, `f:6:9: ${ESCAPE}, found "\\x"`],
  [`app: f("\\u{110000}")`, `f:6:9: ${ESCAPE}, found "\\u{110000}"`],
  ["app: f(a$b)", `f:6:9: expected a word, a number, a string or a sign, found "$"`],
  ["app: f(\u20ac)", `f:6:8: expected a word, a number, a string or a sign, found "\\u{20ac}"`],
  ["app: f('x')", `f:6:8: expected a string in ", found "'"`],
  ["app: f() # no", `f:6:10: expected ## before a remark, found "#"`],
  ["app: f() @1", `f:6:10: expected a label: @ and a letter, found "@"`],
  ["app: f() @x @y", `f:6:13: ${END}, found "@y"`],
  ["app: f(\u0000)", "f:6:8: expected text, found the character U+0000"],
  ["app: f(\ud800)", "f:6:8: expected text, found the character U+D800"],
  ["app: f(\u202e)", "f:6:8: expected text, found the character U+202E"],
  ["app: f(\n \"\u0007\")", "f:7:3: expected text, found the character U+0007"],
  ["app: f(x, ## no\n  y)", `f:6:11: expected comments only after the last bracket, found "##"`, `f:7:3: expected ACTOR: CALL(ARGUMENTS), found "y"`],

  ["app: f() = -1 EBUZY", `f:6:15: ${ERRNO}, found "EBUZY"; did you mean "EBUSY"?`],
  ["app: f() = -EBUZY", `f:6:13: ${ERRNO}, found "EBUZY"; did you mean "EBUSY"?`],
  ["app: f() = -2 EBUSY", `f:6:13: expected 1: what a system call returns that fails is -1, found "2"`],
  ["app: f() = {a: 1}", `f:6:12: expected the value returned, before what was written back, found "{"`],
  ["app: f() = BUG", `f:6:15: expected the text of the BUG in ", found end of line`],
  ["app: f() = [v4.17] 0", `f:6:13: expected a kernel, found "v4.17"; did you mean "v4.18"?`],
  ["app: f() =", "f:6:11: expected a value, found end of line"],
  ["app: f() = 0 0", `f:6:14: ${END}, found "0"`],
  ["app: f() = SIGSEGV 1", `f:6:20: ${END}, found "1"`],
  ["app: f({a: 1 <unfinished ...>", `f:6:14: expected "," or "}", found "<unfinished ...>"`],
  ["app: f(g(1 <unfinished ...>", `f:6:12: expected "," or ")", found "<unfinished ...>"`],
  ["app: <... write> = 1", `f:6:6: expected a call, found "<"`],

  ["app: wait", `f:6:10: ${SPAN}, found end of line`],
  ["app: wait 5", `f:6:11: ${SPAN}, found "5"`],
  ["app: wait 5s", `f:6:11: ${SPAN}, found "5s"`],
  ["app: wait 5us = 0", `f:6:15: ${END}, found "="`],
  ["app: wait until f() within 5us", `f:6:21: ${OPERATOR}, found "within"`],
  ["app: wait until f() == 0", "f:6:25: expected within and a span, found end of line"],
  ["app: wait until f() == 0 wihtin 5us", `f:6:26: expected within and a span, found "wihtin"; did you mean "within"?`],
  ["app: wait until f() == 0 within 5K", `f:6:33: ${SPAN}, found "5K"`],
  ["expect f() = 0", `f:6:12: ${OPERATOR}, found "="; did you mean "=="?`],
  ["expect f()", `f:6:11: ${OPERATOR}, found end of line`],
  ["expect[v4.19] f() == 0", `f:6:8: expected a kernel, found "v4.19"; did you mean "v4.18"?`],
  ["expect[v4.18 f() == 0", `f:6:14: expected "]", found "f"`],
  ["always", "f:6:7: expected the name of an invariant, found end of line"],
  ["always Nobody", `f:6:8: expected the name of an invariant, in lower case, found "Nobody"`],
  ["always a-", "f:6:10: expected the rest of the name, found end of line"],
  ["schedule", "f:6:9: expected the number of a pick, found end of line"],
  ["schedule 1 99999999", `f:6:12: expected the number of a pick, found "99999999"`],
  ["explore\nexplore", `f:7:1: expected one line "explore", found "explore" as in line 6`],
  ["join", `f:6:1: expected "explore" above "join", found "join"`],

  ["==  ==", `f:6:1: expected "== NAME OF THE SECTION ==", found "==  =="`],
  ["==## x ==", `f:6:1: expected "== NAME OF THE SECTION ==", found "==## x =="`],
  ["== x", `f:6:1: expected "== NAME OF THE SECTION ==", found "== x"`],
  ["# words\n== s ==", `f:6:1: ${CAPTION}, found a section`],
  ["# words\nexpect f() == 0", `f:6:1: ${CAPTION}, found a line "expect"`],
  ["\n# words\n\n", `f:7:1: ${CAPTION}, found end of file`],
  ["app: f()\nkernel v4.18", `f:7:1: expected header lines above the first section, caption or statement, found "kernel"`],

  ["app: a = f()\napp: a = g()", `f:7:1: expected a name not bound yet, found "a", bound in line 6`],
  ["app: a = f()\napp: c = fork()\nc: a = g()", `f:8:1: expected a name not bound yet, found "a", bound in line 6`],
  ["app: smmu0 = f()", `f:6:1: expected a name not bound yet, found "smmu0", bound in line 4`],
  ["app: f() @x\nexpect f() == 0 @x", `f:7:1: expected a new label, found "@x" as in line 6`],
  ["app: f() @send\nexpect g(since @sned) == 0", `f:7:10: expected a label of this flow, found "sned"; did you mean "send"?`],
  ["app: f(\napp: g(", `f:6:8: expected a value or ")"${INDENT}, found end of line`, `f:7:8: expected a value or ")"${INDENT}, found end of line`],
];

test.each(STORIES)("the story %j is refused", (story, ...errors) => {
  expect(errorsOf(`${HEADER}${story}\n`)).toEqual(errors);
});

const KERNELS = "expected a kernel: v4.18, v5.7, v6.1, v4.18+sva-rfc";
const UNLESS = "(`what-if yes` allows others)";
const DEVICE_KEYS = "expected one of: kind, hw, behind, queues, vfs, lend";

// biome-ignore format: one case a line
const HEADERS: readonly (readonly [header: string, ...errors: string[]])[] = [
  ["kernal v4.18", `f:1:1: ${LINE}, found "kernal"; did you mean "kernel"?`],
  ["title: T", `f:1:1: expected "title" and a blank, found "title:"`],
  ["title ##x", "f:1:6: expected the title, found end of line"],
  ["title T\ntitle U\nkernel v4.18\nframework mdev", `f:2:1: expected one line "title ...", found "title" as in line 1`],
  ["kernel v4.18\nframework mdev", `f:3:1: expected a line "title ..." in the header, found none`],
  ["kernel v4.19", `f:1:8: ${KERNELS}, found "v4.19"; did you mean "v4.18"?`],
  ["kernel", `f:1:7: ${KERNELS}, found end of line`],
  ["kernel v4.18 v5.7", `f:1:14: expected the end of the line, found "v5.7"`],
  ["title T\nkernel v5.7\nframework spimdev", `f:3:1: expected a framework of kernel v5.7: uacce, hvf, mdev, ioctl ${UNLESS}, found spimdev (v4.18)`],
  ["title T\nkernel v4.18\nframework uacce", `f:3:1: expected a framework of kernel v4.18: spimdev, sdmdev, uacce-v3, hvf, mdev, ioctl ${UNLESS}, found uacce (v5.7, v6.1)`],
  ["framework uaccee", `f:1:11: expected a framework: spimdev, sdmdev, uacce-v3, uacce, hvf, mdev, ioctl, found "uaccee"; did you mean "uacce"?`],
  ["iommu smmu0", "f:1:12: expected kind=KIND, found end of line"],
  ["iommu smmu0!", `f:1:7: expected the name of an iommu: letters, digits, _, then -WORD or .NUMBER, found "smmu0!"`],
  ["iommu smmu0 kind=smmu3", `f:1:18: expected kind: smmuv3, none, found "smmu3"; did you mean "smmuv3"?`],
  ["iommu smmu0 kind", `f:1:13: expected kind=VALUE, found "kind"`],
  ["iommu smmu0 kind= iotlb=3", `f:1:13: expected kind=VALUE, found "kind="`],
  ["iommu smmu0 kind=none kind=none", `f:1:23: expected kind= once, found "kind=none"`],
  ["iommu smmu0 kind=none iotlb=0", `f:1:29: expected a number from 1 to 65536, found "0"`],
  ["iommu smmu0 kind=none pages=4K,3M", `f:1:29: expected page sizes: 4K,2M,1G, each once, found "4K,3M"`],
  ["iommu smmu0 kind=none pages=constructor", `f:1:29: expected page sizes: 4K,2M,1G, each once, found "constructor"`],
  ["iommu smmu0 kind=none pages=4K,4K", `f:1:29: expected page sizes: 4K,2M,1G, each once, found "4K,4K"`],
  ["iommu smmu0 kind=none pasid=21", `f:1:29: expected a number from 0 to 20, found "21"`],
  ["iommu smmu0 kind=none fault=pri", `f:1:23: expected one of: kind, iotlb, pages, pasid, faults, domain, found "fault"; did you mean "faults"?`],
  ["title T\nkernel v4.18\nframework spimdev\niommu smmu0 kind=smmuv3 pasid=20", `f:4:1: expected pasid=0, or kernel v4.18+sva-rfc ${UNLESS}, found pasid=20 on v4.18`],
  ["title T\nkernel v4.18\nframework spimdev\niommu smmu0 kind=smmuv3\ndevice d kind=zip behind=smmu1", `f:5:1: expected an iommu of the header, found "smmu1"; did you mean "smmu0"?`],
  ["title T\nkernel v4.18\nframework spimdev\niommu smmu0 kind=smmuv3\ndevice d kind=dummy behind=smmu0", `f:5:1: expected a dummy device behind no iommu ${UNLESS}, found behind=smmu0`],
  ["title T\nkernel v4.18\nframework spimdev\niommu x kind=none\ndevice x kind=zip", `f:5:1: expected a new name, found "x" as in line 4`],
  ["title T\nkernel v4.18\nframework spimdev\nshow @send", `f:4:1: expected a label of this flow, found "send"`],
  ["device d kind=zap", `f:1:15: expected kind: dummy, zip, rsa, nic, found "zap"; did you mean "zip"?`],
  ["device a.b kind=zip", `f:1:8: expected the name of a device: letters, digits, _, then -WORD or .NUMBER, found "a.b"`],
  ["device d kind=zip held held", `f:1:24: ${DEVICE_KEYS}, found "held"`],
  ["device d held", "f:1:14: expected kind=KIND, found end of line"],
  ["given", "f:1:6: expected the name of a flow, found end of line"],
  ["given ../x", `f:1:7: expected the name of a flow, found "../x"`],
  ["show send", `f:1:6: expected a label, @NAME, found "send"`],
  ["mended D13 14", `f:1:12: expected the number of a defect, D13, found "14"`],
  ["fail pni 3", `f:1:6: expected what fails: allocate, pin, map, invalidate, found "pni"; did you mean "pin"?`],
  ["fail pin 0", `f:1:10: expected a number from 1 to 1000000, found "0"`],
  ["what-if maybe", `f:1:9: expected yes or no: yes, no, found "maybe"`],
];

test.each(HEADERS)("the header %j is refused", (header, ...errors) => {
  expect(errorsOf(header)).toEqual(errors);
});

describe("an error", () => {
  test("has its parts beside the line of text", () => {
    const parsed = parseFlow("kernel v4.19", "send.flow");
    expect(parsed).toEqual({
      ok: false,
      errors: [
        {
          file: "send.flow",
          line: 1,
          column: 8,
          expected: "a kernel: v4.18, v5.7, v6.1, v4.18+sva-rfc",
          found: '"v4.19"',
          message: `${KERNELS}, found "v4.19"`,
          nearest: "v4.18",
        },
      ],
    });
  });

  test("is one line of 7-bit text, whatever the file is called and holds", () => {
    const parsed = parseFlow(`app ${"\u00e9".repeat(99)}: f()`, "a\nb\u0007.flow");
    const [error] = parsed.ok ? [] : parsed.errors;
    expect(error && formatError(error)).toMatch(/^a\\u\{a\}b\\u\{7\}\.flow:1:1: [ -~]{1,400}$/);
  });

  test("quotes no more than 40 characters of a word", () => {
    const parsed = parseFlow(`kernel ${"x".repeat(5000)}`, "f");
    expect(parsed.ok ? "" : parsed.errors[0]?.found).toBe(`"${"x".repeat(40)}..."`);
  });

  test("comes with others, in the order of the lines, up to twenty", () => {
    const lines = errorsOf(`${HEADER}${"app: f(\n".repeat(50)}`);
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toMatch(/^f:25:8: /);
  });
});

test("with `what-if yes` what is not legal is allowed", () => {
  expect(errorsOf("title T\nkernel v5.7\nframework spimdev\nwhat-if yes\n")).toEqual([]);
});

test("with +sva-rfc v4.18 has PASIDs", () => {
  const iommu = "iommu smmu0 kind=smmuv3 pasid=16 faults=stall";
  expect(errorsOf(`title T\nkernel v4.18+sva-rfc\nframework spimdev\n${iommu}\n`)).toEqual([]);
});
