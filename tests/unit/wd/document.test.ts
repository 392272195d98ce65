import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { wd } from "./shell.ts";

const WHO = "Ann Other <ann@example.org>";
const RST = "Documentation/warpdrive/warpdrive.rst";

/** A folder with these files, as a repository. */
function treeOf(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(tmpdir(), "wd-tree-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  git(tree, ["init", "-q"]);
  git(tree, ["add", "-A"]);
  git(tree, ["commit", "-qm", "x"]);
  return tree;
}

function git(cwd: string, args: readonly string[], input = ""): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@t"];
  return execFileSync("git", [...who, ...args], { cwd, input, encoding: "utf8" });
}

const SMALL = {
  "Documentation/index.rst": "Docs\n====\n\n.. toctree::\n\n   one/index\n",
  MAINTAINERS: "List\n\nXEN\nM:\tA <a@b>\nF:\txen/\n",
};

let rst = "";
beforeAll(async () => {
  rst = (await wd(["document"])).out;
});

test("without options it is the document itself, as the other formats have it", async () => {
  expect(rst.startsWith(".. SPDX-License-Identifier: GPL-2.0\n")).toBe(true);
  const folder = mkdtempSync(join(tmpdir(), "wd-out-"));
  expect(await wd(["document", "-o", "new/folder"], { folder })).toMatchObject({
    exit: 0,
    out: "",
  });
  expect(readFileSync(join(folder, "new/folder/warpdrive.rst"), "utf8")).toBe(rst);
});

describe("a patch", () => {
  test("for a small tree applies, and its lines stand in their places", async () => {
    const tree = treeOf(SMALL);
    const said = await wd(["document", "--format", "patch", "--tree", tree, "--from", WHO]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    git(tree, ["am", "-q"], said.out);
    const text = (path: string) => readFileSync(join(tree, path), "utf8");
    expect(text(RST)).toBe(rst);
    expect(text("Documentation/index.rst")).toBe(
      `${SMALL["Documentation/index.rst"]}   warpdrive/warpdrive\n`,
    );
    expect(text("MAINTAINERS")).toMatch(/^List\n\nWARPDRIVE DOCUMENT\nM:\tAnn Other/);
    expect(git(tree, ["log", "-1", "--format=%an <%ae>%n%b"])).toContain(`Signed-off-by: ${WHO}`);
    const again = await wd(["document", "--format", "patch", "--tree", tree, "--from", WHO]);
    expect(again).toMatchObject({ exit: 2, out: "" });
    expect(again.err).toContain("is there already");
  });

  test("without a name adds the file alone, says so, and still applies", async () => {
    const said = await wd(["document", "--format", "patch"]);
    expect(said.exit).toBe(0);
    expect(said.err).toContain("no author and no sign-off");
    const tree = treeOf({ a: "a\n" });
    git(tree, ["apply"], said.out);
    expect(readFileSync(join(tree, RST), "utf8")).toBe(rst);
  });

  // biome-ignore format: one case a line
  const WRONG: readonly (readonly [files: Readonly<Record<string, string>>, argv: readonly string[], error: RegExp])[] = [
    [SMALL,                                   [],                          /--tree needs --from/],
    [SMALL,                                   ["--from", "Ann"],           /--from: expected "Name <name@host>", found "Ann"/],
    [SMALL,                                   ["--from", "A\nB <a@b>"],    /--from: expected/],
    [{ a: "" },                               ["--from", WHO],             /expected a kernel tree, found no MAINTAINERS/],
    [{ ...SMALL, MAINTAINERS: "Words\n" },    ["--from", WHO],             /MAINTAINERS: expected entries, found none/],
    [{ MAINTAINERS: SMALL.MAINTAINERS },      ["--from", WHO],             /expected a toctree in Documentation\/index\.rst/],
  ];
  test.each(WRONG)("what is wrong is said in one line: case %#", async (files, argv, error) => {
    const said = await wd(["document", "--format", "patch", "--tree", treeOf(files), ...argv]);
    expect(said).toMatchObject({ exit: 2, out: "" });
    expect(said.err).toMatch(error);
    expect(said.err.trimEnd()).not.toContain("\n");
  });

  test("options of a patch are refused for reST", async () => {
    expect((await wd(["document", "--from", WHO])).err).toContain("--from is for --format patch");
  });
});

/** Debian's linux-source-6.1: the kernel's own Documentation, MAINTAINERS and checkpatch.pl. */
const SOURCE = "/usr/src/linux-source-6.1.tar.xz";
const isStrict = process.env.REQUIRE_TOOLS === "1";
const hasSource = existsSync(SOURCE);
const hasSphinx = spawnSync("sphinx-build", ["--version"]).status === 0;

test.skipIf(!hasSource && !isStrict)(
  "for the kernel's tree applies, and checkpatch.pl is silent (linux-source-6.1)",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "wd-kernel-"));
    const top = "linux-source-6.1";
    const scripts = ["checkpatch.pl", "spelling.txt", "const_structs.checkpatch"];
    const wanted = [
      "MAINTAINERS",
      "Documentation/index.rst",
      "Documentation/subsystem-apis.rst",
      ...scripts.map((name) => `scripts/${name}`),
    ].map((path) => `${top}/${path}`);
    execFileSync("tar", ["xf", SOURCE, "-C", root, ...wanted]);
    const tree = join(root, top);
    git(tree, ["init", "-q"]);
    git(tree, ["add", "-A"]);
    git(tree, ["commit", "-qm", "x"]);
    const said = await wd(["document", "--format", "patch", "--tree", tree, "--from", WHO]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    git(tree, ["am", "-q"], said.out);
    expect(git(tree, ["show", "--stat=200", "--format="])).toMatch(/3 files changed/);
    expect(readFileSync(join(tree, "MAINTAINERS"), "utf8")).toMatch(
      /\nWANGXUN [\s\S]{0,600}?\n\nWARPDRIVE DOCUMENT\n[\s\S]{0,300}?\n\nWATCHDOG /,
    );
    const args = ["scripts/checkpatch.pl", "--no-tree", "--terse", "-"];
    const judged = spawnSync("perl", args, { cwd: tree, input: said.out, encoding: "utf8" });
    expect([judged.stdout, judged.stderr, judged.status]).toEqual(["", "", 0]);
  },
  180_000,
);

test.skipIf(!hasSphinx && !isStrict)(
  "Sphinx builds it without a warning (sphinx-build)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "wd-sphinx-"));
    writeFileSync(join(folder, "index.rst"), rst);
    writeFileSync(join(folder, "conf.py"), "project = 'x'\n");
    for (const builder of ["html", "text", "man"]) {
      const args = ["-q", "-W", "-b", builder, folder, join(folder, builder)];
      const built = spawnSync("sphinx-build", args, { encoding: "utf8" });
      expect({ status: built.status, said: built.stderr }).toEqual({ status: 0, said: "" });
    }
  },
  60_000,
);
