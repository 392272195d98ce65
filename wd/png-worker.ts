/** Draws PNGs beside the main thread, one after the other. */

import { parentPort } from "node:worker_threads";
import { toPng } from "./png.ts";
import { Stop } from "./stop.ts";

export interface PngTask {
  readonly svg: string;
  readonly scale: number;
  /** Files of `cutFonts`. */
  readonly fonts: readonly string[];
}

export type PngAnswer =
  | { readonly png: Uint8Array }
  | { readonly why: string; readonly exit: 1 | 2 };

parentPort?.on("message", (task: PngTask) => {
  parentPort?.postMessage(answer(task));
});

function answer({ svg, scale, fonts }: PngTask): PngAnswer {
  try {
    return { png: toPng(svg, scale, fonts) };
  } catch (error) {
    if (error instanceof Stop) return { why: error.message, exit: error.exit };
    return { why: `PNG: ${String(error)}`, exit: 1 };
  }
}
