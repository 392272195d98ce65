import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { KINDS } from "./pages.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

for (const colorScheme of ["light", "dark"] as const) {
  for (const path of KINDS) {
    test(`axe finds nothing on ${path} (${colorScheme})`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      expect(found).toEqual([]);
    });
  }
}

test("a line of prose has at most 66 characters and a few", async ({ page }) => {
  await page.setViewportSize({ width: 1600, height: 900 });
  await page.goto("/questions/what-does-footnote-1-say/");
  const longest = await page.evaluate(() => {
    const range = document.createRange();
    const lengths = [...document.querySelectorAll(".answer > p")].map((paragraph) => {
      range.selectNodeContents(paragraph);
      const lines = new Set(
        [...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 8)),
      );
      return (paragraph.textContent ?? "").length / Math.max(1, lines.size - 1);
    });
    return Math.max(...lengths);
  });
  expect(longest).toBeLessThanOrEqual(72);
});

test("the theme can be chosen, and stays chosen", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  const ground = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(await ground()).toBe("rgb(253, 253, 251)");
  await page.getByRole("button", { name: "Theme: auto" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  expect(await ground()).toBe("rgb(20, 23, 26)");
  await page.goto("/questions/");
  expect(await ground()).toBe("rgb(20, 23, 26)");
  await page.getByRole("button", { name: "Theme: dark" }).click();
  expect(await ground()).toBe("rgb(253, 253, 251)");
});

test("the first key press reaches a link past the navigation", async ({ page }) => {
  await page.goto("/questions/");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});
