import { expect, type Page, test } from "@playwright/test";
import { problemsOf } from "./pages.ts";

const STORY = "/flows/send-request/";

const player = (page: Page) => page.locator("wd-flow").first();
const position = (page: Page) => player(page).locator(".position");
const picture = (page: Page) => player(page).locator(".picture").innerHTML();

/** The number of the step that is looked at. */
async function at(page: Page): Promise<string> {
  return (await player(page).locator(".said .number").textContent()) ?? "";
}

/** What is drawn, without the marks of what is new. */
async function drawn(page: Page): Promise<string> {
  return (await picture(page)).replaceAll(/ ?\bnew\b/g, "");
}

async function steps(page: Page): Promise<number> {
  const words = (await position(page).textContent()) ?? "";
  return Number(words.split(" of ")[1]);
}

test("at rest there are few controls, and the picture is the key frame", async ({ page }) => {
  await page.goto(STORY);
  const buttons = player(page).locator(".controls button");
  await expect(buttons).toHaveText(["Back", "Next", "Copy for mail", "More"]);
  await expect(player(page).getByRole("button", { name: "Start at step 1" })).toBeVisible();
  await expect(player(page).locator(".picture pre")).toBeVisible();
  expect(await at(page)).toBe(
    await player(page).locator(".run [aria-current]").getAttribute("data-number"),
  );
});

test("keys alone go through the whole story and back, and each step draws the same", async ({
  page,
  baseURL,
}) => {
  test.slow();
  const problems = problemsOf(page, baseURL);
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Back" }).focus();
  await page.keyboard.press("g");
  await expect(position(page)).toHaveText(/^1 of /);
  const count = await steps(page);
  const seen: string[] = [await drawn(page)];
  for (let step = 2; step <= count; step += 1) {
    await page.keyboard.press("j");
    await expect(position(page)).toHaveText(`${step} of ${count}`);
    seen.push(await drawn(page));
  }
  await page.keyboard.press("j");
  expect(await at(page)).toBe(String(count));
  for (let step = count - 1; step >= 1; step -= 1) {
    await page.keyboard.press("k");
    await expect(position(page)).toHaveText(`${step} of ${count}`);
    expect(await drawn(page), `step ${step}`).toBe(seen[step - 1]);
  }
  expect(new Set(seen).size).toBe(count);
  expect(problems).toEqual([]);
});

test("Enter looks inside a step, Backspace closes it, and the number says where", async ({
  page,
}) => {
  await page.goto(`${STORY}#send`);
  await expect(player(page)).toHaveClass(/awake/);
  const outer = await at(page);
  await player(page).focus();
  await page.keyboard.press("Enter");
  await expect(player(page).locator(".said .number")).toHaveText(`${outer}.1`);
  await expect(player(page).locator(".run li li").first()).toBeVisible();
  await page.keyboard.press("Backspace");
  await expect(player(page).locator(".said .number")).toHaveText(outer);
  await expect(player(page).locator(".run li ol")).toHaveCount(0);
});

test("key frames, ends and matches have keys", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("G");
  await expect(position(page)).toHaveText(/^(\d+) of \1$/);
  await page.keyboard.press("Home");
  await expect(position(page)).toHaveText(/^1 of/);
  await page.keyboard.press("]");
  const key = await at(page);
  expect(
    await player(page).locator(`li[data-number="${key}"]`).getAttribute("data-label"),
  ).toBeTruthy();
  await page.keyboard.press("f");
  await expect(player(page).getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("wd_send");
  await page.keyboard.press("Home");
  expect(await at(page)).toBe(key); // keys do nothing else in a field
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await expect(player(page).locator(".said code").first()).toContainText("wd_send");
});

for (const who of ["a button", "the player"]) {
  test(`what is typed while the field for words is fetched goes into it (${who} has the focus)`, async ({
    page,
  }) => {
    await page.goto(STORY);
    await player(page).getByRole("button", { name: "Next" }).focus();
    await page.keyboard.press("G");
    await expect(position(page)).toHaveText(/^(\d+) of \1$/);
    const last = await at(page);
    if (who === "the player") await player(page).focus();
    let letIn = () => {};
    const isTyped = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    await page.route(/\/more\.[\w-]+\.js$/, async (route) => {
      await isTyped;
      await route.continue();
    });
    await page.keyboard.type("fwd_sends");
    for (const key of ["Backspace", "Home", "ArrowLeft"]) await page.keyboard.press(key);
    letIn();
    await expect(player(page).getByRole("searchbox")).toHaveValue("wd_send");
    expect(await at(page)).toBe(last);
  });
}

test("letters can be turned off; arrows stay", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "More" }).click();
  await player(page).getByLabel("Letter keys").uncheck();
  await player(page).focus();
  const before = await at(page);
  await page.keyboard.press("k");
  expect(await at(page)).toBe(before);
  await page.keyboard.press("ArrowLeft");
  expect(await at(page)).not.toBe(before);
});

test("keys outside a player do nothing to it", async ({ page }) => {
  await page.goto(STORY);
  await page.keyboard.press("k");
  await page.keyboard.press("ArrowLeft");
  await expect(player(page)).not.toHaveClass(/awake/);
});

test("Copy for mail copies the plain text that is shown, and nothing else", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  await expect(player(page).getByRole("status")).toHaveText(/^Copied: \d+ lines/);
  const shown = await player(page).locator(".mail pre").textContent();
  const kinds = await page.evaluate(async () => {
    const items = await navigator.clipboard.read();
    return items.flatMap(({ types }) => [...types]);
  });
  expect(kinds).toEqual(["text/plain"]);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(shown);
  for (const line of copied.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(72);
  expect(copied).toMatch(/^[\x20-\x7e\n]*$/);
});

test("a mail may quote the question, a commit message ends in where to find it", async ({
  page,
}) => {
  await page.goto("/questions/what-does-it-do/");
  const shown = player(page).locator(".mail pre");
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  await expect(shown).not.toContainText("> I went");
  await player(page).getByRole("button", { name: "With the question quoted" }).click();
  await expect(shown).toContainText(
    "> I went through the docs, but I still don't know what it does.",
  );
  await player(page).getByRole("button", { name: "For a commit message" }).click();
  await expect(shown).not.toContainText("> I went");
  await expect(shown).toContainText(
    /wd export send-request --steps @share\.\.@done --for commit\s*$/,
  );
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  await expect(player(page).getByRole("button", { name: "With the question quoted" })).toHaveCount(
    0,
  );
});

test("without a clipboard the text is selected", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
  });
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  await expect(player(page).getByRole("status")).toContainText("Ctrl+C");
  const selected = await page.evaluate(() => getSelection()?.toString());
  expect(selected?.trim()).toBe((await player(page).locator(".mail pre").textContent())?.trim());
});

test("a link opens at its step and its depth", async ({ page }) => {
  await page.goto(`${STORY}?detail=kernel#send`);
  await expect(player(page)).toHaveClass(/awake/);
  const label = await player(page).locator(".run [aria-current]").getAttribute("data-label");
  expect(label).toBe("send");
  expect(await player(page).locator(".run li li").count()).toBeGreaterThan(1);
});

test("a click on a line shows that step; the picture can be text", async ({ page }) => {
  await page.goto(STORY);
  await player(page).locator('.run [data-number="1"] .call').first().click();
  await expect(position(page)).toHaveText(/^1 of/);
  await expect(player(page).locator(".picture > svg")).toBeVisible();
  await player(page).getByRole("button", { name: "More" }).click();
  await player(page).getByRole("button", { name: "Text", exact: true }).click();
  await expect(player(page).locator(".picture pre")).toBeVisible();
});

test("the caption is said by a live region", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Back" }).click();
  await expect(player(page)).toHaveClass(/awake/);
  await expect(player(page).locator(".said")).toHaveAttribute("aria-live", "polite");
});

test("what two steps share stays the same element; only what is new comes in", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Start at step 1" }).click();
  await expect(player(page).locator(".picture > svg")).toBeVisible();
  await page.evaluate(() => {
    for (const group of document.querySelectorAll(".picture > svg .texts > g"))
      (group as HTMLElement).dataset.kept = "yes";
  });
  await page.keyboard.press("ArrowRight");
  await expect(position(page)).toHaveText(/^2 of /);
  const words = (selector: string) => player(page).locator(`${selector} text`).allTextContents();
  const [kept, fresh] = [await words(".texts > g[data-kept]"), await words(".texts > g.new")];
  expect(kept).toContain("mmap buf, 2 pages");
  expect(fresh).toContain("store 2048 bytes in buf");
  expect(kept.filter((text) => fresh.includes(text))).toEqual([]);
});

test("nothing moves where motion is not wanted", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Back" }).click();
  await expect(player(page).locator(".picture > svg")).toBeVisible();
  await player(page).getByRole("button", { name: "Back" }).click();
  const running = await page.evaluate(() => document.getAnimations().length);
  expect(running).toBe(0);
});

test("on a phone Back and Next stay at hand, below the picture", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(STORY);
  const next = player(page).getByRole("button", { name: "Next" });
  await expect(next).toBeInViewport();
  const order = await page.evaluate(() => {
    const top = (name: string) => document.querySelector(name)?.getBoundingClientRect().top ?? 0;
    return [".picture", ".said", ".run"].map((name) => top(`wd-flow ${name}`));
  });
  expect(order).toEqual([...order].sort((a, b) => a - b));
  await player(page).getByRole("button", { name: "Back" }).click();
  await expect(player(page)).toHaveClass(/awake/);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over).toBeLessThanOrEqual(0);
});

test("where the engine cannot be loaded the whole list is shown", async ({ page }) => {
  await page.route(/player\..*\.js/, (route) => route.abort());
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Back" }).click();
  await expect(player(page).locator(".run .caption").first()).toBeVisible();
});

test("a slice on a page is a player of its own", async ({ page }) => {
  await page.goto("/questions/what-does-footnote-1-say/");
  const next = player(page).getByRole("button", { name: "Back" });
  await next.click();
  await expect(player(page)).toHaveClass(/awake/);
  await expect(page).toHaveURL(/what-does-footnote-1-say\/$/);
});
