import { type Browser, expect, type Page, test } from "@playwright/test";
import { PAGES, problemsOf, weigh } from "./pages.ts";

const FIRST_VIEW_MAX = 25 * 1024;
/** As it opens; then at each of the widths. */
const FIRST = { width: 1280, height: 720 };
const WIDTHS = [320, 390, 1024, 1600];

/** In parts, that run side by side; in each so many pages wait at once for silence. */
const PARTS = 8;
const AT_ONCE = 4;

for (let part = 0; part < PARTS; part += 1) {
  test(`every page is light, fits, and asks for nothing from elsewhere (${part + 1} of ${PARTS})`, async ({
    browser,
    baseURL,
  }) => {
    test.slow();
    const paths = PAGES.filter((_, at) => at % PARTS === part);
    const visitors = Array.from({ length: AT_ONCE }, (_, first) =>
      visit(
        paths.filter((_, at) => at % AT_ONCE === first),
        browser,
        baseURL,
      ),
    );
    expect((await Promise.all(visitors)).flat()).toEqual([]);
  });
}

/** One page after the other in one tab, since a tab costs more than a page. @returns what is wrong */
async function visit(paths: readonly string[], browser: Browser, baseURL: string | undefined) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  // Nothing is known from the page before.
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const faults: string[] = [];
  for (const path of paths) {
    faults.push(...(await faultsOf(path, page, baseURL)));
    page.removeAllListeners();
  }
  await context.close();
  return faults;
}

/** What is wrong with a page, in lines. */
async function faultsOf(path: string, page: Page, baseURL: string | undefined) {
  const faults: string[] = [];
  const problems = problemsOf(page, baseURL);
  const { total } = weigh(page);
  await page.setViewportSize(FIRST);
  const answer = await page.goto(path, { waitUntil: "networkidle" });
  if (answer?.status() !== 200) faults.push(`${path}: ${answer?.status()}`);
  const size = await total();
  if (size > FIRST_VIEW_MAX) faults.push(`${path}: ${size} bytes before the first touch`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (over > 0) faults.push(`${path}: at ${width} pixels ${over} too wide`);
  }
  faults.push(...problems.map((problem) => `${path}: ${problem}`));
  return faults;
}
