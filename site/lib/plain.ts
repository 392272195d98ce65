import { toAscii } from "../../diagrams/index.ts";
import { type Drawing, PARTS } from "./pictures.ts";

/** A drawing as a page prints it: without its title, and without a newline at its end. */
export function textOf({ picture }: Drawing): string {
  const text = toAscii(picture, { parts: PARTS });
  return (text.ok ? text.text : text.message).trimEnd();
}
