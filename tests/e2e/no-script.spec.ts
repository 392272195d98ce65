import { readFileSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a story lists every step with its line, its caption and one drawing", async ({ page }) => {
    await page.goto("/flows/send-request/");
    const items = page.locator(".run > ol > li");
    const count = await items.count();
    expect(count).toBeGreaterThan(2);
    for (let at = 0; at < count; at += 1) {
      const item = items.nth(at);
      await expect(item.locator(".call code")).toBeVisible();
      await expect(item.locator("pre")).toHaveCount(1);
      await expect(item.locator("pre")).toBeVisible();
      expect((await item.locator("pre").textContent())?.length).toBeGreaterThan(40);
    }
    await expect(page.getByRole("button")).toHaveCount(0);
  });

  test("label and number are places to go to", async ({ page }) => {
    await page.goto("/flows/send-request/#send");
    await expect(page.locator("#send")).toBeInViewport();
    await page.goto("/flows/send-request/#1");
    await expect(page.locator('[id="1"]')).toBeInViewport();
  });

  test("a slice shows its key frame", async ({ page }) => {
    await page.goto("/questions/what-does-footnote-1-say/");
    await expect(page.locator("wd-flow .picture pre")).toBeVisible();
  });

  test("every page says its text", async ({ page }) => {
    for (const path of ["/", "/questions/", "/concepts/warpdrive/", "/reply/"]) {
      await page.goto(path);
      expect((await page.locator("main").textContent())?.length, path).toBeGreaterThan(400);
    }
  });
});

test("in print every step of a story is shown, and no control", async ({ page }) => {
  await page.emulateMedia({ media: "print" });
  await page.goto("/flows/send-request/");
  const drawings = page.locator(".run > ol > li .drawing");
  for (const drawing of await drawings.all()) await expect(drawing).toBeVisible();
  await expect(page.locator(".controls").first()).toBeHidden();
  await expect(page.locator(".masthead")).toBeHidden();
});

test("axe finds nothing in a player that is awake", async ({ page }) => {
  await page.goto("/flows/send-request/");
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("button", { name: "Copy for mail" }).click();
  await expect(page.locator(".mail pre")).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
});

test("the style and script files are the page's only outside parts", () => {
  const html = readFileSync("dist/index.html", "utf8");
  expect(html).not.toMatch(/<style|\sstyle="|<script>|\son\w+="/);
});
