/**
 * The way of a text through git, b4 and checkpatch, gone for real: in a folder of its own, with
 * nobody's settings, and for every program with what it gives back.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIGNED = "Signed-off-by: A U Thor <author@example.org>\n";

/** Debian's linux-source-6.1 brings checkpatch.pl. */
const KERNEL = "linux-source-6.1";
const SOURCE = `/usr/src/${KERNEL}.tar.xz`;
const SCRIPTS = ["checkpatch.pl", "spelling.txt", "const_structs.checkpatch"];

/** b4 looks at a series as one thread: so many messages are quickly read. */
const SERIES = 250;

/** What a program says of its version; nothing where it is not there. */
function versionOf(program: string): string | undefined {
  const said = spawnSync(program, ["--version"], { encoding: "utf8" });
  return said.status === 0 ? (/\d[\d.]*\d/.exec(said.stdout)?.[0] ?? "unknown") : undefined;
}

/** The programs of this machine; `undefined` for one that is not there. */
export function programs(): Readonly<Record<"git" | "b4" | "checkpatch", string | undefined>> {
  const kernel = existsSync(SOURCE) ? KERNEL.replace("linux-source-", "Linux ") : undefined;
  return { git: versionOf("git"), b4: versionOf("b4"), checkpatch: kernel };
}

/** A repository that sends, and those that receive. */
export class Post {
  readonly #folder = mkdtempSync(join(tmpdir(), "wd-mail-"));
  readonly #first: string;

  constructor() {
    this.git(["init", "-q", "-b", "main", "sent"]);
    writeFileSync(join(this.#folder, "sent", "count"), "0\n");
    this.git(["config", "core.fsync", "none"], "sent");
    this.git(["add", "count"], "sent");
    this.git(["commit", "-q", "-m", "start"], "sent");
    this.#first = this.git(["rev-parse", "HEAD"], "sent").trim();
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  git(args: readonly string[], where = ".", env: Readonly<Record<string, string>> = {}): string {
    return execFileSync("git", [...args], {
      cwd: join(this.#folder, where),
      encoding: "utf8",
      env: { ...this.#settings(), ...env },
      maxBuffer: 1 << 28,
    });
  }

  /** Nobody's settings but these. */
  #settings(): Readonly<Record<string, string>> {
    return {
      PATH: process.env.PATH ?? "",
      HOME: join(this.#folder, "home"),
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "A U Thor",
      GIT_AUTHOR_EMAIL: "author@example.org",
      GIT_AUTHOR_DATE: "1700000000 +0000",
      GIT_COMMITTER_NAME: "A U Thor",
      GIT_COMMITTER_EMAIL: "author@example.org",
      GIT_COMMITTER_DATE: "1700000000 +0000",
    };
  }

  /** One commit for each message on a new branch: `commit -F`, or by an editor that puts it there. */
  commit(branch: string, all: readonly string[], by: "file" | "editor" = "file"): void {
    this.git(["checkout", "-q", "-b", branch, this.#first], "sent");
    const file = join(this.#folder, "message");
    for (const [index, message] of all.entries()) {
      writeFileSync(join(this.#folder, "sent", "count"), `${index + 1}\n`);
      writeFileSync(file, message);
      if (by === "file") this.git(["commit", "-q", "-a", "-F", file], "sent");
      else this.git(["commit", "-q", "-a"], "sent", { GIT_EDITOR: `cp '${file}'` });
    }
  }

  /** The messages of a branch that was sent, or of what was received: oldest first, byte for byte. */
  messages(where: string, branch = "HEAD"): readonly string[] {
    const range = `${this.#first}..${branch}`;
    const log = this.git(["log", "--reverse", "--format=%B%x00", range], where);
    return log.split("\0\n").slice(0, -1);
  }

  /** Mails the branch and applies the mails: `format-patch | am`. @returns what has arrived */
  mail(branch: string, option: "--scissors" | "--no-scissors"): readonly string[] {
    const box = this.git(["format-patch", "-q", "--stdout", `${this.#first}..${branch}`], "sent");
    const where = this.#receiver(`received${option}`);
    writeFileSync(join(this.#folder, "box"), box);
    this.git(["am", "-q", option, join(this.#folder, "box")], where);
    return this.messages(where);
  }

  /** The same by way of b4, which looks for trailers; each mail is signed off, as a patch is. */
  mailByB4(branch: string): readonly string[] {
    const where = this.#receiver("received-b4");
    const commits = this.git(["rev-list", "--reverse", `${this.#first}..${branch}`], "sent");
    const all = commits.trim().split("\n");
    for (let at = 0; at < all.length; at += SERIES) {
      const [from, to] = [
        at === 0 ? this.#first : all[at - 1],
        all[Math.min(at + SERIES, all.length) - 1],
      ];
      const options = ["-q", "--stdout", "--thread", "--signoff"];
      const box = this.git(["format-patch", ...options, `${from}..${to}`], "sent");
      this.git(["am", "-q", this.#fetch(box, where)], where);
    }
    return this.messages(where);
  }

  #receiver(where: string): string {
    this.git(["clone", "-q", "--shared", "sent", where]);
    this.git(["checkout", "-q", "-b", "mail", this.#first], where);
    // b4 wants to know whose tree it is, from the settings and not from the environment.
    this.git(["config", "user.name", "A U Thor"], where);
    this.git(["config", "user.email", "author@example.org"], where);
    this.git(["config", "core.fsync", "none"], where);
    return where;
  }

  /** `b4 am` of a mailbox. @returns the file that it writes for git am */
  #fetch(box: string, where: string): string {
    const out = join(this.#folder, "out");
    rmSync(out, { recursive: true, force: true });
    for (const folder of [out, join(this.#folder, "home")]) mkdirSync(folder, { recursive: true });
    const file = join(this.#folder, "box");
    writeFileSync(file, box);
    const id = /^Message-Id: <(.*)>$/im.exec(box)?.[1] ?? "";
    const args = ["--offline-mode", "am", "-m", file, "-o", out, id];
    const said = spawnSync("b4", args, {
      cwd: join(this.#folder, where),
      encoding: "utf8",
      env: this.#settings(),
    });
    const made = readdirSync(out).find((name) => name.endsWith(".mbx"));
    if (made === undefined) throw new Error(`b4 am gave nothing: ${said.stderr}`);
    return join(out, made);
  }

  /** What checkpatch.pl says of a message, from its kernel's own sources. To unpack them takes long. */
  checkpatch(message: string): string {
    const names = SCRIPTS.map((name) => `${KERNEL}/scripts/${name}`);
    execFileSync("tar", ["-xf", SOURCE, "-C", this.#folder, ...names]);
    this.commit("checked", [`${message}\n${SIGNED}`]);
    const mail = this.git(["format-patch", "-q", "--stdout", "-1", "checked"], "sent");
    const script = join(this.#folder, KERNEL, "scripts", "checkpatch.pl");
    const args = [script, "--no-tree", "--terse", "-"];
    const said = spawnSync("perl", args, { input: mail, encoding: "utf8" });
    return `${said.stdout}${said.stderr}${said.status === 0 ? "" : `exit ${said.status}\n`}`;
  }
}

/** A subject, a blank line, and the text as it is. */
export function messageOf(text: string, index: number): string {
  return `docs: drawing ${index}\n\n${text}`;
}

/** The same with the line that each patch ends in; behind a `Link:` it stands in its paragraph. */
export function signed(message: string): string {
  return /\nLink: \S+\n$/.test(message) ? `${message}${SIGNED}` : `${message}\n${SIGNED}`;
}

/** Several drawings in one message, as an editor cleans it line by line. */
export function together(texts: readonly string[], many: number): readonly string[] {
  const bodies = texts.filter((text) => !text.includes("\nLink: "));
  return Array.from({ length: Math.ceil(bodies.length / many) }, (_, at) =>
    messageOf(bodies.slice(at * many, (at + 1) * many).join("\n"), at),
  );
}
