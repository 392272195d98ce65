import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEPTHS, FRAMEWORKS, KERNELS } from "../../../engine/index.ts";
import { COMMANDS } from "../../../wd/commands.ts";
import { FOLDER, file, TRACE, wd } from "./shell.ts";

mkdirSync(join(FOLDER, "folder"));
writeFileSync(join(FOLDER, "nul.flow"), "title x\nkernel v4.18\n\0\n");
writeFileSync(join(FOLDER, "utf8.flow"), Buffer.from("title x\ntitle \xff\n", "latin1"));
writeFileSync(join(FOLDER, "empty.flow"), "");
writeFileSync(join(FOLDER, "huge.flow"), "a".repeat(4_000_001));
writeFileSync(join(FOLDER, "one-line.flow"), "a".repeat(3_000_000));

const NEVER = "expected a whole number from 0 to 4294967295";

/** The words, and the one line on stderr. All end in exit code 2 and print nothing. */
const BAD: readonly (readonly [argv: readonly string[], err: string | RegExp])[] = [
  [[], /^wd: expected a command: flows show .* claims; "wd --help" explains them$/],
  [["flwos"], 'wd: unknown command "flwos"; "wd --help" lists them; did you mean "flows"?'],
  [["--hlep"], 'wd: unknown option "--hlep"; "wd --help" lists them; did you mean "--help"?'],
  [["check", "x"], "wd: check: not there yet"],
  [["bench"], "wd: bench: not there yet"],
  [["help", "nothing"], 'wd: unknown command "nothing"; "wd --help" lists them'],
  [["help", "run", "show"], 'wd: help: expected one command, found "show" too'],
  [["--version", "2"], 'wd: --version: expected nothing more, found "2"'],
  [["flows", "x"], 'wd flows: expected nothing more, found "x" too'],
  [["run"], "wd run: expected one flow or file, found nothing"],
  [["run", ""], 'wd run: expected one flow or file, found ""'],
  [["run", "fork-cow", "x"], 'wd run: expected one flow or file, found "x" too'],
  [
    ["run", "fork-cwo"],
    'wd run: no flow "fork-cwo"; "wd flows" lists them; did you mean "fork-cow"?',
  ],
  [["run", "fork-cow.flow"], 'wd run: no flow "fork-cow.flow"; did you mean "fork-cow"?'],
  [["run", "./nowhere.flow"], "wd run: ./nowhere.flow: no such file"],
  [["run", "./empty.flow/x"], "wd run: ./empty.flow/x: no such file"],
  [["run", "./folder"], "wd run: ./folder: expected a file, found a directory"],
  [["run", "folder"], "wd run: folder: expected a file, found a directory"],
  [
    ["run", "a\nb\u001b[31m"],
    /^wd run: no flow "a\\u\{a\}b\\u\{1b\}\[31m"; "wd flows" lists them$/,
  ],
  [["run", `./${"x".repeat(300)}`], /^wd run: \.\/x+: this name is too long$/],
  [["run", "./nul.flow"], "./nul.flow:3:1: expected text, found the character U+0000"],
  [["run", "./utf8.flow"], "./utf8.flow:2: expected text in UTF-8, found other bytes"],
  [
    ["run", "./empty.flow"],
    /^\.\/empty\.flow:1:1: expected a line "title \.\.\." .* more errors\)$/,
  ],
  [["run", "./huge.flow"], "wd run: ./huge.flow: expected at most 4000000 bytes, found more"],
  [["run", "./one-line.flow"], /^\.\/one-line\.flow:1:1: expected at most 1000000 characters/],
  [["run", "-"], /^stdin:1:1: expected a line "title \.\.\."/],
  [["run", "fork-cow", "--sed", "1"], 'wd run: unknown option "--sed"; did you mean "--seed"?'],
  [["run", "fork-cow", "--seed"], `wd run: --seed: ${NEVER}, found nothing`],
  [["run", "fork-cow", "--seed="], `wd run: --seed: ${NEVER}, found nothing`],
  [["run", "fork-cow", "--seed", "abc"], `wd run: --seed: ${NEVER}, found "abc"`],
  [["run", "fork-cow", "--seed", "-1"], `wd run: --seed: ${NEVER}, found "-1"`],
  [["run", "fork-cow", "--seed", "4294967296"], `wd run: --seed: ${NEVER}, found "4294967296"`],
  [["run", "fork-cow", "--seed", "1", "--seed", "1"], "wd run: --seed is given twice"],
  [["run", "fork-cow", "--json=yes"], 'wd run: --json takes no value, found "yes"'],
  [
    ["run", "fork-cow", "--width", "20"],
    'wd run: unknown option "--width": it is one of lint and export',
  ],
  [
    ["run", "fork-cow", "--kernel", "v4.19"],
    'wd run: --kernel: expected one of v4.18 v5.7 v6.1, found "v4.19"; did you mean "v4.18"?',
  ],
  [
    ["run", "fork-cow", "--kernel", "v6.1"],
    /^content\/flows\/fork-cow\.flow:3:1: expected a framework of kernel v6\.1/,
  ],
  [
    ["run", "fork-cow", "--detail", "all"],
    /^wd run: --detail: expected one of story calls kernel, found "all"$/,
  ],
  [["show"], "wd show: expected one FLOW or FLOW@STEP, found nothing"],
  [["show", "fork-cow@"], 'wd show: expected a step behind @, found nothing in "fork-cow@"'],
  [
    ["show", "fork-cow@lots"],
    /^wd show: fork-cow has no step "lots"; it has .*@lost.*; did you mean "@lost"\?$/,
  ],
  [["show", "fork-cow@99"], /^wd show: fork-cow has no step "99"; it has .* 0 to \d+$/],
  [["show", "@lost"], 'wd show: no flow "@lost"; "wd flows" lists them'],
  [
    ["export", "fork-cow", "--width", "20"],
    'wd export: --width: expected a whole number from 40 to 1000, found "20"',
  ],
  [
    ["export", "fork-cow", "--width", "abc"],
    'wd export: --width: expected a whole number from 40 to 1000, found "abc"',
  ],
  [
    ["export", "fork-cow", "--width", "1e2"],
    'wd export: --width: expected a whole number from 40 to 1000, found "1e2"',
  ],
  [
    ["export", "fork-cow", "--view", "rign"],
    /^wd export: --view: expected one of sequence memory rings blocks walk states timeline chart space, found "rign"/,
  ],
  [["export"], "wd export: expected one flow or file, found nothing"],
  [
    ["export", "fork-cow", "--all"],
    'wd export: --all is of every flow: expected none, found "fork-cow"',
  ],
  [["export", "--all"], "wd export: --all: expected -o DIR, found none"],
  [["export", "--all", "-o", "-"], "wd export: --all: expected -o DIR, found none"],
  [
    ["export", "--all", "--view", "rings"],
    "wd export: --view is for one drawing, and --all is for every one",
  ],
  [["export", "--all", "-o", "folder/../empty.flow"], /^wd export: folder\/\.\.\/empty\.flow: /],
  [["export", "fork-cow", "--every-step"], "wd export: --every-step is for --all"],
  [["export", "fork-cow", "--scale", "2"], "wd export: --scale is for --format png, not for ascii"],
  [
    ["export", "fork-cow", "--format", "trace", "--steps", "1..2"],
    "wd export: --steps is for --format ascii or svg or png or mermaid or rst, not for trace",
  ],
  [
    ["export", "fork-cow", "--if", "fail"],
    'wd export: --if: expected mended DNN, fail allocate|pin|map|invalidate N, or iotlb=N, found "fail"',
  ],
  [
    ["export", "fork-cow", "--if", "mended D18 at @nowhere"],
    /^wd export: fork-cow has no step "@nowhere"; it has /,
  ],
  [
    ["export", "bad-address-mended", "--if", "mended D18"],
    'wd export: --if "mended D18": D18 is mended already',
  ],
  [
    ["export", "fork-cow", "--format", "svg", "--for", "mail"],
    "wd export: --for is for --format ascii, not for svg",
  ],
  [
    ["export", "fork-cow", "--profile", "site"],
    "wd export: --profile is for --format svg, not for ascii",
  ],
  [
    ["export", "fork-cow", "--at", "@lost", "--steps", "1..2"],
    "wd export: expected --at or --steps, found both",
  ],
  [
    ["export", "fork-cow", "--steps", "@lost"],
    'wd export: --steps: expected A..B, such as @send..@done, found "@lost"',
  ],
  [
    ["export", "fork-cow", "--steps", "@lost..@shared"],
    "wd export: --steps: @lost comes after @shared",
  ],
  [["export", "fork-cow", "-o", "nowhere/x.txt"], "wd export: nowhere/x.txt: no such folder"],
  [["export", "fork-cow", "-o", "folder"], "wd export: folder: expected a file, found a directory"],
  [["export", "fork-cow", "-o"], "wd export: -o: expected FILE, found nothing"],
  [["lint"], "wd lint: expected files, found nothing"],
  [["lint", "./nowhere"], "wd lint: ./nowhere: no such file"],
  [["lint", "folder"], "wd lint: folder: expected a file, found a directory"],
  [["lint", "./empty.flow", "./empty.flow"], 'wd lint: "./empty.flow" is given twice'],
  [["lint", "./utf8.flow"], "./utf8.flow:2: expected text in UTF-8, found other bytes"],
  [["ask"], 'wd ask: expected a term or a question, such as "gup", found nothing'],
  [["ask", "gpu"], 'wd ask: no answer to "gpu"; near it: "wd ask gup"'],
  [
    ["ask", "how", "do", "I", "cook", "rice"],
    'wd ask: no answer to "how do I cook rice"; "wd help ask" lists what there is',
  ],
];

test.each(BAD)("wd %j is bad usage, and says what", async (argv, err) => {
  const said = await wd(argv);
  expect(said.out).toBe("");
  expect(said.err).toMatch(/^[ -~]+\n$/);
  expect(said.err).not.toMatch(TRACE);
  const line = said.err.trimEnd();
  if (typeof err === "string") expect(line).toBe(err);
  else expect(line).toMatch(err);
  expect(said.exit).toBe(2);
});

test("a width has a least and a most", async () => {
  for (const width of ["39", "1001"]) {
    const said = await wd(["export", "fork-cow", "--width", width]);
    expect(said.err).toMatch(new RegExp(`from 40 to 1000, found "${width}"\n$`));
  }
  for (const width of ["40", "1000"]) {
    expect((await wd(["export", "fork-cow", "--width", width])).exit).toBe(0);
  }
});

test("a word behind -- is no option", async () => {
  expect((await wd(["run", "--", "--json"])).err).toMatch(/^wd run: no flow "--json"/);
  expect((await wd(["run", "--json", "--", "fork-cow"])).exit).toBe(0);
});

test("an option may stand before the name, and be glued to its value", async () => {
  const apart = await wd(["run", "fork-cow", "--detail", "calls"]);
  expect(await wd(["run", "--detail=calls", "fork-cow"])).toEqual(apart);
  expect(apart.exit).toBe(0);
});

test("a name is a story before it is a file, and ./ makes it a file", async () => {
  file("fork-cow", "title\n");
  expect((await wd(["run", "fork-cow"])).exit).toBe(0);
  expect((await wd(["run", "./fork-cow"])).err).toMatch(/^\.\/fork-cow:1:6: /);
});

describe("help", () => {
  test.each([[["--help"]], [["-h"]], [["help"]], [["help", "--help"]]])(
    "of all: %j",
    async (argv) => {
      const said = await wd(argv);
      expect(said).toMatchObject({ exit: 0, err: "" });
      for (const { name } of COMMANDS) expect(said.out).toContain(`wd ${name}`);
      expect(said.out).toContain("Exit");
    },
  );

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    "of %s fits a terminal and names its options",
    async (name, { options, examples }) => {
      const said = await wd(["help", name]);
      expect(said).toMatchObject({ exit: 0, err: "" });
      expect(await wd([name, "--help"])).toEqual(said);
      for (const option of options) expect(said.out).toContain(option.name);
      for (const line of said.out.split("\n")) expect(line).toMatch(/^.{0,80}(?<! )$/);
      expect(examples.length).toBeGreaterThan(0);
    },
  );

  test("lists all that can be asked", async () => {
    const { out } = await wd(["help", "ask"]);
    for (const name of ["what-does-it-do", "gup", "cow"]) expect(out).toContain(`\n  ${name} `);
  });
});

test("the words of options are those that the model knows", () => {
  const words = (name: string) =>
    COMMANDS.flatMap(({ options }) => options).find((option) => option.name === name)?.words;
  expect(words("--kernel")).toEqual([...KERNELS]);
  expect(words("--framework")).toEqual([...FRAMEWORKS]);
  expect(words("--detail")).toEqual([...DEPTHS]);
});

test("--version says which", async () => {
  expect((await wd(["--version"])).out).toMatch(/^warpdrive-explained \d+\.\d+\.\d+\n$/);
});
