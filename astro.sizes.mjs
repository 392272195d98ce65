import mdx from "@astrojs/mdx";
import { defineConfig } from "astro/config";
import { reachedFrom } from "./scripts/reach.mjs";
import { plainTwins } from "./scripts/twins.mjs";
import { wordless } from "./scripts/wordless.mjs";

const FIRST_TOUCH = reachedFrom("site/client/player.ts");

/**
 * All that the player needs at its first touch is one chunk, and what it fetches later builds on it:
 * left alone the bundler makes a chunk of each handful of files that two later parts share.
 */
const playerAtOnce = {
  name: "player-at-once",
  configEnvironment(name) {
    if (name !== "client") return undefined;
    const test = (id) => FIRST_TOUCH.has(id) || /\/node_modules\/d3-/.test(id);
    const codeSplitting = {
      includeDependenciesRecursively: false,
      groups: [{ name: "player", test }],
    };
    const output = { codeSplitting };
    return { build: { rolldownOptions: { preserveEntrySignatures: "allow-extension", output } } };
  },
};

/** The reference prints where each row has its facts from; the player never does. */
const wordlessTables = {
  name: "wordless-tables",
  enforce: "pre",
  applyToEnvironment: ({ name }) => name === "client",
  transform(code, id) {
    return /\/engine\/.*\.ts$/.test(id) ? { code: wordless(code, id), map: null } : undefined;
  },
};

import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const sizes = { name: "sizes", applyToEnvironment: ({ name }) => name === "client", generateBundle(_o, bundle) {
  const out = [];
  for (const c of Object.values(bundle)) if (c.type === "chunk") out.push({ file: c.fileName, mods: Object.entries(c.modules).map(([id, m]) => [id.replace(/.*me2\//, ""), m.code ?? "", m.renderedLength]) });
  require("node:fs").writeFileSync("/tmp/h/sizes.json", JSON.stringify(out));
} };
export default defineConfig({
  srcDir: "./site",
  publicDir: "./public",
  outDir: "./dist",
  // Both may come from the environment, so that a host with sub-folders works.
  site: process.env.SITE_URL ?? "http://localhost:4321",
  base: process.env.SITE_BASE ?? "/",
  trailingSlash: "always",
  build: { format: "directory", inlineStylesheets: "never" },
  // A highlighter would write colours into style attributes, which the Content-Security-Policy forbids.
  markdown: { syntaxHighlight: false },
  integrations: [mdx(), plainTwins],
  // Scripts stay files, so that a strict Content-Security-Policy needs no exception.
  vite: {
    plugins: [playerAtOnce, wordlessTables, sizes],
    build: {
      assetsInlineLimit: 0,
      rolldownOptions: {
        // Every MDX file has a directive that only Astro reads: no news, and a screen of warnings.
        onLog(level, log, print) {
          if (log.code !== "MODULE_LEVEL_DIRECTIVE") print(level, log);
        },
        // These rooms only export: what a page does not use of them, it does not fetch.
        treeshake: { moduleSideEffects: (id) => !/\/(engine|diagrams|text)\/.*\.ts$/.test(id) },
      },
    },
  },
});
