/**
 * What differs between forms of a picture: a text explains its characters, a drawing its widths. It is
 * a file apart because few views need it, and a page fetches it with those.
 */

import { putLegend, putParagraph } from "./paragraphs.ts";
import type { Form, Item, Picture, Sheet } from "./picture.ts";
import { tidy } from "./words.ts";

/** How bars are to be read, in each form. */
export type ScaleWords = Readonly<Record<Form, string>>;

/** What a column of a bar stands for, and what else is to be said of either form. */
export function scaleWords(amount: string, text: string, drawn = ""): ScaleWords {
  return { text: `one # is ${amount}${text}`, drawn: `a letter's width is ${amount}${drawn}` };
}

/** A legend that begins with a scale: both forms of it stand in the same rows. */
export function putScaledLegend(
  on: Sheet,
  scale: ScaleWords | undefined,
  notes: readonly string[],
): boolean {
  if (!scale) return putLegend(on, notes);
  const top = on.y + 1;
  const isPut = (["drawn", "text"] as const).map((form) => {
    const start = on.y;
    on.y = top;
    const look = { part: "legend", ink: "text", job: "legend", form } as const;
    const fits = putParagraph(on, scale[form], look);
    on.y = Math.max(on.y, start);
    return fits;
  });
  if (notes.some((note) => tidy(note) !== "")) on.y -= 1; // no blank row between the two
  return !isPut.includes(false) && putLegend(on, notes);
}

/** What stands in one form of it: its items, and their labels in the order in which they are read. */
export function inForm(
  { items, labels }: Pick<Picture, "items" | "labels">,
  form: Form,
): Pick<Picture, "items" | "labels"> {
  const isElsewhere = (item: Item) => (item.form ?? form) !== form;
  const gone = new Set(
    items.map((item) => item.kind === "text" && isElsewhere(item) && item.label),
  );
  return {
    items: items.filter((item) => !isElsewhere(item)),
    labels: labels.filter((_, at) => !gone.has(at)),
  };
}
