/** Copy for mail: title, drawing, legend, and where to find it again. */

import type { Picture } from "../layout/index.ts";
import { plain, tidy, wrap } from "../layout/index.ts";
import { type Text, toAscii } from "./ascii.ts";
import { breaches, formatBreach } from "./contract.ts";

export interface MailOptions {
  readonly picture: Picture;
  /** The link to this step. Without one, or where it is too wide for a mail, `command` is given. */
  readonly url?: string | undefined;
  /** The command that prints this drawing: "wd show fork-cow@lost". */
  readonly command?: string | undefined;
  readonly for: "mail" | "commit";
  /** The question that this answers; it is quoted above. Mail only. */
  readonly quoted?: string | undefined;
  readonly charset?: "ascii" | "unicode" | undefined;
}

/** The bytes that are pasted. Refused where they would not arrive as they are. */
export function mailText(options: MailOptions): Text {
  const { picture, charset = "ascii" } = options;
  const drawing = toAscii(picture, { charset });
  if (!drawing.ok) return drawing;
  const isCommit = options.for === "commit";
  const quotation = isCommit ? "" : quote(options.quoted ?? "", picture.asked);
  const reference = isCommit ? commitReference(options) : mailReference(options);
  const text = [quotation, drawing.text, reference].filter(Boolean).join("\n");
  const found = breaches(text, picture.asked, {
    for: options.for,
    quotes: quotation !== "",
    unicode: charset === "unicode",
  });
  const [first] = found;
  return first ? { ok: false, message: formatBreach(first), breaches: found } : { ok: true, text };
}

/** A command says nothing to who does not know whose it is. */
const WHOSE = "Drawn by warpdrive-explained:";

function mailReference({ picture, url, command }: MailOptions): string {
  const number = `  [${picture.references + 1}] `;
  const width = picture.asked - number.length;
  const isLink = url !== undefined && (url.length <= width || command === undefined);
  const target = isLink ? url : command;
  if (!target) return "";
  const isBeside = WHOSE.length + 1 + target.length <= width;
  const whole = isBeside ? [`${WHOSE} ${target}`] : [WHOSE, ...(wrap(target, width) ?? [target])];
  // A command may go on below, under itself; a link may not, and is refused by the contract.
  const lines = isLink ? [target] : whole;
  const hang = " ".repeat(number.length);
  return lines.map((line, at) => `${at === 0 ? number : hang}${line}\n`).join("");
}

/** A `Link:` is as long as it is, and the last paragraph; without one the command stands there. */
function commitReference(options: MailOptions): string {
  return options.url ? `Link: ${options.url}\n` : mailReference(options);
}

/** `> ` before each line, in 7 bits. What stood in lines is set anew only where it is too wide. */
function quote(question: string, width: number): string {
  const lines = question.split("\n").map((line) => plain(line.trimEnd()));
  while (lines.at(-1) === "") lines.pop();
  while (lines[0] === "") lines.shift();
  const set = lines.flatMap((line) => {
    const isWide = line.length + 2 > width;
    return isWide ? (wrap(tidy(line), width - 2) ?? [line]) : [line];
  });
  return set.map((line) => `${`> ${line}`.trimEnd()}\n`).join("");
}
