/** `wd show` tells who watches what its text has been through, and a pipe nothing. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import results from "../../../content/results/mail.json" with { type: "json" };
import { main } from "../../../wd/program.ts";
import { FOLDER, file, ROOT, wd } from "./shell.ts";

/** What stands on stderr of a terminal. */
async function told(argv: readonly string[], siteUrl?: string): Promise<string> {
  let err = "";
  await main(argv, {
    out: () => undefined,
    err: (text) => {
      err += text;
    },
    progress: () => undefined,
    input: async () => new Uint8Array(),
    folder: FOLDER,
    siteUrl,
  });
  return err;
}

const { build } = results.flows["fork-cow"];
const LINTED = /^\d+ lines, \d+ columns, ASCII, linted here\.( git am, .*)?\n$/;

test("a drawing of ours has passed in the build on record, with an address as without", async () => {
  for (const url of [undefined, "https://example.org"]) {
    const said = await told(["show", "fork-cow@lost"], url);
    expect(said).toMatch(LINTED);
    expect(said).toContain(` git am, b4, checkpatch passed in build ${build}.\n`);
  }
});

test("a drawing of somebody's own, and one at kernel depth, has passed nothing", async () => {
  const own = file("own.flow", readFileSync(join(ROOT, "content/flows/fork-cow.flow")));
  for (const name of [`${own}@lost`, "fork-cow@7.1"]) {
    const said = await told(["show", name]);
    expect(said, name).toMatch(LINTED);
    expect(said, name).not.toContain("passed");
  }
});

test("a pipe is told nothing", async () => {
  expect((await wd(["show", "fork-cow@lost"])).err).toBe("");
});
