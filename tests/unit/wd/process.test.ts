import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FOLDER, file, ROOT, sh, TRACE, wd } from "./shell.ts";

const LIMIT = 30_000;

test(
  "the program gives the same bytes, to a pipe as to a file",
  async () => {
    const inside = await wd(["run", "send-request"]);
    expect(await sh("wd run send-request")).toEqual(inside);
    expect((await sh("wd run send-request > out.txt; cat out.txt")).out).toBe(inside.out);
  },
  LIMIT,
);

/** A line of shell, its exit code, and what it says. */
const LINES: readonly (readonly [line: string, exit: number, out: RegExp, err: RegExp])[] = [
  ["set -o pipefail; wd run ring-full --detail kernel --json | head -c 1", 0, /^\{$/, /^$/],
  ["wd lint - < big.txt | head -n 1", 0, /^stdin:1:\d: .*\n$/, /^$/],
  ["wd run - < nothing.flow", 2, /^$/, /^stdin:1:1: expected .*\n$/],
  [
    "wd run - < /dev/zero",
    2,
    /^$/,
    /^wd run: stdin: expected at most 4000000 bytes, found more\n$/,
  ],
  ["wd run /dev/zero", 2, /^$/, /^wd run: \/dev\/zero: expected at most 4000000 bytes/],
  ["head -c 5000 /dev/urandom | wd run -", 2, /^$/, /^stdin:\d+(:\d+)?: expected .*\n$/],
  ["wd run - <&-", 2, /^$/, /^[ -~]+\n$/],
  ["wd flows > /dev/full", 2, /^$/, /^wd: cannot write: ENOSPC\n$/],
  ["wd run nothing 2>&-", 2, /^$/, /^$/],
  ["wd run fork-cow --seed 1 --seed 1", 2, /^$/, /^wd run: --seed is given twice\n$/],
  ["wd reply | wd lint -", 0, /^$/, /^$/],
  ["cd sub && wd lint ../clean.txt", 0, /^$/, /^$/],
];

test.each(LINES)(
  "%s",
  async (line, exit, out, err) => {
    mkdirSync(join(FOLDER, "sub"), { recursive: true });
    file("nothing.flow", "");
    file("clean.txt", "An answer.\n");
    file("big.txt", "Word: x\t\n".repeat(50_000));
    const said = await sh(line);
    expect(said.err).not.toMatch(TRACE);
    expect(said.err).toMatch(err);
    expect(said.out).toMatch(out);
    expect(said.exit).toBe(exit);
  },
  LIMIT,
);

test(
  "npm starts it where it was called, and hands its exit code on",
  async () => {
    const clean = file("draft.txt", "Word: x\n");
    const npm = `npm --prefix ${JSON.stringify(ROOT)} run -s wd --`;
    const said = await sh(`${npm} lint ${clean}`);
    expect(said.out).toMatch(/^\.\/draft\.txt:1:1: no trailer: /);
    expect(said.err).toBe("");
    expect(said.exit).toBe(1);
  },
  LIMIT,
);

test(
  "SITE_URL is the base of links",
  async () => {
    const said = await sh("wd show fork-cow@lost | tail -n 1", { SITE_URL: "https://example.org" });
    expect(said.out).toMatch(/^ {2}\[\d\] https:\/\/example\.org\/flows\/fork-cow\//);
  },
  LIMIT,
);
