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

test("the line of the address is marked while it is on screen, and no longer", async ({ page }) => {
  await page.goto("/flows/fork-cow/#lost");
  const player = page.locator("wd-flow.whole");
  await expect(player).toBeFocused();
  const marked = () =>
    player
      .locator(".run .call")
      .evaluateAll(
        (calls) =>
          calls.filter((call) => getComputedStyle(call).backgroundColor !== "rgba(0, 0, 0, 0)")
            .length,
      );
  await expect.poll(marked).toBe(1);
  await page.keyboard.press("ArrowLeft");
  await expect(player.locator('[aria-current="step"]')).toHaveAttribute("data-number", "9");
  expect(await marked()).toBe(1);
});

test("on a phone the names of the lanes stay in sight when a ladder scrolls", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/flows/send-request/#done");
  const picture = page.locator("wd-flow.whole .picture");
  await expect(page.locator("wd-flow.whole")).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(picture.locator("svg")).toBeVisible();
  const scrolled = await picture.evaluate((place) => place.scrollTop);
  expect(scrolled).toBeGreaterThan(0);
  const names = picture.locator("svg .lane-name text", { hasText: /^(app|engine|memory)$/ });
  await expect(names).toHaveCount(3);
  // Nothing lies over them, and they are inside the frame.
  for (const name of await names.all()) {
    const seen = await name.evaluate((text) => {
      const { x, y, width, height } = text.getBoundingClientRect();
      return (
        document.elementFromPoint(x + width / 2, y + height / 2)?.textContent === text.textContent
      );
    });
    expect(seen).toBe(true);
  }
  await picture.evaluate((place) => place.scrollTo(0, 0));
  await expect
    .poll(() => names.first().evaluate((name) => name.parentElement?.style.transform))
    .toBe("");
});
