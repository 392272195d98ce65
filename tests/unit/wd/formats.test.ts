/** PNG and reST, two moments in one drawing, two futures: as they come out of the command. */

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breaches } from "../../../diagrams/index.ts";
import { installedFonts, pngFaults, toPng } from "../../../wd/png.ts";
import { cutFonts } from "../../../wd/png-fonts.ts";
import { FOLDER, wd } from "./shell.ts";

const SVG = async (...more: readonly string[]) =>
  (await wd(["export", "send-request", "--format", "svg", ...more])).out;

describe("PNG", () => {
  test.each([1, 2])("--scale %i is that many pixels for one of the SVG's", async (scale) => {
    const svg = await SVG();
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    const argv = ["export", "send-request", "--format", "png", "--scale", String(scale)];
    const png = Buffer.from((await wd(argv)).out, "latin1");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.readUInt32BE(16)).toBe(scale * Number(width));
    expect(png.readUInt32BE(20)).toBe(scale * Number(height));
    expect(pngFaults(png, svg, scale)).toEqual([]);
  });

  test("a label without a glyph is refused by its name", async () => {
    const svg = await SVG();
    const blank = svg.replace(">wd_recv: poll, 21 times<", ">\u{e0001}\u{e0002}<");
    expect(blank).not.toBe(svg);
    expect(() => toPng(blank, 1)).toThrow(/does not show: no font for it/);
    const hidden = svg.replace(/(<text [^>]*)(>store doorbell)/, '$1 opacity="0"$2');
    expect(() => toPng(hidden, 1)).toThrow(/"store doorbell, tail = 1" does not show/);
  });

  test("fonts of ASCII alone give the same bytes, and a letter beyond ASCII is drawn with the whole", async () => {
    const svg = await SVG();
    const fonts = await cutFonts();
    const other = svg.replace(">wd_recv: poll, 21 times<", ">wd_recv: poll, 21 \u00d7<");
    expect(other).not.toBe(svg);
    try {
      expect(fonts.files.length).toBe(installedFonts().length);
      for (const file of fonts.files) expect(statSync(file).size).toBeLessThan(40_000);
      for (const picture of [svg, other]) {
        expect(Buffer.compare(toPng(picture, 1, fonts.files), toPng(picture, 1))).toBe(0);
      }
    } finally {
      await fonts.close();
    }
    for (const file of fonts.files) expect(existsSync(file)).toBe(false);
  });

  test("a file that is cut short, of another size or another kind is refused", async () => {
    const svg = await SVG();
    const png = toPng(svg, 1);
    expect(pngFaults(png, svg, 1)).toEqual([]);
    expect(pngFaults(png, svg, 2)[0]).toMatch(/^\d+ x \d+, not \d+ x \d+$/);
    expect(pngFaults(png.subarray(0, png.length - 3), svg, 1)).toEqual(["cut short"]);
    expect(pngFaults(png.subarray(1), svg, 1)).toEqual(["no signature of PNG"]);
    expect(pngFaults(png.subarray(0, 20), svg, 1)).toEqual(["no header"]);
    expect(pngFaults(new Uint8Array(), svg, 1)).toEqual(["no signature of PNG"]);
  });
});

describe("reST", () => {
  test("-o writes the figure beside it, and the drawing is the text byte for byte", async () => {
    const argv = ["export", "send-request", "--format", "rst"];
    const said = await wd([...argv, "-o", "page.rst"]);
    expect(said).toEqual({ exit: 0, out: "", err: "" });
    const page = readFileSync(join(FOLDER, "page.rst"), "utf8");
    expect(page).toContain(".. kernel-figure:: page.svg\n   :alt: ");
    expect(page.endsWith((await wd(["export", "send-request"])).out)).toBe(true);
    expect(readFileSync(join(FOLDER, "page.svg"), "utf8")).toBe(await SVG());
    expect(page).toMatch(/^[\n -~]*$/);
    const piped = await wd(argv);
    expect(piped.err).toMatch(/^wd export: the figure send-request-done\.svg is not written/);
  });

  test("two sources of one name are refused", async () => {
    writeFileSync(join(FOLDER, "twin.dot"), "digraph {}\n");
    const said = await wd(["export", "send-request", "--format", "rst", "-o", "twin.rst"]);
    expect(said.exit).toBe(2);
    expect(said.err).toMatch(/"twin\.dot" is there: of two sources of one name/);
  });
});

describe("two moments", () => {
  test("a ring stands above itself, with what changed marked", async () => {
    const argv = ["export", "ring-full", "--view", "rings", "--steps", "@first..@room"];
    const { out, exit } = await wd(argv);
    expect(exit).toBe(0);
    expect(breaches(out, 72, { for: "mail" })).toEqual([]);
    const [before = "", after = ""] = out.split("== after (@room) ==");
    expect(before).toContain("== before (@first) ==");
    expect(before).not.toContain("*");
    expect(after).toMatch(/D\*\|D\*\|.*R\*\|/);
  });

  test("a page board has both under one head", async () => {
    const { out } = await wd(["export", "fork-cow", "--steps", "@forked..@lost", "--for", "mail"]);
    expect(out).toMatch(/before \(@forked\) +after \(@lost\)/);
    expect(out).toContain("* = changed between the two steps");
    const [, command = ""] = /\[\d\] Drawn by warpdrive-explained:\s+wd (.*)\n$/.exec(out) ?? [];
    expect((await wd(command.split(" "))).out).toBe(out);
  });

  test.each(["walk", "timeline", "chart"])(
    "a view %s of a slice keeps the contract",
    async (view) => {
      const argv = ["export", "send-request", "--view", view, "--steps", "@send..@done"];
      const { out, exit } = await wd(argv);
      expect(exit).toBe(0);
      expect(breaches(out, 72, { for: "mail" })).toEqual([]);
    },
  );
});

describe("two futures", () => {
  const argv = ["export", "send-request", "--if", "fail pin 1 at @share"];

  test("share their lanes, and the first difference is named", async () => {
    const { out, exit, err } = await wd([...argv, "--for", "mail"]);
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(breaches(out, 72, { for: "mail" })).toEqual([]);
    expect(out).toContain("== as it is ==");
    expect(out).toContain("== what if fail pin 1, from @share on ==");
    expect(out.replace(/\n +/g, " ")).toMatch(
      /The first difference is at @share, ioctl MAP_DMA, 2 pages = 0 as it is, .* = -1 ENOMEM what if;/,
    );
    expect(out.replace(/\n +/g, " ")).toContain("--if 'fail pin 1 at @share' --for mail");
  });

  test.each(["memory", "rings", "walk"])("in view %s keep the contract", async (view) => {
    const said = await wd([...argv, "--view", view, "--at", "@share"]);
    if (said.exit === 2) expect(said.err).toMatch(/to show at|of what would be/);
    else expect(breaches(said.out, 72, { for: "mail" })).toEqual([]);
  });

  test("in which nothing differs say so", async () => {
    const { out } = await wd(["export", "open-dummy", "--if", "fail pin 99"]);
    expect(out).toContain("Nothing differs: both futures are the same.");
  });

  test("as SVG and Mermaid hold the same words", async () => {
    const svg = await wd([...argv, "--format", "svg"]);
    expect(svg.out).toContain(">what if fail pin 1, from @share on</text>");
    expect((await wd([...argv, "--format", "mermaid"])).out).toContain("what if fail pin 1");
  });
});
