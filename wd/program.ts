/** The command `wd`: which command is asked for, and what becomes of it. */

import { COMMANDS, type Command, LATER } from "./commands.ts";
import { projectText } from "./content.ts";
import { helpOf, overview } from "./help.ts";
import type { Io } from "./io.ts";
import { readOptions } from "./options.ts";
import { bad, printable, quote, Stop } from "./stop.ts";

/**
 * @param argv what stands behind `wd`
 * @returns the exit code: 0 yes, 1 the answer is no, 2 bad usage or input
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name] = argv;
  const isCommand = COMMANDS.some((command) => command.name === name);
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (!(error instanceof Stop)) {
      const [first = ""] = String(error instanceof Error ? error.message : error).split("\n");
      io.err(`wd: this is a fault of wd, not yours: ${printable(first)}\n`);
      return 2;
    }
    const who = error.isPlaced ? "" : isCommand ? `wd ${name}: ` : "wd: ";
    io.err(`${who}${error.message}${await didYouMean(error)}\n`);
    return error.exit;
  }
}

/** The known word that is nearest, in words. */
async function didYouMean({ hint }: Stop): Promise<string> {
  if (!hint) return "";
  // Loaded here only: most commands that go right need no engine for their words.
  const engine = await import("../engine/index.ts").catch(() => undefined);
  const near = engine?.nearest(hint.word, hint.known);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    const names = COMMANDS.map((command) => command.name).join(" ");
    throw bad(`expected a command: ${names}; "wd --help" explains them`);
  }
  if (name === "help" || isHelp(name)) return help(rest, io);
  if (name === "--version") {
    if (rest.length > 0)
      throw bad(`--version: expected nothing more, found ${quote(rest[0] ?? "")}`);
    const { name: project, version } = JSON.parse(projectText("package.json"));
    io.out(`${project} ${version}\n`);
    return 0;
  }
  const command = commandOf(name);
  const words = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (words.some(isHelp)) return help([name], io);
  const asked = readOptions(rest, command, COMMANDS);
  const { run } = await command.load();
  return run(asked, io);
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function commandOf(name: string): Command {
  const command = COMMANDS.find((one) => one.name === name);
  if (command) return command;
  if (LATER.includes(name)) throw bad(`${name}: not there yet`);
  const known = [...COMMANDS.map((one) => one.name), "help", "--help", "--version"];
  const what = name.startsWith("-") ? "option" : "command";
  throw bad(`unknown ${what} ${quote(name)}; "wd --help" lists them`, { word: name, known });
}

async function help([name, more]: readonly string[], io: Io): Promise<number> {
  if (more !== undefined) throw bad(`help: expected one command, found ${quote(more)} too`);
  if (name === undefined || isHelp(name)) io.out(overview());
  else io.out(helpOf(commandOf(name), name === "ask" ? await topics() : []));
  return 0;
}

/** All that `wd ask` can be asked for. */
async function topics(): Promise<readonly (readonly [string, string])[]> {
  const { pages, terms } = await import("./content.ts");
  const own = (await pages()).map((page): readonly [string, string] => [
    page.slug,
    page.kind === "question" ? page.title : page.long,
  ]);
  const named = new Set(own.map(([slug]) => slug));
  const others = (await terms()).filter(({ id, href }) => !href && !named.has(id));
  return [...own, ...others.map(({ id, term, long }) => [id, long ?? term] as const)];
}
