import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { maintainersPlace, patchOf, toctreePlace } from "../../../text/index.ts";
import { check, RUNS } from "../core/fuzz.ts";

const WHO = "Ann Other <ann@example.org>";

describe("the toctree", () => {
  const tree = (...entries: string[]) =>
    `Title\n\n.. toctree::\n   :maxdepth: 1\n\n${entries.join("\n")}\n`;

  test("beside the folder of its successor, with the indent that is used there", () => {
    const text = tree("   a/index", "   misc-devices/index", "   b/index");
    expect(toctreePlace(text, true)).toEqual({ at: 7, lines: ["   warpdrive/warpdrive"] });
    const tabs = tree("\ta", "\tMisc <misc-devices/index>");
    expect(toctreePlace(tabs, true)).toEqual({ at: 7, lines: ["\twarpdrive/warpdrive"] });
  });

  test("else the end of the last toctree, where that is good enough", () => {
    const text = `${tree("   a", "   b")}\nWords.\n\n${tree("   c")}\nMore.\n   indented\n`;
    expect(toctreePlace(text, true)).toBeUndefined();
    expect(toctreePlace(text, false)?.at).toBe(text.split("\n").indexOf("   c") + 1);
  });

  test("not twice, and not where there is none", () => {
    expect(toctreePlace(tree("   warpdrive/warpdrive"), false)).toBe("there");
    expect(toctreePlace(tree("   Warp <warpdrive/warpdrive.rst>"), false)).toBe("there");
    expect(toctreePlace("Title\n\n   a\n", false)).toBeUndefined();
  });
});

describe("MAINTAINERS", () => {
  const entry = (title: string) =>
    `${title}\nM:\tA <a@b>\nS:\tMaintained\nF:\t${title.toLowerCase()}/\n`;
  const file = (...titles: string[]) => `List\n====\n\nWords\n\n${titles.map(entry).join("\n")}`;
  const next = (text: string) => {
    const place = maintainersPlace(text, WHO);
    return place === "there" || place === undefined ? place : text.split("\n")[place.at];
  };

  // biome-ignore format: one case a line
  const CASES: readonly (readonly [titles: readonly string[], behind: string | undefined])[] = [
    [["AAA", "WANGXUN", "WATCHDOG"],            "WATCHDOG"],
    [["XEN", "YAM"],                            "XEN"],
    [["3C59X", "ZEBRA", "ABC", "VFIO", "XEN"],  "XEN"], // one title out of order
    [["AAA", "WaNGXUN", "watchdog"],            "watchdog"],
  ];
  test.each(CASES)("among %j it stands before %s", (titles, behind) => {
    expect(next(file(...titles))).toBe(behind);
  });

  test("at the end, with a blank line before it", () => {
    const place = maintainersPlace(file("AAA", "BBB"), WHO);
    expect(place).toMatchObject({
      lines: [
        "",
        "WARPDRIVE DOCUMENT",
        `M:\t${WHO}`,
        expect.anything(),
        expect.anything(),
        "F:\tDocumentation/warpdrive/",
      ],
    });
  });

  test("not twice, and not in a file of other things", () => {
    expect(maintainersPlace(`${file("A")}F:\tDocumentation/warpdrive/\n`, WHO)).toBe("there");
    expect(maintainersPlace("Words\n", WHO)).toBeUndefined();
  });
});

describe("git am", () => {
  const folder = mkdtempSync(join(tmpdir(), "wd-am-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let trees = 0;

  /** Applies a patch to a tree of these files. @returns what is in them then, and the author */
  function am(files: Readonly<Record<string, string>>, patch: string, paths: readonly string[]) {
    const tree = join(folder, String(trees++));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    const git = (args: readonly string[], input = "") =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
        cwd: tree,
        input,
        encoding: "utf8",
        stdio: ["pipe", "pipe", "pipe"],
      });
    git(["init", "-q"]);
    git(["add", "-A"]);
    git(["commit", "-qm", "x"]);
    git(["am", "-q"], patch);
    return {
      texts: paths.map((path) => readFileSync(join(tree, path), "utf8")),
      author: git(["log", "-1", "--format=%an <%ae>"]).trim(),
      message: git(["log", "-1", "--format=%B"]).trim(),
    };
  }

  test("takes any insertion into any file, with or without a newline at its end", () => {
    const line = fc.constantFrom(
      "",
      "a",
      " b",
      "\tc",
      "+d",
      "- e",
      "é",
      "From x",
      "diff --git a/x b/x",
    );
    // Each run is a repository of its own.
    check(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 9 }),
        fc.boolean(),
        fc.nat(9),
        fc.array(line, { minLength: 1, maxLength: 3 }),
        (old, isOpen, where, lines) => {
          const at = Math.min(where, old.length);
          const text = `${old.join("\n")}${isOpen ? "" : "\n"}`;
          // An open end after a line break is no line: nothing can be put behind it.
          fc.pre(text !== "" && !(isOpen && old.at(-1) === ""));
          const patch = patchOf({
            path: "new/file.rst",
            text: "One\n\nTwo\n",
            changes: [{ path: "old.txt", text, at, lines }],
            from: "Jörg Ünal <j@example.org>",
            subject: "docs: try",
            message: ["Words."],
          });
          const done = am({ "old.txt": text }, patch, ["old.txt", "new/file.rst"]);
          const isBehind = at === old.length;
          const end = isOpen && !isBehind ? "" : "\n";
          const wanted = [...old.slice(0, at), ...lines, ...old.slice(at)].join("\n") + end;
          expect(done.texts).toEqual([wanted, "One\n\nTwo\n"]);
          expect(done.author).toBe("Jörg Ünal <j@example.org>");
          expect(done.message).toBe(
            "docs: try\n\nWords.\n\nSigned-off-by: Jörg Ünal <j@example.org>",
          );
        },
      ),
      { share: RUNS > 300 ? 0.006 : 0.04 },
    );
  }, 120_000);

  test("without a name there is neither author nor sign-off", () => {
    const patch = patchOf({
      path: "a.rst",
      text: "A\n",
      changes: [],
      subject: "s",
      message: ["m"],
    });
    expect(patch).not.toMatch(/^(From:|Signed-off-by:)/m);
  });
});
