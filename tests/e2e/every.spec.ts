import { type Browser, expect, test } from "@playwright/test";
import { PAGES, problemsOf, weigh } from "./pages.ts";

const FIRST_VIEW_MAX = 25 * 1024;
const WIDTHS = [320, 390, 1024, 1600];

/** In parts, so that they run side by side; in each so many pages wait at once for silence. */
const PARTS = 8;
const AT_ONCE = 4;

for (let part = 0; part < PARTS; part += 1) {
  test(`every page is light, fits, and asks for nothing from elsewhere (${part + 1} of ${PARTS})`, async ({
    browser,
    baseURL,
  }) => {
    test.slow();
    const faults: string[] = [];
    const paths = PAGES.filter((_, at) => at % PARTS === part);
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const some = paths.slice(at, at + AT_ONCE).map((path) => faultsOf(path, browser, baseURL));
      faults.push(...(await Promise.all(some)).flat());
    }
    expect(faults).toEqual([]);
  });
}

/** What is wrong with a page, in lines. */
async function faultsOf(path: string, browser: Browser, baseURL: string | undefined) {
  const faults: string[] = [];
  const context = await browser.newContext(); // nothing is known from the page before
  const page = await context.newPage();
  const problems = problemsOf(page, baseURL);
  const { total } = weigh(page);
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
  await context.close();
  return faults;
}
