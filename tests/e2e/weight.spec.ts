import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { weigh } from "./pages.ts";

/** All scripts of the first touch: engine, drivers of the story's framework, its first view. */
const TOUCH_MAX = 90 * 1024;
/** What only few stories stand on: it comes beside the rest, for them alone. */
const FEW =
  /\/(wd-calls|nic-card|rsa-engine|family-hvf|family-mdev|driver-bind|bind-mm|dummy-device|area-calls)\.[\w-]+\.js$/;
const FEW_MAX = 9 * 1024;
/** Any one part that comes later: a view, an export, what if. */
const LATER_MAX = 24 * 1024;
/** A flow as it was read, with those that it is given. */
const FLOW_MAX = 6 * 1024;

/** One of each family, and of each view that a story begins with. */
const STORIES = [
  "send-request",
  "fork-cow",
  "detach-leaves-mappings",
  "ring-full",
  "unshare-nothing",
  "uacce-fork",
  "v3-request",
  "send-request-ioctl",
  "rsa-sign",
  "write-a-driver",
  "lend-a-ring",
  "tls-proxy",
  "vf-each",
  "pin-under-unmap",
];

for (const name of STORIES) {
  test(`${name}: the engine comes at the first click, in at most 90 KB, and one flow with it`, async ({
    page,
  }) => {
    await page.goto(`/flows/${name}/`, { waitUntil: "networkidle" });
    const [scripts, few] = [weigh(page, /\.js$/), weigh(page, FEW)];
    const flows = weigh(page, /\.json$/);
    await page.getByRole("button", { name: "Back" }).click();
    await expect(page.locator("wd-flow.awake")).toBeVisible();
    await page.waitForLoadState("networkidle");
    const engine = (await scripts.total()) - (await few.total());
    expect(engine).toBeGreaterThan(50 * 1024);
    expect(engine).toBeLessThanOrEqual(TOUCH_MAX);
    expect(await few.total()).toBeLessThanOrEqual(FEW_MAX);
    const flow = await flows.total();
    expect(flow).toBeGreaterThan(0);
    expect(flow).toBeLessThanOrEqual(FLOW_MAX);
  });
}

test("no part that comes later is heavy", () => {
  const parts = readdirSync("dist/_astro").filter((name) => name.endsWith(".js"));
  const heavy = parts.filter((name) => {
    const size = gzipSync(readFileSync(`dist/_astro/${name}`), { level: 6 }).length;
    return !name.startsWith("player.") && size > LATER_MAX;
  });
  expect(parts.length).toBeGreaterThan(5);
  expect(heavy).toEqual([]);
});
