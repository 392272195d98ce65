import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { main } from "../../../wd/program.ts";

/** "<!-- wd show X -->" and the block below it. */
const DRAWING = /<!-- wd (.+) -->\n```text\n([\s\S]*?)```/g;

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

async function wd(command: string): Promise<{ exit: number; out: string }> {
  let out = "";
  const exit = await main(command.split(" "), {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      out += text;
    },
    input: async () => Buffer.from(""),
    folder: ".",
    columns: undefined,
    siteUrl: undefined,
  });
  return { exit, out };
}

test("each drawing of the README is what the command above it prints", async () => {
  const drawings = [...readme.matchAll(DRAWING)];
  expect(drawings.length).toBeGreaterThan(0);
  for (const [, command = "", text] of drawings) {
    expect(await wd(command), command).toEqual({ exit: 0, out: text });
  }
});

test("each command of the README that reads a story runs", async () => {
  const commands = [...readme.matchAll(/`npm run -s wd -- ([^`]+)`/g)].map(
    ([, words = ""]) => words,
  );
  const runnable = commands.filter((words) => !/draft\.txt|\.\/mine|conformance/.test(words));
  expect(runnable.length).toBeGreaterThan(5);
  for (const words of runnable) expect((await wd(words)).exit, words).toBe(0);
});
