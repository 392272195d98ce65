/** Help, for a terminal of 80 columns. */

import { COMMANDS, type Command, LATER } from "./commands.ts";
import type { Option } from "./options.ts";

const WIDTH = 78;

/** Words in lines of 78 columns, each line begun with `indent` blanks. */
function paragraph(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${" ".repeat(indent)}${one}\n`).join("");
}

/** `name   what it is`: the second column as far right as the first needs, and as narrow as it has to. */
function columns(rows: readonly (readonly [name: string, words: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, words]) => {
      const lines = paragraph(words, width + 4);
      return `  ${name.padEnd(width)}  ${lines.slice(width + 4)}`.replace(/ +\n/g, "\n");
    })
    .join("");
}

/** All commands. */
export function overview(): string {
  return [
    "wd runs, draws and explains the stories of WarpDrive.\n",
    columns(
      COMMANDS.map(({ name, operands, summary }) => {
        const first = { ask: "TERM|QUESTION", show: "FLOW[@STEP]", lint: "FILE..." }[name];
        return [`wd ${name} ${first ?? (operands.most > 0 ? "FLOW|FILE" : "")}`, summary];
      }),
    ),
    `${columns([
      ["wd help COMMAND", "its options, and examples"],
      ["wd --version", "which version this is"],
    ])}`,
    paragraph("From the project's folder: npm run -s wd -- flows", 0),
    paragraph(
      "A name is a story if there is one; ./x is a file; - is standard input. Exit code 0: yes; 1: it ran and the answer is no; 2: bad usage or bad input.",
      0,
    ),
    paragraph(`Not there yet: ${LATER.join(", ")}.`, 0),
  ].join("\n");
}

function optionName({ name, value }: Option): string {
  return value === undefined ? name : `${name} ${value}`;
}

/** One command. @param known what it can be asked for, where that is a list: a line each */
export function helpOf(
  command: Command,
  known: readonly (readonly [string, string])[] = [],
): string {
  const { name, usage, about, options, examples } = command;
  const [first = "", ...others] = paragraph(`wd ${name} ${usage}`.trim(), 0).split(/(?<=\n)/);
  const wrapped = paragraph(others.join(" ").replace(/\n/g, "").trim(), 5);
  return [
    first + (others.length > 0 ? wrapped : ""),
    ...about.map((text) => paragraph(text, 0)),
    ...(options.length > 0
      ? [columns(options.map((option) => [optionName(option), option.help]))]
      : []),
    `Examples\n${examples.map((line) => `  ${line}\n`).join("")}`,
    ...(known.length > 0 ? [columns(known)] : []),
  ].join("\n");
}
