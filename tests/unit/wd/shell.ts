/** Calls `wd` as a shell would, inside this process, and as a process of its own. */

import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../../../wd/program.ts";

export interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly stdin?: string | Uint8Array;
  readonly columns?: number;
  readonly siteUrl?: string;
  readonly folder?: string;
}

/** A folder of its own for the files of a test. */
export const FOLDER = mkdtempSync(join(tmpdir(), "wd-test-"));

/** @returns how a command names it: "./x.flow" */
export function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(FOLDER, name), content);
  return `./${name}`;
}

/** `wd ARGV`, without starting a process. */
export async function wd(argv: readonly string[], world: World = {}): Promise<Said> {
  const said = { out: "", err: "" };
  const exit = await main(argv, {
    out: (text) => {
      said.out += typeof text === "string" ? text : Buffer.from(text).toString("latin1");
    },
    err: (text) => {
      said.err += text;
    },
    input: async () => Buffer.from(world.stdin ?? ""),
    folder: world.folder ?? FOLDER,
    columns: world.columns,
    siteUrl: world.siteUrl,
  });
  return { exit, ...said };
}

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** KiB of memory, and seconds, that one line may take: a program that eats its input stops there. */
const MEMORY_MAX = 4_000_000;
const SECONDS_MAX = 25;

/** `wd ARGV` as a process, by way of a shell where `line` holds pipes. */
export function sh(line: string, env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const node = JSON.stringify(process.execPath);
  const program = JSON.stringify(join(ROOT, "wd/main.ts"));
  const limits = `ulimit -d ${MEMORY_MAX}; ulimit -t ${SECONDS_MAX}`;
  const script = `${limits}\nwd() { ${node} --disable-warning=ExperimentalWarning ${program} "$@"; }\n${line}`;
  return new Promise((resolve) => {
    const options = { cwd: FOLDER, env: { ...process.env, ...env }, maxBuffer: 1 << 24 };
    execFile("bash", ["-c", script], options, (error, out, err) => {
      resolve({ exit: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

/** No story and no message may hold a trace of the program itself. */
export const TRACE = /^\s+at |\.ts:\d+:\d+\)|node:internal|Error:/m;
