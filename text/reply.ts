/** The reply to the review: content/reply.txt, with each drawing where `{{drawing …}}` asks for it. */

import type { View } from "../diagrams/index.ts";
import { drawingOf, type RunOf } from "./drawing.ts";

const PLACE = /^\{\{drawing ([\w-]+)@([\w.-]+) (sequence|rings|memory)\}\}$/;

/**
 * The mail itself: what `/reply/index.txt` serves and `wd reply` prints.
 * @throws where a drawing cannot be made, or a line asks for one in other words
 */
export function fillReply(template: string, runOf: RunOf): string {
  const file = "content/reply.txt";
  const lines = template.split("\n").map((line, at) => {
    const [, name, step, view] = PLACE.exec(line) ?? [];
    if (name !== undefined && step !== undefined) {
      return drawingOf({ name, at: step, view: view as View }, runOf, file).trimEnd();
    }
    if (!line.includes("{{")) return line;
    throw new Error(`${file}:${at + 1}: expected {{drawing FLOW@LABEL VIEW}}, found ${line}`);
  });
  return lines.join("\n");
}
