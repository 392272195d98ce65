import { describe, expect, test } from "vitest";
import { PROCESS_CALLS } from "../../../engine/flow/index.ts";
import { CARD_CALLS } from "../../../engine/flow/link-line.ts";
import { SIGNATURES } from "../../../engine/flow/signature.ts";
import { formatError, KIND_NAMES, type Run, runFlow } from "../../../engine/index.ts";
import { LIBRARY_CALLS } from "../../../engine/user/index.ts";
import { LIBRARY } from "../machine/flows.ts";

const HEADER = `title T
kernel v4.18
framework ioctl
iommu smmu0 kind=smmuv3
device hisi_zip-0 kind=zip behind=smmu0
`;
const BUF = "app: buf = mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";

function resultOf(lines: readonly string[], header = HEADER) {
  return runFlow({ text: `${header}${lines.join("\n")}\n`, file: "f.flow" }, LIBRARY);
}

function errorsOf(...lines: string[]): string[] {
  const result = resultOf(lines);
  return result.ok ? [] : result.errors.map(formatError);
}

function runOf(lines: readonly string[], header = HEADER): Run {
  const result = resultOf(lines, header);
  if (!result.ok) throw new Error(result.errors.map(formatError).join("\n"));
  return result.run;
}

/** What failed, as "expected, got". */
function failuresOf(...lines: string[]): string[] {
  return runOf(lines).failures.map(({ expected, got }) => `${expected}, got ${got}`);
}

test("every call that a flow may name says what it takes", () => {
  const calls = [...PROCESS_CALLS, ...LIBRARY_CALLS, ...CARD_CALLS];
  expect(Object.keys(SIGNATURES).sort()).toEqual([...calls].sort());
  for (const { needs, args } of Object.values(SIGNATURES))
    expect(needs).toBeLessThanOrEqual(args.length);
});

// biome-ignore format: one case a line
const WRITTEN: readonly (readonly [line: string, error: string])[] = [
  ["app: close()",                "f.flow:6:6: expected 1 argument of close(), found 0"],
  ["app: close(1, 2)",            "f.flow:6:6: expected 1 argument of close(), found 2"],
  ["app: open()",                 "f.flow:6:6: expected 1 to 3 arguments of open(), found 0"],
  ["app: fork(1)",                "f.flow:6:6: expected 0 arguments of fork(), found 1"],
  ["app: close(\"x\")",           "f.flow:6:12: expected a number as argument 1 of close(), found a text"],
  ["app: open(5)",                "f.flow:6:11: expected a text as argument 1 of open(), found a number"],
  ["app: wd_send(3, 5)",          "f.flow:6:17: expected a structure as argument 2 of wd_send(), found a number"],
  ["app: wd_send(3, [5])",        "f.flow:6:17: expected a structure as argument 2 of wd_send(), found a list"],
  ["app: wait until wd_recv() == 0 within 5us", "f.flow:6:17: expected 1 argument of wd_recv(), found 0"],
  ["app: wait 1001ms",            "f.flow:6:11: expected a wait of 0 to 1000ms, found 1001000000000 ps"],
  ["app: wait until time() == 0 within 2ms", "f.flow:6:36: expected a wait of 0 to 1ms, found 2000000000 ps"],
  ["expect page(app) == 0",       "f.flow:6:8: expected 2 arguments of page(), found 1"],
  ["expect count(syscall, 1, 2) == 0", "f.flow:6:8: expected 1 or 2 arguments of count(), found 3"],
];

test.each(WRITTEN)("%s: refused before anything runs", (line, error) => {
  expect(errorsOf(line)).toContain(error);
});

test("an IOMMU without pages of 4K is refused at its line", () => {
  const result = resultOf([], HEADER.replace("kind=smmuv3", "kind=smmuv3 pages=2M"));
  expect(result.ok ? [] : result.errors.map(formatError)).toEqual([
    "f.flow:4:1: expected 4K among the pages: larger ones are made of it, found none",
  ]);
});

// biome-ignore format: one case a line
const FOUND: readonly (readonly [lines: readonly string[], failure: string])[] = [
  [["app: close(text(3))"],                    'a number as argument 1 of close(), got the text "A r"'],
  [["app: close(text(0))"],                    'a number as argument 1 of close(), got the text ""'],
  [["app: zip = open(\"/dev/hisi_zip-0\")", "app: open(zip)"], "a text as argument 1 of open(), got 3"],
  [[BUF, "app: load(buf, buf)"],               "a number of bytes from 0 to 1048576 as argument 2 of load(), got 0x7f000000"],
  [[BUF, "app: load(buf, -1)"],                "a number of bytes from 0 to 1048576 as argument 2 of load(), got -1"],
  [["app: constructor = open(\"/nowhere\")", "app: close(constructor)"], "an argument with a value, got no name constructor"],
  [["app: <... ioctl resumed> = 1"],           "a ioctl() that is unfinished, got none"],
  [["app: close(9)", "app: <... close resumed> = 1"], "a close() that is unfinished, got none"],
];

test.each(FOUND)("%j: the statement fails, and is not run", (lines, failure) => {
  expect(failuresOf(...lines)).toEqual([failure]);
});

// biome-ignore format: one case a line
const ASKED: readonly (readonly [query: string, value: string])[] = [
  ["page(app, -4096)",                       "none"],
  ["page(app, 0xfffffffffffff000)",          "none"],
  ["page(app, buf+281474976710656)",         "none"], // 2^48 further on lies no second buf
  ["pins(app, -1)",                          "0"],
  ["bytes(app, buf+8K-2, 2)",                '"\\x00\\x00"'],
  ["translate(hisi_zip-0, -1)",              "none"],
  ["translate(hisi_zip-0, 18446744073709551615)", "none"],
  ["owner(-1)",                              "none"],
  ["owner(4294967295)",                      "none"],
];

test.each(ASKED)("the query %s is %s", (query, value) => {
  expect(failuresOf(BUF, `expect ${query} == ${value}`)).toEqual([]);
});

// biome-ignore format: one case a line
const UNASKED: readonly (readonly [query: string, why: string])[] = [
  ["bytes(app, buf, 65537)",      "bytes(): a size is 0 to 65536"],
  ["bytes(app, buf, -1)",         "bytes(): a size is 0 to 65536"],
  ["bytes(app, buf, 8193)",       "bytes() has no answer here"],
  ["bytes(app, -1, 4)",           "bytes() has no answer here"],
  ["page(app, \"x\")",            "page(): an argument is no address"],
  ["ring([1]).producer",          "ring(): an argument is no queue"],
  ["ring(9).producer",            "ring() has no answer here"],
];

test.each(UNASKED)("the query %s has no answer: %s", (query, why) => {
  expect(failuresOf(BUF, `expect ${query} == 0`)).toEqual([`${query} == 0, got ${why}`]);
});

test("a query sees shared memory that its process has not touched yet", () => {
  const shared = "app: buf = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0)";
  const lines = [
    shared,
    "app: child = fork()",
    'app: store(buf, "x")',
    'expect bytes(child, buf, 1) == "x"',
  ];
  expect(failuresOf(...lines)).toEqual([]);
});

test("a field called __proto__ is a field like others", () => {
  expect(
    failuresOf(
      'app: zip = open("/dev/hisi_zip-0")',
      "app: ioctl(zip, WD_IOCTL_COMPRESS, {__proto__: {len: 1}}) = 0",
    ),
  ).toEqual(
    failuresOf(
      'app: zip = open("/dev/hisi_zip-0")',
      "app: ioctl(zip, WD_IOCTL_COMPRESS, {other: {len: 1}}) = 0",
    ),
  );
});

describe("a child has what its parent had", () => {
  test("its names, also where fork binds none", () => {
    expect(
      failuresOf(BUF, 'app: store(buf, "x")', "app: fork()", 'child: load(buf, 1) = 0 {data: "x"}'),
    ).toEqual([]);
    expect(failuresOf(BUF, "app: twig = fork()", "twig: load(buf, 1) = 0")).toEqual([]);
  });

  test("the library's queues in its memory", () => {
    const header = `title T\nkernel v4.18\nframework spimdev\niommu smmu0 kind=smmuv3\ndevice hisi_zip-0 kind=zip behind=smmu0\ngiven open-a-queue\n`;
    const run = runOf(
      ["app: child = fork()", "child: wd_recv(q) = -EAGAIN", "expect ring(child.q).producer == 0"],
      header,
    );
    expect(run.failures).toEqual([]);
  });
});

test("what a held device does by a step of the story is the device's", () => {
  const header = HEADER.replace("behind=smmu0", "behind=smmu0 held");
  const lines = [
    BUF,
    'app: zip = open("/dev/hisi_zip-0", O_RDWR)',
    "app: ioctl(zip, WD_IOCTL_COMPRESS, {src: buf, len: 1K, dst: buf+4K, room: 4K}) <unfinished ...>",
    "app2: wait 5us",
    "hisi_zip-0: step()",
  ];
  const { events, machine } = runOf(lines, header);
  const device = machine.actors.findIndex(({ name }) => name === "hisi_zip-0");
  const at = Array.from(events.kind).indexOf(KIND_NAMES.indexOf("dma.read"));
  expect(at).toBeGreaterThan(0);
  expect(events.actor[at]).toBe(device);
});
