// Takes the pictures of the README from the built site: each view in both themes, and one whole page.
//
// usage: node scripts/pictures.mjs          after `npm run build`; writes docs/pictures/*.webp

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { launchOptions } from "./chromium.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = `${ROOT}docs/pictures`;
/** A picture that is heavier is refused: a README is read over slow lines too. */
const BYTES_MAX = 60_000;
/** Of a view alone, and of a whole page, which is larger. */
const FINE = 0.82;
const COARSE = 0.42;

// biome-ignore format: one view a line
const VIEWS = [
  ["ladder",   "Ladder",   "/flows/send-request/#done"],
  ["pages",    "Pages",    "/flows/fork-cow/#lost"],
  ["ring",     "Ring",     "/flows/ring-full/#full"],
  ["holders",  "Holders",  "/flows/open-a-queue/#mapped"],
  ["walk",     "Walk",     "/flows/send-request/#done"],
  ["states",   "States",   "/flows/open-a-queue/#mapped"],
  ["timeline", "Timeline", "/flows/send-request/#done"],
  ["chart",    "Chart",    "/flows/send-request/#again"],
];

/** The site on a port that is free. */
async function serve() {
  const server = spawn(process.execPath, [`${ROOT}scripts/serve.mjs`, "4621"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(server.stdout, "data");
  return { server, base: String(said).trim().split(/\s/)[0].replace(/\/$/, "") };
}

/** The browser encodes it: a PNG of the same is three times as large. */
async function save(page, { name, shot, quality }) {
  const url = await page.evaluate(
    async ([png, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", quality);
    },
    [shot.toString("base64"), quality],
  );
  const bytes = Buffer.from(url.split(",")[1], "base64");
  if (bytes.length > BYTES_MAX)
    throw new Error(`${name}: ${bytes.length} bytes, over ${BYTES_MAX}`);
  writeFileSync(`${FOLDER}/${name}.webp`, bytes);
  console.log(`${name}.webp ${bytes.length}`);
}

const { server, base } = await serve();
const browser = await chromium.launch(launchOptions());
const encoder = await browser.newPage();
mkdirSync(FOLDER, { recursive: true });
try {
  for (const theme of ["light", "dark"]) {
    const options = { colorScheme: theme, reducedMotion: "reduce" };
    const page = await browser.newPage({ ...options, viewport: { width: 1180, height: 1400 } });
    for (const [name, tab, path] of VIEWS) {
      await page.goto(base + path, { waitUntil: "networkidle" });
      const player = page.locator("wd-flow").first();
      await player.getByRole("button", { name: tab, exact: true }).click();
      await player.locator(".picture > svg").waitFor();
      await page.waitForLoadState("networkidle");
      const shot = await player.locator(".picture").screenshot();
      await save(encoder, { name: `${name}-${theme}`, shot, quality: FINE });
    }
    await page.close();
    const whole = await browser.newPage({ ...options, viewport: { width: 1120, height: 720 } });
    await whole.goto(`${base}/flows/send-request/`, { waitUntil: "networkidle" });
    const shot = await whole.screenshot();
    await save(encoder, { name: `page-${theme}`, shot, quality: COARSE });
    await whole.close();
  }
} finally {
  await browser.close();
  server.kill();
}
