import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { completeLock } from "../../../scripts/complete-lock.mjs";
import { satisfies } from "../../../scripts/node-version.mjs";
import { outOfDate } from "../../../scripts/render-mermaid.mjs";
import { ROOT } from "./sources.ts";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

const MANIFEST = JSON.parse(textOf("package.json")) as Manifest;

describe.each(["", "tools/node/", "tools/mutants/"])("%spackage-lock.json", (folder) => {
  const lock = JSON.parse(textOf(`${folder}package-lock.json`));

  test("has an entry for every platform, so that npm ci works everywhere", () => {
    expect(completeLock(structuredClone(lock))).toEqual({ added: [], unknown: [] });
  });

  test("names no server", () => {
    expect(textOf(`${folder}package-lock.json`)).not.toContain('"resolved"');
  });

  test("is what package.json asks for, in exact versions", () => {
    const manifest = JSON.parse(textOf(`${folder}package.json`)) as Manifest;
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const asked = { ...dependencies, ...devDependencies, ...optionalDependencies };
    expect(Object.keys(asked).length).toBeGreaterThan(0);
    for (const [name, version] of Object.entries(asked)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });
});

test("a platform that a package server left out is added to the lockfile", () => {
  const lock = {
    packages: {
      "node_modules/a": { optionalDependencies: { "a-linux-x64-musl": "1.2.3", a: "1.0.0" } },
    },
  };
  expect(completeLock(lock)).toEqual({ added: ["a-linux-x64-musl@1.2.3"], unknown: [] });
  expect(lock.packages).toHaveProperty(["node_modules/a-linux-x64-musl"], {
    version: "1.2.3",
    cpu: ["x64"],
    optional: true,
    libc: ["musl"],
    os: ["linux"],
  });
});

/** What a version is to the range of package.json. */
// biome-ignore format: one case a line
const VERSIONS = [
  ["v18.20.0", false],
  ["v20.20.2", false],
  ["v22.21.9", false],
  ["v22.22.0", true],
  ["v23.11.0", false],
  ["v24.7.0",  false],
  ["v24.21.0", true],
  ["v25.9.0",  false],
  ["v26.0.0",  true],
  ["v27.1.0",  true],
] as const;

test.each(VERSIONS)("Node.js %s will do: %s", (version, isEnough) => {
  expect(satisfies(version, MANIFEST.engines.node)).toBe(isEnough);
});

test("the Node.js that the set-up fetches is one that will do", () => {
  const { optionalDependencies } = JSON.parse(textOf("tools/node/package.json")) as Manifest;
  const versions = Object.values(optionalDependencies ?? {});
  expect(versions.length).toBeGreaterThan(0);
  for (const version of versions)
    expect(satisfies(`v${version}`, MANIFEST.engines.node)).toBe(true);
});

test("the rendered Mermaid diagrams are up to date (npm run diagrams)", () => {
  expect(outOfDate(join(ROOT, "content/mermaid"), join(ROOT, "site/mermaid"))).toEqual([]);
});
