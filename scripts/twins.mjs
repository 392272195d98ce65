/** After the build: every page that has no plain text of its own gets one, beside it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { printHtml } from "../text/index.ts";

/** An integration of Astro. */
export const plainTwins = {
  name: "plain-twins",
  hooks: {
    "astro:build:done": ({ dir }) => {
      const root = fileURLToPath(dir);
      const pages = readdirSync(root, { recursive: true }).map((path) => join(root, String(path)));
      for (const page of pages.filter((path) => path.endsWith("index.html"))) {
        const twin = page.replace(/html$/, "txt");
        if (!existsSync(twin)) writeFileSync(twin, printHtml(readFileSync(page, "utf8")));
      }
    },
  },
};
