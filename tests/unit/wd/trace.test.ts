import { expect, test } from "vitest";
import { traceFaults } from "../../../diagrams/index.ts";
import { file, wd } from "./shell.ts";

const MINE = `title  Mine
kernel v4.18
framework spimdev
iommu smmu0 kind=smmuv3
device hisi_zip-0 kind=zip hw=v1 behind=smmu0
given open-a-queue

app: buf = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)   @first
app: store(buf, "abc") = 0   @second
`;

async function traceOf(...argv: readonly string[]): Promise<string> {
  const said = await wd(["export", ...argv, "--format", "trace"]);
  expect(said).toMatchObject({ exit: 0, err: "" });
  return said.out;
}

test("a trace of a story is opened again at its step, under its name", async () => {
  const trace = await traceOf("send-request", "--at", "@send");
  expect(traceFaults(trace)).toEqual([]);
  const again = await wd(["show", file("send.json", trace)]);
  expect(again).toEqual(await wd(["show", "send-request@send"]));
  expect(await wd(["show", "-"], { stdin: trace })).toEqual(again);
});

test("another step and another view of it can be asked for", async () => {
  const name = file("other.json", await traceOf("send-request"));
  const walk = await wd(["show", `${name}@share`, "--view", "walk"]);
  expect(walk).toEqual(await wd(["show", "send-request@share", "--view", "walk"]));
  expect(await wd(["run", name])).toEqual(await wd(["run", "send-request"]));
});

test("a trace of somebody's own file carries its text", async () => {
  const name = file("mine.json", await traceOf(file("mine.flow", MINE), "--at", "@second"));
  const said = await wd(["show", name]);
  expect(said).toMatchObject({ exit: 0, err: "" });
  expect(said.out).toContain('store "abc" in buf');
  expect(said.out).toMatch(/\[1\] Drawn by warpdrive-explained: wd show \.\/mine\.json@second\n$/);
});

test("a story that is another one by now is shown at its label, and that is said", async () => {
  const trace = await traceOf("send-request", "--at", "@send");
  const old = trace
    .replace(/"digest":"\w+"/, '"digest":"00000000"')
    .replace('"step":"5"', '"step":"4"');
  const said = await wd(["show", file("old.json", old)]);
  expect(said.exit).toBe(0);
  expect(said.err).toBe("./old.json: the story is another one by now, this is its step 5\n");
  expect(said.out).toContain("wd_send");
  const gone = old
    .replace('"label":"send"', '"label":"nobody"')
    .replace('"step":"4"', '"step":"99"');
  const lost = await wd(["show", file("gone.json", gone)]);
  expect(lost.err).toBe("./gone.json: the story is another one by now, and has no such step\n");
});

// biome-ignore format: one case a line
const REFUSED: readonly (readonly [why: string, text: string, err: string])[] = [
  ["is cut short",         '{"otherData":',                       "./x.json: expected JSON, found other text\n"],
  ["is another program's", '{"traceEvents":[]}',                  './x.json: expected otherData.generator "warpdrive-explained", found a trace of something else\n'],
  ["is only a list",       "[]",                                  './x.json: expected otherData.generator "warpdrive-explained", found a trace of something else\n'],
];

test.each(REFUSED)("a file that %s is refused in one line", async (_why, text, err) => {
  expect(await wd(["show", file("x.json", text)])).toEqual({ exit: 2, out: "", err });
});

test("a trace is of the whole run, and of no other view", async () => {
  const steps = ["export", "send-request", "--format", "trace", "--steps", "@send..@done"];
  expect(await wd(steps)).toMatchObject({ exit: 2, err: expect.stringContaining("--steps") });
  const view = ["export", "send-request", "--format", "trace", "--view", "rings"];
  expect(await wd(view)).toMatchObject({
    exit: 2,
    err: expect.stringContaining("--view timeline"),
  });
});
