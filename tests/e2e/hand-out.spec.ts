/** What the player hands out beside the drawing: files, the mail as it arrives, two futures. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { problemsOf } from "./pages.ts";

const STORY = "/flows/send-request/";
const player = (page: Page) => page.locator("wd-flow").first();

/** What `wd` prints. */
function wd(...words: readonly string[]): string {
  return execFileSync(process.execPath, ["scripts/run.mjs", "wd", ...words], { encoding: "utf8" });
}

/** The file that a button saves, one of More or of the box. */
async function saved(
  page: Page,
  label: string,
  place = ".saves",
): Promise<{ name: string; bytes: Buffer }> {
  const coming = page.waitForEvent("download");
  await player(page).locator(place).getByRole("button", { name: label, exact: true }).click();
  const file = await coming;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

test("a drawing is saved in each format as wd exports it", async ({ page, baseURL }) => {
  test.slow();
  const problems = problemsOf(page, baseURL);
  await page.goto(`${STORY}#done`);
  await player(page).getByRole("button", { name: "More" }).click();
  // biome-ignore format: one format a line
  const formats = [
    ["Plain text",               "txt",      ["--format", "ascii"]],
    ["SVG for the kernel", "svg",      ["--format", "svg", "--profile", "kernel"]],
    ["SVG for a page",     "site.svg", ["--format", "svg", "--profile", "site"]],
    ["Mermaid",            "mmd",      ["--format", "mermaid"]],
    ["reST",               "rst",      ["--format", "rst"]],
  ] as const;
  for (const [label, ending, words] of formats) {
    const { name, bytes } = await saved(page, label);
    expect(name).toBe(`send-request-done.${ending}`);
    expect(bytes.toString(), label).toBe(wd("export", "send-request", "--at", "@done", ...words));
  }
  const [once, twice] = [await saved(page, "PNG"), await saved(page, "PNG, doubled")];
  const width = ({ bytes }: { bytes: Buffer }) => bytes.readUInt32BE(16);
  expect(once.bytes.subarray(1, 4).toString()).toBe("PNG");
  expect(width(once)).toBeGreaterThan(300);
  expect(width(twice)).toBe(2 * width(once));
  expect(problems).toEqual([]);
});

test("only the formats that there are of a view are offered", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "More" }).click();
  const offered = () => player(page).locator(".saves button").allTextContents();
  await expect.poll(offered).toContain("Mermaid");
  expect(await offered()).not.toContain("Trace (JSON)");
  await player(page).getByRole("button", { name: "Timeline", exact: true }).click();
  await expect.poll(offered).toContain("Trace (JSON)");
  expect(await offered()).not.toContain("Mermaid");
  const { bytes } = await saved(page, "Trace (JSON)");
  expect(JSON.parse(bytes.toString()).otherData.flow).toBe("send-request");
});

test("a mail is shown with rules where mails end, and what was checked", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  const about = player(page).locator(".mail .about");
  await expect(about).toHaveText(
    /^\d+ lines, \d+ columns, ASCII, linted here\. git am, b4, checkpatch passed in build [0-9a-f]{8}\./,
  );
  const text = (await player(page).locator(".mail pre").textContent()) ?? "";
  const lines = text.trimEnd().split("\n");
  await expect(about).toContainText(
    `${lines.length} lines, ${Math.max(...lines.map(({ length }) => length))} columns`,
  );
  const { bytes } = await saved(page, "Save", ".mail");
  expect(bytes.toString()).toBe(text);
  const at = await page.evaluate(() => {
    const pre = document.querySelector(".mail pre") as HTMLElement;
    const left = pre.getBoundingClientRect().left;
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(72);
    pre.append(probe);
    const width = probe.getBoundingClientRect().width;
    probe.remove();
    return (document.querySelector(".at-72")?.getBoundingClientRect().left ?? 0) - left - width;
  });
  expect(Math.abs(at)).toBeLessThan(2);
});

test("of a text that went through no program none is named", async ({ page }) => {
  const about = player(page).locator(".mail .about");
  await page.route("**/*.passed.json", (route) => route.abort());
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  await expect(about).toHaveText(/linted here\. In this/);
  await page.unroute("**/*.passed.json");
  await page.goto("/questions/what-does-footnote-1-say/");
  await player(page).getByRole("button", { name: "Copy for mail" }).click();
  await expect(about).toContainText("git am, b4, checkpatch passed in build");
  const asked = page.waitForResponse(/\.passed\.json$/);
  await player(page).getByRole("button", { name: "With the question quoted" }).click();
  await asked;
  await expect(player(page).locator(".mail pre")).toContainText(/^> /);
  await expect(about).toContainText("linted here.");
  await expect(about).not.toContainText("passed in build");
});

test("w asks what if, and shows both futures as wd does", async ({ page }) => {
  await page.goto(`${STORY}#share`);
  await expect(player(page)).toHaveClass(/awake/);
  await page.keyboard.press("w");
  const choice = player(page).getByLabel("What is otherwise");
  await expect(choice).toBeFocused();
  await choice.selectOption({ label: "the next pin fails" });
  const shown = player(page).locator(".mail pre");
  await expect(shown).toContainText("The first difference is at @share");
  const printed = wd(
    ..."export send-request --at @share --for mail --if".split(" "),
    "fail pin 1 at @share",
  );
  expect(await shown.textContent()).toBe(printed);
  await page.keyboard.press("Escape");
});

test("lanes stand still while a story is stepped", async ({ page }) => {
  await page.goto(STORY);
  await player(page).getByRole("button", { name: "Start at step 1" }).click();
  await expect(player(page).locator(".picture > svg")).toBeVisible();
  const lanes = () =>
    page.evaluate(() =>
      [...document.querySelectorAll(".picture .lifelines > g > path")].map((path) =>
        Math.round(path.getBoundingClientRect().left),
      ),
    );
  const first = await lanes();
  expect(new Set(first).size).toBe(5);
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press("ArrowRight");
    expect(new Set(await lanes())).toEqual(new Set(first));
  }
});

test("a link at the top leads to the player, and its keys work then", async ({ page }) => {
  await page.goto(STORY);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowLeft");
  await expect(player(page)).toHaveClass(/awake/);
});
