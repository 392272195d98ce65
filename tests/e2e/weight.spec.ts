import { gzipSync } from "node:zlib";
import { expect, type Page, test } from "@playwright/test";
import { PAGES } from "./pages.ts";

const FIRST_VIEW_MAX = 25 * 1024;
const ENGINE_MAX = 90 * 1024;
/** A flow as it was read, with those that it is given. */
const FLOW_MAX = 6 * 1024;

/** The size of what a page fetches, each file compressed, as a usual host sends it. */
function weigh(page: Page, kind = /./): { readonly total: () => Promise<number> } {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (!kind.test(new URL(response.url()).pathname)) return;
    sizes.push(response.body().then((body) => gzipSync(body, { level: 6 }).length));
  });
  return { total: async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
}

/** In parts, so that they run side by side. */
const PARTS = 4;

for (let part = 0; part < PARTS; part += 1) {
  test(`before the first touch a page loads at most 25 KB (${part + 1} of ${PARTS})`, async ({
    browser,
  }) => {
    test.slow();
    const heavy: string[] = [];
    for (const path of PAGES.filter((_, at) => at % PARTS === part)) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const { total } = weigh(page);
      await page.goto(path, { waitUntil: "networkidle" });
      const size = await total();
      if (size > FIRST_VIEW_MAX) heavy.push(`${path}: ${size}`);
      await context.close();
    }
    expect(heavy).toEqual([]);
  });
}

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
