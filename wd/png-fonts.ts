/**
 * The fonts of a run that draws many PNGs, cut down to ASCII: the renderer reads a font file anew for
 * about each letter, so that 340 KB of font take more time than the drawing.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import subsetFont from "subset-font";
import { installedFonts } from "./png.ts";

const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 32 + at));

export interface CutFonts {
  /** Paths of font files that hold ASCII and nothing else; none where the machine has no such font. */
  readonly files: readonly string[];
  readonly close: () => Promise<void>;
}

/** Where no file can be written, or a font is broken, the drawings are made with the whole fonts. */
export async function cutFonts(): Promise<CutFonts> {
  let folder: string | undefined;
  const close = async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    folder = await mkdtemp(join(tmpdir(), "wd-fonts-"));
    const files: string[] = [];
    for (const font of installedFonts()) {
      const file = join(folder, basename(font));
      await writeFile(
        file,
        await subsetFont(await readFile(font), ASCII, { targetFormat: "truetype" }),
      );
      files.push(file);
    }
    return { files, close };
  } catch {
    await close();
    return { files: [], close };
  }
}
