import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breaches } from "../../../diagrams/index.ts";
import { FOLDER, file, ROOT, wd } from "./shell.ts";

const FLOWS = readdirSync(`${ROOT}content/flows`).map((name) => name.replace(/\.flow$/, ""));
const text = (name: string) => readFileSync(`${ROOT}content/flows/${name}.flow`, "utf8");
const keys = (name: string) => /^show +(.*)$/m.exec(text(name))?.[1]?.split(" ") ?? [];

describe("show", () => {
  test.each(FLOWS)("%s: every key frame keeps the text contract", async (name) => {
    expect(keys(name).length).toBeGreaterThan(0);
    for (const key of keys(name)) {
      const said = await wd(["show", `${name}${key}`]);
      expect(said).toMatchObject({ exit: 0, err: "" });
      expect(breaches(said.out, 72, { for: "mail" })).toEqual([]);
      expect(said.out).toMatch(
        new RegExp(`\\n\\n  \\[\\d\\] Drawn by warpdrive-explained:\\s+wd show ${name}${key}\n$`),
      );
    }
  });

  test("without a step it is the first key frame", async () => {
    const [first] = keys("fork-cow");
    expect(await wd(["show", "fork-cow"])).toEqual(await wd(["show", `fork-cow${first}`]));
  });

  test("a step has a number too, also inside another; without a label it is named by it", async () => {
    const { steps } = JSON.parse((await wd(["run", "send-request", "--json"])).out);
    const { number } = steps.find((step: { label: string }) => step.label === "send");
    const labelled = await wd(["show", "send-request@send"]);
    expect(await wd(["show", `send-request@${number}`])).toEqual(labelled);
    const inner = await wd(["show", "send-request@send.1"]);
    expect(inner.out).toMatch(
      new RegExp(`\\[1\\] Drawn by warpdrive-explained: wd show send-request@${number}\\.1\n$`),
    );
    expect(await wd(["show", `send-request@${number}.1`])).toEqual(inner);
  });

  test("where SITE_URL is set the last line is a link, unless it is too long for a mail", async () => {
    const linked = await wd(["show", "fork-cow@lost"], { siteUrl: "https://example.org/wd/" });
    expect(linked.out).toMatch(
      /\n {2}\[\d\] https:\/\/example\.org\/wd\/flows\/fork-cow\/\?v=1-\d+-[0-9a-f]{8}#lost\n$/,
    );
    const long = await wd(["show", "fork-cow@lost"], { siteUrl: `https://${"x".repeat(60)}.org` });
    expect(long.out).toMatch(/\n {2}\[\d\] Drawn by warpdrive-explained: wd show fork-cow@lost\n$/);
    const none = await wd(["show", "fork-cow@lost"], { siteUrl: "javascript:alert(1)" });
    expect(none).toMatchObject({ exit: 2, out: "" });
    expect(none.err).toBe(
      'wd show: SITE_URL: expected an address, https://..., found "javascript:alert(1)"\n',
    );
  });

  test("another view than the first is named, and the command draws it again", async () => {
    const said = await wd(["show", "fork-cow@lost", "--view", "sequence"]);
    expect(said.out).toMatch(
      /\n {2}\[\d\] Drawn by warpdrive-explained:\s+wd show fork-cow@lost --view sequence\n$/,
    );
    expect(said.out).not.toBe((await wd(["show", "fork-cow@lost"])).out);
    const argv = ["export", "fork-cow", "--at", "@lost", "--view", "sequence", "--for", "mail"];
    expect(await wd(argv)).toEqual(said);
  });

  test("a file is named as it was typed, has no link, and one that needs quotes is not named", async () => {
    const mine = file("mine.flow", text("open-a-queue"));
    const said = await wd(["show", `${mine}@get-q`], { siteUrl: "https://example.org" });
    expect(said.out).toMatch(
      /\n {2}\[\d\] Drawn by warpdrive-explained: wd show \.\/mine\.flow@get-q\n$/,
    );
    const odd = await wd(["show", `${file("my own.flow", text("open-a-queue"))}@get-q`]);
    expect(odd.exit).toBe(0);
    expect(odd.out).not.toContain("wd show");
    const stdin = await wd(["export", "-", "--for", "mail"], { stdin: text("open-a-queue") });
    expect(stdin.exit).toBe(0);
    expect(stdin.out).not.toContain("wd ");
  });

  test("the name of a file may hold an @", async () => {
    const mine = file("a@b.flow", text("open-a-queue"));
    const whole = await wd(["show", mine]);
    expect(whole.out).toMatch(
      /\n {2}\[\d\] Drawn by warpdrive-explained: wd show \.\/a@b\.flow@mapped\n$/,
    );
    expect(await wd(["show", `${mine}@mapped`])).toEqual(whole);
  });

  test("a story that does not hold is drawn, and the errors say so: exit 1", async () => {
    const changed = text("send-request").replace("= 0   @share", "= 3   @share");
    const said = await wd(["show", `${file("changed.flow", changed)}@share`]);
    expect(said.exit).toBe(1);
    expect(said.out).toContain("ioctl MAP_DMA");
    expect(said.err).toMatch(/^\.\/changed\.flow:\d+: expected 3, got 0 @share\n$/);
  });
});

describe("export", () => {
  test("bare, it is the first view at the first key frame, as 7-bit text", async () => {
    const said = await wd(["export", "send-request"]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    expect(breaches(said.out, 72, { for: "mail" })).toEqual([]);
    const [first = ""] = keys("send-request");
    expect(await wd(["export", "send-request", "--at", first])).toEqual(said);
    const shown = await wd(["show", "send-request"]);
    expect(shown.out.startsWith(said.out)).toBe(true);
  });

  test("--steps draws from one step to another", async () => {
    const whole = (await wd(["export", "send-request", "--at", "@done"])).out;
    const slice = (await wd(["export", "send-request", "--steps", "@send..@done"])).out;
    expect(whole).toContain("MAP_DMA");
    expect(slice).not.toContain("MAP_DMA");
    expect(slice).toContain("store doorbell");
  });

  test("what does not fit is refused with the width that it needs, and there it fits", async () => {
    const long = text("open-a-queue").replace(/^title .*/, `title      ${"a".repeat(80)}`);
    const story = file("wide.flow", long);
    const said = await wd(["export", story]);
    expect(said).toMatchObject({ exit: 1, out: "" });
    const [, needs] =
      /^wd export: \.\/wide\.flow@mapped: needs (\d+) columns\n$/.exec(said.err) ?? [];
    expect(Number(needs)).toBeGreaterThan(72);
    expect((await wd(["export", story, "--width", String(needs)])).exit).toBe(0);
    expect((await wd(["export", story, "--width", String(Number(needs) - 1)])).exit).toBe(1);
  });

  test("--charset unicode draws lines", async () => {
    const { out } = await wd(["export", "send-request", "--charset", "unicode"]);
    expect(out).toMatch(/│─+►│/);
  });

  test("--for commit ends in a Link: line of its own, else in the command that says it again", async () => {
    const argv = ["export", "fork-cow", "--at", "@lost", "--for", "commit"];
    const linked = await wd(argv, { siteUrl: "https://example.org" });
    expect(linked.out).toMatch(
      /\n\nLink: https:\/\/example\.org\/flows\/fork-cow\/\?v=[^ ]+#lost\n$/,
    );
    for (const more of [[], ["--width", "60"], ["--charset", "unicode"]]) {
      const { out } = await wd([...argv, ...more]);
      const [, command = ""] =
        /\n {2}\[\d\] Drawn by warpdrive-explained:\s+wd (.*)\n$/.exec(out) ?? [];
      expect(command).toMatch(more.length > 0 ? /^export / : /^show fork-cow@lost$/);
      expect((await wd(command.split(" "))).out).toBe(out);
    }
  });

  test.each(["site", "kernel"])(
    "--format svg --profile %s holds what the text holds",
    async (profile) => {
      const argv = ["export", "send-request", "--format", "svg", "--profile", profile];
      const { out, exit } = await wd(argv);
      expect(exit).toBe(0);
      expect(out).toMatch(/^(<\?xml .*\n<!-- SPDX-License-Identifier: .* -->\n)?<svg /);
      expect(out.includes("var(")).toBe(profile === "site");
      expect(out).toContain("<title>One request to the ZIP engine</title>");
      expect(out).toMatch(/<metadata>send-request@done, warpdrive-explained \d/);
      expect(out).toMatch(/>store doorbell, tail = 1<\/text>/);
    },
  );

  test("--format mermaid is the ladder as Mermaid's source", async () => {
    const { out, exit } = await wd(["export", "send-request", "--format", "mermaid"]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^sequenceDiagram\n/);
    expect(out).toMatch(/\n {2}L\d-\S+L\d: .*store doorbell/);
    const sliced = ["export", "send-request", "--format", "mermaid", "--steps", "@send..@done"];
    expect((await wd(sliced)).out).not.toContain("MAP_DMA");
    const argv = ["export", "fork-cow", "--format", "mermaid", "--view", "memory"];
    expect(await wd(argv)).toEqual({
      exit: 2,
      out: "",
      err: "wd export: --format mermaid is for --view sequence or blocks or states or space, not for memory\n",
    });
  });

  test("-o writes the same bytes into a file, and says nothing", async () => {
    const { out } = await wd(["export", "send-request"]);
    const said = await wd(["export", "send-request", "-o", "drawing.txt"]);
    expect(said).toEqual({ exit: 0, out: "", err: "" });
    expect(readFileSync(join(FOLDER, "drawing.txt"), "utf8")).toBe(out);
    rmSync(join(FOLDER, "drawing.txt"));
    expect((await wd(["export", "send-request", "-o", "-"])).out).toBe(out);
  });

  test("-o does not overwrite the story", async () => {
    const mine = file("kept.flow", text("open-a-queue"));
    const said = await wd(["export", mine, "-o", "kept.flow"]);
    expect(said.err).toBe('wd export: -o "kept.flow" would overwrite the story\n');
    expect(said.exit).toBe(2);
    expect(readFileSync(join(FOLDER, "kept.flow"), "utf8")).toBe(text("open-a-queue"));
  });
});
