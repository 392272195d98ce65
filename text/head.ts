/**
 * The head of a text file of content/: the part of YAML that those heads use. Maps and lists by
 * indentation, `[a, b]`, JSON strings, whole numbers, true and false; all else is a plain string.
 */

export type Value = string | number | boolean | readonly Value[] | Head;
export interface Head {
  readonly [key: string]: Value;
}

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/**
 * @param file for errors
 * @param first the number of the head's first line in that file
 * @throws with file, line, expected, found
 */
export function readHead(text: string, file: string, first = 1): Head {
  const lines = text
    .split("\n")
    .map((line, at) => ({
      number: first + at,
      indent: line.length - line.trimStart().length,
      text: line.trim(),
    }))
    .filter((line) => !/^(#|$)/.test(line.text));
  const [start] = lines;
  const value = start ? block(lines, start.indent, file) : {};
  const [rest] = lines;
  if (rest) throw unfit(file, rest, "no deeper line");
  if (!isMap(value)) throw unfit(file, start as Line, "key: value");
  return value;
}

export function isMap(value: Value | undefined): value is Head {
  return typeof value === "object" && !Array.isArray(value);
}

function unfit(file: string, { number, text }: Line, expected: string): Error {
  return new Error(`${file}:${number}: expected ${expected}, found ${JSON.stringify(text)}`);
}

/** A map or a list at one indent; takes its lines off the front. */
function block(lines: Line[], indent: number, file: string): Value {
  return lines[0]?.text.startsWith("- ") ? list(lines, indent, file) : map(lines, indent, file);
}

function list(lines: Line[], indent: number, file: string): Value {
  const values: Value[] = [];
  for (let line = lines[0]; line?.indent === indent; line = lines[0]) {
    if (!line.text.startsWith("- ")) throw unfit(file, line, '"- " as above');
    lines.shift();
    const text = line.text.slice(2);
    if (/^\w+:( |$)/.test(text)) {
      lines.unshift({ ...line, indent: indent + 2, text });
      values.push(map(lines, indent + 2, file));
    } else values.push(scalar(text, line, file));
  }
  return values;
}

function map(lines: Line[], indent: number, file: string): Value {
  const values = new Map<string, Value>();
  for (let line = lines[0]; line?.indent === indent; line = lines[0]) {
    const [, key, rest] = /^(\w+):(?: (.*))?$/.exec(line.text) ?? [];
    if (key === undefined) throw unfit(file, line, "key: value");
    if (values.has(key)) throw unfit(file, line, "each key once");
    lines.shift();
    if (rest) values.set(key, scalar(rest.trim(), line, file));
    else if (lines[0] && lines[0].indent > indent) {
      values.set(key, block(lines, lines[0].indent, file));
    } else throw unfit(file, line, "a value");
  }
  return Object.fromEntries(values);
}

function scalar(text: string, line: Line, file: string): Value {
  if (text.startsWith('"')) {
    try {
      return JSON.parse(text) as string;
    } catch {
      throw unfit(file, line, "a string in double quotes");
    }
  }
  if (text.startsWith("[") && text.endsWith("]")) {
    const items = text.slice(1, -1).split(",");
    return items.map((item) => scalar(item.trim(), line, file));
  }
  if (/^\d+$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  // What a full reader of YAML would take for something else has to be quoted.
  if (/^[[\]{}&*!|>%@`'#,]|: | #/.test(text)) throw unfit(file, line, "quotes around this value");
  return text;
}
