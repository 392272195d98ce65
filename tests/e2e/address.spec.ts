import { expect, type Page, test } from "@playwright/test";

const STORY = "/flows/send-request/";
const player = (page: Page) => page.locator("wd-flow").first();
const at = (page: Page) => player(page).locator(".said .number");

/** The link that the player copies for the step that it shows. */
async function copiedLink(page: Page): Promise<URL> {
  await player(page).focus();
  await page.keyboard.press("Y");
  const shown = await player(page).locator(".mail pre").textContent();
  return new URL(shown ?? "");
}

test("a copied link has version, number and digest, and leads back", async ({ page }) => {
  await page.goto(`${STORY}#send`);
  await expect(player(page)).toHaveClass(/awake/);
  const number = await at(page).textContent();
  const link = await copiedLink(page);
  expect(link.pathname).toBe(STORY);
  expect(link.search).toMatch(new RegExp(`^\\?v=1-${number}-[0-9a-f]{8}$`));
  expect(link.hash).toBe("#send");
  await page.goto("/");
  await page.goto(link.href);
  await expect(at(page)).toHaveText(number ?? "");
  await expect(player(page).getByRole("status")).toHaveText("");
});

test("a link to a step inside another leads there, and without a script to the outer one", async ({
  page,
}) => {
  await page.goto(`${STORY}#send.2`);
  await expect(at(page)).toHaveText(/^\d+\.2$/);
  const link = await copiedLink(page);
  expect(link.hash).toBe("#send");
  expect(link.search).toContain("detail=calls");
  await page.goto("/");
  await page.goto(link.href);
  await expect(at(page)).toHaveText(/^\d+\.2$/);
});

test("a link from another run opens at the label, or at the step before, and says so", async ({
  page,
}) => {
  await page.goto(`${STORY}?v=1-2-00000000#send`);
  await expect(player(page).getByRole("status")).toContainText("has changed");
  const send = player(page).locator('.run li[data-label="send"]');
  await expect(at(page)).toHaveText((await send.getAttribute("data-number")) ?? "");
  await page.goto("/");
  await page.goto(`${STORY}?v=1-2.0-00000000#gone`);
  await expect(player(page).getByRole("status")).toContainText("nearest step before");
  await expect(at(page)).toHaveText("2");
});

test("the page's own address follows the steps, and a reload stays there", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Start at step 1" }).click();
  await expect(page).toHaveURL(/\/flows\/send-request\/#1$/);
  await page.keyboard.press("n");
  await page.keyboard.press("ArrowRight");
  const url = page.url();
  const number = await at(page).textContent();
  await page.reload();
  await expect(player(page)).toHaveClass(/awake/);
  await expect(at(page)).toHaveText(number ?? "");
  expect(page.url()).toBe(url);
});

test("a slice leaves the address of its page alone", async ({ page }) => {
  await page.goto("/questions/what-does-it-do/");
  await player(page).getByRole("button", { name: "Back" }).click();
  await expect(player(page)).toHaveClass(/awake/);
  await expect(page).toHaveURL(/what-does-it-do\/$/);
});
