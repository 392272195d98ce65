/** Reads the words behind a command by the table of what it takes. */

import { bad, quote } from "./stop.ts";

export interface Option {
  /** "--seed" */
  readonly name: string;
  /** What stands behind it, as the help says it: "N". Without one it is a switch. */
  readonly value?: string;
  readonly help: string;
  /** What the value may be: one of these words, or a whole number of this range. */
  readonly words?: readonly string[];
  /** Words that will be understood one day. */
  readonly later?: readonly string[];
  readonly range?: readonly [least: number, most: number];
}

/** What a command takes. */
export interface Takes {
  readonly options: readonly Option[];
  /** Options of the design that are not written yet. */
  readonly later?: readonly string[];
  readonly operands: {
    readonly least: number;
    readonly most: number;
    /** "a flow or a file" */
    readonly what: string;
  };
}

/** What was asked of it. */
export interface Asked {
  readonly operands: readonly string[];
  /** The value behind an option; "" behind a switch that was given. */
  readonly option: (name: string) => string | undefined;
}

/**
 * @param takes what this command takes
 * @param others commands, to say which one has an option that this one lacks
 * @throws Stop, where a word is not understood, given twice, or missing
 */
export function readOptions(
  argv: readonly string[],
  takes: Takes,
  others: readonly (Takes & { readonly name: string })[] = [],
): Asked {
  const given = new Map<string, string>();
  const operands: string[] = [];
  const rest = [...argv];
  let areOptions = true;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (areOptions && word === "--") areOptions = false;
    else if (areOptions && word.startsWith("-") && word !== "-") {
      const [name, value] = readOption(word, rest, takes, others);
      if (given.has(name)) throw bad(`${name} is given twice`);
      given.set(name, value);
    } else operands.push(word);
  }
  checkOperands(operands, takes);
  return { operands, option: (name) => given.get(name) };
}

function checkOperands(
  operands: readonly string[],
  { operands: { least, most, what } }: Takes,
): void {
  const extra = operands[most];
  if (extra !== undefined) {
    throw bad(`expected ${most === 0 ? "nothing more" : what}, found ${quote(extra)} too`);
  }
  if (operands.length < least) throw bad(`expected ${what}, found nothing`);
  if (operands.includes("")) throw bad(`expected ${what}, found ""`);
}

/** One option and its value, which may be the next of `rest`. */
function readOption(
  word: string,
  rest: string[],
  { options, later }: Takes,
  others: readonly (Takes & { readonly name: string })[],
): readonly [name: string, value: string] {
  const [, name = word, glued] = /^(--[^=]*)=(.*)$/s.exec(word) ?? [];
  const option = options.find((one) => one.name === name);
  if (later?.includes(name)) throw bad(`${name}: not there yet`);
  if (!option) {
    const known = options.map((one) => one.name);
    const owners = others.filter((other) => other.options.some((one) => one.name === name));
    const whose = owners.map((owner) => owner.name).join(" and ");
    throw bad(`unknown option ${quote(name)}${whose && `: it is one of ${whose}`}`, {
      word: whose === "" ? name : "",
      known,
    });
  }
  if (option.value === undefined) {
    if (glued !== undefined) throw bad(`${name} takes no value, found ${quote(glued)}`);
    return [name, ""];
  }
  const value = glued ?? rest.shift();
  if (value === undefined || value === "")
    throw bad(`${name}: expected ${wanted(option)}, found nothing`);
  return [name, checked(option, value)];
}

function checked(option: Option, value: string): string {
  const { name, words, later, range } = option;
  if (later?.includes(value)) throw bad(`${name} ${value}: not there yet`);
  if (words && !words.includes(value)) {
    throw bad(`${name}: expected ${wanted(option)}, found ${quote(value)}`, {
      word: value,
      known: words,
    });
  }
  if (range && !isWithin(value, range)) {
    throw bad(`${name}: expected ${wanted(option)}, found ${quote(value)}`);
  }
  return value;
}

function isWithin(value: string, [least, most]: readonly [number, number]): boolean {
  return /^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most;
}

function wanted({ value = "", words, range }: Option): string {
  if (words) return words.length === 1 ? String(words[0]) : `one of ${words.join(" ")}`;
  return range ? `a whole number from ${range[0]} to ${range[1]}` : value;
}
