/** A link to a step shows the player, not only the line of the list that bears its name. */
import { expect, test } from "@playwright/test";

test("every link of the home page to a step shows its caption, and the keys work", async ({
  page,
}) => {
  await page.setViewportSize({ width: 1024, height: 900 });
  await page.goto("/");
  const links = await page
    .locator('main a[href*="/flows/"][href*="#"]')
    .evaluateAll((found) => [...new Set(found.map((link) => link.getAttribute("href") ?? ""))]);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) {
    await page.goto("about:blank");
    await page.goto(link);
    const player = page.locator("wd-flow.whole");
    await expect(player.getByRole("button", { name: "Next" }), link).toBeInViewport();
    await expect(player.locator(".said"), link).toBeInViewport();
    await expect(player, link).toBeFocused();
  }
  const before = await page.locator("wd-flow .position").textContent();
  await page.keyboard.press("ArrowLeft");
  await expect(page.locator("wd-flow .position")).not.toHaveText(before ?? "");
});

test("a key frame is reached without losing the player or the keys", async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 900 });
  await page.goto("/flows/send-request/");
  await page.getByRole("link", { name: "@send", exact: true }).click();
  const player = page.locator("wd-flow.whole");
  await expect(player.locator(".said")).toContainText("wd_send");
  await expect(player.getByRole("button", { name: "Next" })).toBeInViewport();
  await expect(player).toBeFocused();
});
