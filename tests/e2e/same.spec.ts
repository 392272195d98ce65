import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { problemsOf } from "./pages.ts";

const STORIES = readdirSync("dist/flows", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Presses a key until the player has no further step, and says what is drawn at each. */
const WALK = async (key: string) => {
  const player = document.querySelector("wd-flow") as HTMLElement;
  const words = (selector: string) => player.querySelector(selector)?.textContent ?? "";
  const seen: [string, string][] = [];
  for (let last = ""; seen.length < 200; ) {
    const number = words(".said .number");
    if (number === last) break;
    last = number;
    seen.push([number, words(".picture pre")]);
    player.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise((done) => setTimeout(done));
  }
  return seen;
};

/** In parts, so that they run side by side. */
const PARTS = 4;

for (let part = 0; part < PARTS; part += 1) {
  test(`stories are drawn in the browser as they were printed, forwards and back (${part + 1} of ${PARTS})`, async ({
    page,
    baseURL,
  }) => {
    test.slow();
    const problems = problemsOf(page, baseURL);
    for (const name of STORIES.filter((_, at) => at % PARTS === part)) await walk(page, name);
    expect(problems).toEqual([]);
  });
}

async function walk(page: Page, name: string): Promise<void> {
  await page.goto(`/flows/${name}/`);
  const printed = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".run li")].map((item) => [
      item.dataset.number ?? "",
      item.querySelector("pre")?.textContent ?? "",
    ]),
  );
  expect(printed.length, name).toBeGreaterThan(0);
  const player = page.locator("wd-flow");
  await player.getByRole("button", { name: "More" }).click();
  const text = player.getByRole("button", { name: "Text", exact: true });
  await text.click();
  await expect(text).toHaveAttribute("aria-pressed", "true");
  await player.getByRole("button", { name: "Start at step 1" }).click();
  await expect(player.locator(".position")).toHaveText(/^1 of /);
  expect(await page.evaluate(WALK, "ArrowRight"), name).toEqual(printed);
  expect(await page.evaluate(WALK, "ArrowLeft"), name).toEqual([...printed].reverse());
}

test("the live picture says every word that the text says", async ({ page }) => {
  await page.goto("/flows/fork-cow/");
  const player = page.locator("wd-flow");
  const printed = (await player.locator(".picture pre").textContent()) ?? "";
  await player.getByRole("button", { name: "Start at step 1" }).click();
  await page.keyboard.press("G");
  await expect(player.locator(".picture > svg")).toBeVisible();
  const said = await player.locator(".picture > svg text").allTextContents();
  const words = (text: string) => text.replace(/[^A-Za-z0-9]+/g, " ").trim();
  const live = words(said.join(" ")).split(" ").sort();
  expect(live).toEqual(words(printed).split(" ").sort());
});

/** What the command prints; the site under test has no address of its own either. */
function wd(...words: readonly string[]): string {
  const { SITE_URL: _, ...env } = process.env;
  const flags = ["--disable-warning=ExperimentalWarning", "wd/main.ts"];
  return execFileSync(process.execPath, [...flags, ...words], { encoding: "utf8", env });
}

test("Copy for mail gives byte for byte what wd prints", async ({ page }) => {
  const shown = page.locator("wd-flow .mail pre").first();
  const copy = page.locator("wd-flow").first().getByRole("button", { name: "Copy for mail" });
  await page.goto("/flows/send-request/");
  await copy.click();
  expect(await shown.textContent()).toBe(wd("show", "send-request@done"));
  await page.goto("/questions/what-does-footnote-1-say/");
  await copy.click();
  const command = /wd (export .*)/.exec((await shown.textContent()) ?? "")?.[1] ?? "";
  expect(command).toContain("--steps @forked..@lost");
  expect(await shown.textContent()).toBe(wd(...command.split(" ")));
});
