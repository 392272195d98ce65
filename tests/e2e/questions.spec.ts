/** The list of questions: all of them without a script, some of them by topic and person with one. */
import { expect, test } from "@playwright/test";

test("a topic and a person leave some, say how many, and stand in the address", async ({
  page,
}) => {
  await page.goto("/questions/");
  const shown = page.locator("[data-topics]:visible");
  const total = await page.locator("[data-topics]").count();
  expect(total).toBeGreaterThan(30);
  // The questions that readers should ask stand open: two of them are sought from the first page.
  await expect(page.locator("details[open]")).toHaveCount(1);

  await page.getByLabel("Topic").selectOption({ label: "fork()" });
  await expect(page).toHaveURL(/\?topic=fork$/);
  const forks = await shown.count();
  expect(forks).toBeGreaterThan(2);
  expect(forks).toBeLessThan(total);
  await expect(page.locator(".filter output")).toHaveText(`${forks} of ${total} questions`);
  for (const topics of await shown.evaluateAll((all) => all.map((one) => one.dataset.topics)))
    expect(topics?.split(" ")).toContain("fork");

  await page.getByLabel("Asked by").selectOption({ label: "Ashok Raj" });
  await expect(page).toHaveURL(/\?topic=fork&person=ashok-raj$/);
  await expect(shown).toHaveCount(1);
  await expect(page.locator(".filter output")).toHaveText(`1 of ${total} questions`);

  await page.getByRole("button", { name: "Show all" }).click();
  await expect(page).toHaveURL(/\/questions\/$/);
  await expect(page.getByLabel("Topic")).toBeFocused();
  await expect(page.locator("details[open]")).toHaveCount(1);
});

test("an address shows what it names, and all where it names nothing that there is", async ({
  page,
}) => {
  await page.goto("/questions/?person=greg-kroah-hartman");
  await expect(page.locator("[data-topics]:visible")).toHaveCount(3);
  await expect(page.getByLabel("Asked by")).toHaveValue("greg-kroah-hartman");
  await page.goto("/questions/?topic=cooking");
  await expect(page.getByLabel("Topic")).toHaveValue("");
  await expect(page.getByRole("heading", { name: "The review of the document" })).toBeVisible();
});

test("the keyboard is enough", async ({ page }) => {
  await page.goto("/questions/");
  await page.getByLabel("Topic").focus();
  await page.keyboard.type("what it costs");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Asked by")).toBeFocused();
  await expect(page).toHaveURL(/\?topic=cost$/);
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("every question is there, later threads folded", async ({ page }) => {
    await page.goto("/questions/");
    await expect(page.locator(".filter")).toBeHidden();
    const [first] = await page.locator("details.thread-fold").all();
    await first?.locator("summary").click();
    await expect(page.locator("details.thread-fold[open] [data-topics]").first()).toBeVisible();
  });
});
