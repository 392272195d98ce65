import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { file, ROOT, TRACE, wd } from "./shell.ts";

const FLOWS = readdirSync(`${ROOT}content/flows`).map((name) => name.replace(/\.flow$/, ""));
const text = (name: string) => readFileSync(`${ROOT}content/flows/${name}.flow`, "utf8");

test("flows lists every story: name, steps, title", async () => {
  const said = await wd(["flows"]);
  expect(said).toMatchObject({ exit: 0, err: "" });
  const rows = said.out.trimEnd().split("\n");
  expect(rows.map((row) => row.split(" ")[0])).toEqual([...FLOWS].sort());
  for (const row of rows) expect(row).toMatch(/^[\w-]+ +\d+ {2}[A-Z].{5,60}$/);
});

test.each(FLOWS)("run %s holds, at every depth", async (name) => {
  for (const detail of ["story", "calls", "kernel"]) {
    const said = await wd(["run", name, "--detail", detail]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    expect(said.out).toMatch(/\n## \d+ steps, \d+ expectations hold\n$/);
    expect(said.out).not.toMatch(/ $/m);
  }
});

test("run prints a line a step as strace would, and numbers mean the same at every depth", async () => {
  const lines = (await wd(["run", "send-request-ioctl"])).out.split("\n");
  expect(lines[0]).toBe(
    "## The same request with one ioctl each (a contrast, not posted code, Linux v4.18)",
  );
  expect(lines).toContain("== set-up ==");
  expect(lines).toContain('1  app: zip = open("/dev/hisi_zip-0", O_RDWR) = 3   @open');
  const deep = (await wd(["run", "send-request-ioctl", "--detail", "kernel"])).out.split("\n");
  const open = deep.find((line) => line.endsWith("@open"));
  expect(open).toMatch(/^1 {3,}app: zip = open\(.*\) = 3 {3}@open$/);
  expect(deep.filter((line) => /^\d+\.\d+/.test(line)).length).toBeGreaterThan(5);
  expect(deep.some((line) => / {3}## \w+, [\w/.]+\.c v4\.18$/.test(line))).toBe(true);
});

test("run says which defects are mended", async () => {
  const [first] = (await wd(["run", "bad-address-mended"])).out.split("\n");
  expect(first).toMatch(/ \(spimdev, Linux v4\.18, D18 mended\)$/);
});

test("in a terminal long lines are broken, and nothing is lost", async () => {
  const pipe = await wd(["run", "fork-cow", "--detail", "kernel"]);
  const terminal = await wd(["run", "fork-cow", "--detail", "kernel"], { columns: 80 });
  expect(pipe.out).toMatch(/^.{100,}$/m);
  for (const line of terminal.out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  const words = (said: string) => said.split(/\s+/);
  expect(words(terminal.out)).toEqual(words(pipe.out));
});

test("one changed character of an expectation: exit 1, line, expected, got", async () => {
  const lines = text("send-request").split("\n");
  const at = lines.findIndex((line) => line.endsWith("= 0   @share"));
  const changed = lines.with(at, (lines[at] ?? "").replace("= 0   @share", "= 3   @share"));
  const said = await wd(["run", file("changed.flow", changed.join("\n"))]);
  expect(said.exit).toBe(1);
  expect(said.err).toBe(`./changed.flow:${at + 1}: expected 3, got 0 @share\n`);
  expect(said.out).toMatch(/\n## \d+ steps, 1 of \d+ expectations not met\n$/);
});

test("a refusal that was not expected names the check, and what it was refused by", async () => {
  const changed = text("share-memory").replace("= -1 EEXIST   @twice", "= 0   @twice");
  const said = await wd(["run", file("refused.flow", changed)]);
  expect(said.exit).toBe(1);
  expect(said.err).toMatch(
    /^\.\/refused\.flow:\d+: expected 0, got -1 EEXIST \(EEXIST "[a-z ]+"\) @twice\n$/,
  );
});

test("an expect that does not hold says what its query gave", async () => {
  const given = text("open-a-queue").replace(
    "expect count(queue.get) == 1",
    "expect count(queue.get) == 2",
  );
  expect(given).toContain("== 2");
  const said = await wd(["run", file("given.flow", given)]);
  expect(said.err).toMatch(
    /^\.\/given\.flow:\d+: expected count\(queue\.get\) == 2, got count\(queue\.get\) is 1 @one-queue\n$/,
  );
});

test("a wait in vain: exit 1", async () => {
  const stuck = text("send-request").replace(
    "== 0 within 50us   @done",
    "== 5 within 50us   @done",
  );
  const said = await wd(["run", file("stuck.flow", stuck)]);
  expect(said.exit).toBe(1);
  expect(said.err).toMatch(/^\.\/stuck\.flow:\d+: expected /);
});

test("a story that cannot go on says so: exit 1", async () => {
  const held = text("send-request-ioctl").replace("behind=smmu0", "behind=smmu0 held");
  const said = await wd(["run", file("held.flow", held)]);
  expect(said.exit).toBe(1);
  expect(said.err).toMatch(/^\.\/held\.flow: stuck: .*\n$/);
  expect(said.out).toMatch(
    /<unfinished \.\.\.> {3}@send\n\n## 4 steps, then it stopped: stuck: .*\n$/,
  );
});

test("--json has the shape that the help says", async () => {
  const said = await wd(["run", "fork-cow", "--json", "--detail", "calls", "--seed", "7"]);
  const shape = JSON.parse(said.out);
  expect(shape).toMatchObject({
    version: 1,
    file: "content/flows/fork-cow.flow",
    kernel: "v4.18",
    framework: "spimdev",
    seed: 7,
    detail: "calls",
    ok: true,
    end: null,
    failures: [],
  });
  const { out } = await wd(["help", "run"]);
  const told = (name: string) => expect(out).toMatch(new RegExp(`\\b${name}\\b`));
  for (const key of Object.keys(shape)) told(key);
  const step = shape.steps.find((some: { label: string }) => some.label === "lost");
  expect(step).toMatchObject({
    depth: "story",
    actor: "app",
    text: expect.stringContaining("load("),
  });
  for (const key of Object.keys(step)) told(key);
  expect(shape.steps.some((some: { depth: string }) => some.depth === "calls")).toBe(true);
  expect(shape.steps.some((some: { depth: string }) => some.depth === "kernel")).toBe(false);
});

test("a failure in --json has what the help says", async () => {
  const changed = text("share-memory").replace("= -1 EEXIST   @twice", "= 0   @twice");
  const said = await wd(["run", file("json.flow", changed), "--json"]);
  expect(said.exit).toBe(1);
  const { ok, failures } = JSON.parse(said.out);
  expect(ok).toBe(false);
  expect(failures).toEqual([
    expect.objectContaining({
      file: "./json.flow",
      label: "twice",
      expected: "0",
      got: "-1 EEXIST",
    }),
  ]);
  expect(failures[0].chain[0]).toEqual({ errno: "EEXIST", why: expect.any(String) });
});

test("a wait that ends in vain names the errno that the library still gave", async () => {
  const changed = text("bad-address").replace("wd_recv(q) == -EIO", "wd_recv(q) == 0");
  const said = await wd(["run", file("wait.flow", changed)]);
  expect(said.exit).toBe(1);
  expect(said.err).toContain("expected wd_recv(q) == 0 in time, got still -EIO");
  // What is printed as the call's result is what the library said last, and no word of ours.
  expect(said.out).toContain("app: wait until wd_recv(q) == 0 within 50us = -EIO");
  expect(said.out).not.toContain("ETIMEDOUT");
});

test("what a program reads is printed in 7 bits, whatever the bytes", async () => {
  for (const flow of ["send-request-ioctl", "fork-cow"]) {
    expect((await wd(["run", flow, "--detail", "kernel"])).out).toMatch(/^[\n -~]*$/);
  }
});

test("any bytes as a story: one line, exit 2, and no trace", async () => {
  const seed = Number(process.env.FUZZ_SEED ?? 1);
  const numRuns = Math.min(Number(process.env.FUZZ_RUNS ?? 100), 1_000);
  const whole = text("send-request");
  const bytes = fc.uint8Array({ maxLength: 400 });
  const cut = fc
    .tuple(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 3 }))
    .map(([at, some]) => Buffer.concat([Buffer.from(whole.slice(0, at)), some]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, cut), async (stdin) => {
      const said = await wd(["run", "-"], { stdin });
      expect(said.err).not.toMatch(TRACE);
      expect(said.err).not.toContain("fault of wd");
      if (said.exit === 2) {
        expect(said.out).toBe("");
        expect(said.err).toMatch(/^[ -~]+\n$/);
      } else expect(said.exit === 0 ? said.err : said.out).toMatch(said.exit === 0 ? /^$/ : /^## /);
    }),
    { seed, numRuns },
  );
});
