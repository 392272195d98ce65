import { expect, test } from "@playwright/test";
import { problemsOf } from "./pages.ts";

test("the search opens with a key, finds a page and goes there", async ({ page, baseURL }) => {
  const problems = problemsOf(page, baseURL);
  await page.goto("/");
  await page.keyboard.press("/");
  const dialog = page.getByRole("dialog", { name: "Search" });
  await expect(dialog.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("mediated device");
  await expect(dialog.getByRole("status")).toHaveText(/^\d+ pages?$/);
  await dialog.getByRole("listitem").getByRole("link").first().click();
  await expect(page).not.toHaveURL(`${baseURL}/`);
  expect(problems).toEqual([]);
});

test("a page fetches nothing of the search before it is opened", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  expect(asked.filter((url) => /pagefind|search/.test(url))).toEqual([]);
});
