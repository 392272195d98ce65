/** `npm run -s wd -- ARGS`: the program, between the shell and the commands. */

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import type { Io } from "./io.ts";

// Keeps the engine as compiled code: 0.1 s instead of 0.3 s, from the second time on. So all else is
// imported below this line.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/wd", import.meta.url)));

/** Standard input up to a limit: a device may have no end. */
async function input(most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    if (size > most) break;
  }
  return Buffer.concat(parts);
}

/** A reader that has seen enough goes away, as `head` does; any other error is said once. */
function onError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`wd: cannot write: ${error.code ?? error.message}\n`);
  process.exit(2);
}

process.stdout.on("error", onError);
process.stderr.on("error", () => process.exit(2));

// npm starts scripts in the project's folder and says where it was called.
const isOfNpm = process.env.npm_lifecycle_event === "wd";
const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  ...(process.stderr.isTTY
    ? { progress: (words) => process.stderr.write(`\r\x1b[K${words}`) }
    : {}),
  input,
  folder: (isOfNpm ? process.env.INIT_CWD : undefined) ?? process.cwd(),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  siteUrl: process.env.SITE_URL || undefined,
};

const { main } = await import("./program.ts");
process.exitCode = await main(process.argv.slice(2), io);
