import { expect, test } from "@playwright/test";
import { weigh } from "./pages.ts";

const ENGINE_MAX = 90 * 1024;
/** A flow as it was read, with those that it is given. */
const FLOW_MAX = 6 * 1024;

test("the engine comes at the first click, in at most 90 KB, and one flow with it", async ({
  page,
}) => {
  await page.goto("/flows/send-request/", { waitUntil: "networkidle" });
  const [scripts, flows] = [weigh(page, /\.js$/), weigh(page, /\.json$/)];
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.locator("wd-flow.awake")).toBeVisible();
  const engine = await scripts.total();
  expect(engine).toBeGreaterThan(0);
  expect(engine).toBeLessThanOrEqual(ENGINE_MAX);
  const flow = await flows.total();
  expect(flow).toBeGreaterThan(0);
  expect(flow).toBeLessThanOrEqual(FLOW_MAX);
});
