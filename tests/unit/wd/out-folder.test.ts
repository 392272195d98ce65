/** The folder of `wd export --all`: whole or seen to be broken, and never somebody else's. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFolder } from "../../../wd/out-folder.ts";
import { FOLDER, wd } from "./shell.ts";

const IO = {
  out: () => undefined,
  err: () => undefined,
  input: async () => new Uint8Array(),
  folder: FOLDER,
};

test("there is no index before the last file is written", async () => {
  const folder = await openFolder("whole", IO);
  expect(await folder.write("a-flow/send.rings.txt", "x\n")).toBe("a-flow/send.rings.txt");
  expect(existsSync(join(FOLDER, "whole/index.json"))).toBe(false);
  await folder.close("{}\n");
  expect(readFileSync(join(FOLDER, "whole/index.json"), "utf8")).toBe("{}\n");
  expect(readdirSync(join(FOLDER, "whole")).sort()).toEqual([".wd-export", "a-flow", "index.json"]);
});

test("one that it wrote is emptied, a broken one too", async () => {
  const first = await openFolder("again", IO);
  await first.write("old/x.txt", "x\n");
  const second = await openFolder("again", IO);
  expect(readdirSync(join(FOLDER, "again"))).toEqual([".wd-export"]);
  await second.close("{}\n");
});

test("one that somebody else filled is left as it is", async () => {
  mkdirSync(join(FOLDER, "mine"));
  writeFileSync(join(FOLDER, "mine", "thesis.txt"), "years of work\n");
  const said = await wd(["export", "--all", "-o", "mine"]);
  expect(said).toEqual({
    exit: 2,
    out: "",
    err: 'wd export: "mine" is not empty, and not written by --all: name another folder\n',
  });
  writeFileSync(join(FOLDER, "mine", ".wd-export"), "a file of that name\n");
  expect((await wd(["export", "--all", "-o", "mine"])).exit).toBe(2);
  expect(readFileSync(join(FOLDER, "mine", "thesis.txt"), "utf8")).toBe("years of work\n");
});

test("names that Windows keeps for devices, and names that differ in case only", async () => {
  const folder = await openFolder("names", IO);
  expect(await folder.write("aux/con.rings.txt", "x\n")).toBe("_aux/_con.rings.txt");
  expect(await folder.write("console/com12.txt", "x\n")).toBe("console/com12.txt");
  await folder.write("a/Send.txt", "x\n");
  await expect(folder.write("a/send.txt", "x\n")).rejects.toThrow(/have one name/);
});
