import { expect, type Page, test } from "@playwright/test";

const STORY = "/flows/fork-cow/";
const player = (page: Page) => page.locator("wd-flow").first();
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "");

/** Tab until something says these words. */
async function tabTo(page: Page, words: string): Promise<void> {
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    if ((await focused(page)) === words) return;
  }
  throw new Error(`${words} was not reached`);
}

test("the tab key goes from the controls to the views and then along the list", async ({
  page,
}) => {
  await page.goto(STORY);
  const seen: string[] = [];
  const views = await player(page).locator(".views [role=group] button").allTextContents();
  await tabTo(page, "Back");
  for (let press = 0; press < 6 + views.length; press += 1) {
    seen.push(await focused(page));
    await page.keyboard.press("Tab");
  }
  const [first = ""] = await player(page).locator(".run a").allTextContents();
  expect(seen.slice(0, 4)).toEqual(["Back", "Next", "Copy for mail", "More"]);
  expect(views.slice(0, 3)).toEqual(["Pages", "Ladder", "Ring"]);
  expect(seen.slice(4)).toEqual([...views, "Start at step 1", first]);
});

test("a story is stepped, opened, viewed and copied without a mouse", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(STORY);
  await tabTo(page, "Ladder");
  await page.keyboard.press("Enter");
  await expect(player(page).getByRole("button", { name: "Ladder" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await page.keyboard.press("g");
  await expect(player(page).locator(".position")).toHaveText(/^1 of /);
  await tabTo(page, "Start at step 1");
  await page.keyboard.press("]");
  await page.keyboard.press("y");
  await expect(player(page).getByRole("status")).toHaveText(/^Copied/);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("wd show fork-cow@");
});

test("the focus stays where it was when a button's work is done", async ({ page }) => {
  await page.goto(`${STORY}#send`);
  await expect(player(page)).toHaveClass(/awake/);
  const inside = player(page).locator(".deeper button").first();
  await inside.focus();
  await page.keyboard.press("Enter");
  await expect(player(page).locator(".said .number")).toHaveText(/^\d+\.1$/);
  await expect(inside).toBeFocused();
  await page.keyboard.press("Backspace");
  await expect(player(page).locator(".said .number")).toHaveText(/^\d+$/);
});

test("the question mark lists the keys, and space plays and pauses", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Start at step 1" }).click();
  await player(page).focus();
  await page.keyboard.press("?");
  await expect(player(page).locator(".keys kbd").first()).toBeVisible();
  await expect(player(page).getByLabel("Letter keys")).toBeChecked();
  await player(page).focus();
  await page.keyboard.press(" ");
  await expect(player(page).getByRole("button", { name: "Pause" })).toBeVisible();
  await page.keyboard.press(" ");
  await expect(player(page).getByRole("button", { name: "Play" })).toBeVisible();
});

test("a list's link opens its step with Enter, and a second Enter looks inside", async ({
  page,
}) => {
  await page.goto(STORY);
  const link = player(page).locator('.run li[data-label="send"] a').first();
  await link.focus();
  await page.keyboard.press("Enter");
  const number =
    (await player(page).locator('li[data-label="send"]').getAttribute("data-number")) ?? "";
  await expect(player(page).locator(".said .number")).toHaveText(number);
  await expect(player(page).locator(".run [aria-current] > .call")).toHaveAttribute(
    "data-number",
    number,
  );
  await page.keyboard.press("Enter");
  await expect(player(page).locator(".said .number")).toHaveText(`${number}.1`);
});

test("letters that were turned off stay off on the next page", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "More" }).click();
  await player(page).getByLabel("Letter keys").uncheck();
  await page.goto("/flows/send-request/");
  await player(page).focus();
  await page.keyboard.press("g");
  await expect(player(page)).not.toHaveClass(/awake/);
  await page.keyboard.press("Home");
  await expect(player(page).locator(".position")).toHaveText(/^1 of /);
});

test("Escape closes what if from its own list, and keys go on", async ({ page }) => {
  await page.goto("/flows/send-request/#share");
  const player = page.locator("wd-flow").first();
  await expect(player).toHaveClass(/awake/);
  await page.keyboard.press("w");
  const choice = player.getByLabel("What is otherwise");
  await expect(choice).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(choice).toBeHidden();
  await expect(player).toBeFocused();
  await page.keyboard.press("w");
  await expect(choice).toBeFocused();
});
