/** PNG of an SVG, with the machine's own monospaced font; refused where it would lack a label. */

import { existsSync } from "node:fs";
import { Resvg, type ResvgRenderOptions } from "@resvg/resvg-js";
import { no } from "./stop.ts";

/** Where Linux, macOS and Windows keep the fonts that the SVG asks for: to look everywhere is slow. */
const FONTS = [
  "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
  "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
  "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
  "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono-Bold.ttf",
  "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
  "/usr/share/fonts/TTF/DejaVuSansMono-Bold.ttf",
] as const;

const FAMILY = "DejaVu Sans Mono";
const SIGNATURE = "89504e470d0a1a0a";

/** Files of the font that the drawings ask for, as far as this machine has them. */
export const installedFonts = (): readonly string[] => FONTS.filter((file) => existsSync(file));

/** @param cut fonts of ASCII alone, taken where they are enough */
function optionsOf(svg: string, scale: number, cut: readonly string[]): ResvgRenderOptions {
  const fitTo = { mode: "zoom", value: scale } as const;
  if (!svg.includes("<text")) return { font: { loadSystemFonts: false, fontFiles: [] }, fitTo };
  const fontFiles = [...(cut.length > 0 && isAscii(svg) ? cut : installedFonts())];
  return {
    font: {
      loadSystemFonts: fontFiles.length === 0,
      fontFiles,
      defaultFontFamily: FAMILY,
      monospaceFamily: FAMILY,
    },
    fitTo,
  };
}

/** A reference to a character counts as none: it may stand for any. */
const isAscii = (svg: string): boolean => /^[\n -~]*$/.test(svg) && !svg.includes("&#");

/**
 * @param svg of the kernel profile: fixed colours, a ground of its own
 * @param scale pixels for one of the SVG's
 * @param cut files of `cutFonts`, for many drawings in a row
 * @throws Stop, where a label would not show, or the file is not what it says
 */
export function toPng(svg: string, scale: number, cut: readonly string[] = []): Uint8Array {
  const image = new Resvg(svg, optionsOf(svg, scale, cut)).render();
  const bare = svg.replace(/<text [^>]*>[^<]*<\/text>/g, "");
  const blank = new Resvg(bare, optionsOf(bare, scale, cut)).render();
  const hidden = hiddenText(svg, scale, pixelsOf(image), pixelsOf(blank));
  if (hidden !== undefined) {
    throw no(`PNG: "${hidden}" does not show: no font for it; Debian has fonts-dejavu-core`);
  }
  const png = image.asPng();
  const [fault] = pngFaults(png, svg, scale);
  if (fault !== undefined) throw no(`PNG: ${fault}`);
  return png;
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Each look at `pixels` of an image is a copy of all of them. */
function pixelsOf({ width, height, pixels }: Pixels): Pixels {
  return { width, height, pixels };
}

/** The first text where nothing differs from the picture without texts. */
function hiddenText(svg: string, scale: number, drawn: Pixels, blank: Pixels): string | undefined {
  const texts = svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<\/text>/g);
  for (const [, x, y, words = ""] of texts) {
    if (words.trim() !== "" && !isInked(Number(x) * scale, Number(y) * scale, drawn, blank)) {
      return words;
    }
  }
  return undefined;
}

/** About the size of a letter to each side of where the text stands, or is centred. */
const REACH = 14;

function isInked(x: number, y: number, drawn: Pixels, blank: Pixels): boolean {
  const { width, height } = drawn;
  const left = Math.max(0, Math.floor(x - REACH));
  const right = Math.min(width, Math.ceil(x + REACH * 2));
  for (let row = Math.max(0, Math.floor(y - REACH)); row < Math.min(height, y + 4); row += 1) {
    const [from, to] = [4 * (row * width + left), 4 * (row * width + right)];
    for (let at = from; at < to; at += 1) {
      if (drawn.pixels[at] !== blank.pixels[at]) return true;
    }
  }
  return false;
}

/** What is wrong with a PNG: its signature, its size, its end. */
export function pngFaults(png: Uint8Array, svg: string, scale: number): readonly string[] {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.subarray(0, 8).toString("hex") !== SIGNATURE) return ["no signature of PNG"];
  const isHead = bytes.length > 33 && bytes.subarray(12, 16).toString("latin1") === "IHDR";
  if (!isHead) return ["no header"];
  const [, width, height] = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  const size = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const wanted = [Number(width) * scale, Number(height) * scale];
  if (size.join() !== wanted.join()) return [`${size.join(" x ")}, not ${wanted.join(" x ")}`];
  const end = bytes.subarray(-8, -4).toString("latin1");
  return end === "IEND" ? [] : ["cut short"];
}
