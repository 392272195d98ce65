/** What `wd` can do: a row a command. Nothing is loaded before it is asked for. */

import type { View } from "../diagrams/index.ts";
import type { Io } from "./io.ts";
import type { Asked, Option, Takes } from "./options.ts";

export interface Command extends Takes {
  readonly name: string;
  /** What stands behind the name. */
  readonly usage: string;
  /** One line for the list. */
  readonly summary: string;
  /** Paragraphs for its own help. */
  readonly about: readonly string[];
  readonly examples: readonly string[];
  readonly load: () => Promise<{ readonly run: (asked: Asked, io: Io) => Promise<number> }>;
}

/** Commands of the design that are not written yet. */
export const LATER: readonly string[] = ["check", "sweep", "bench"];

const NOTHING = { least: 0, most: 0, what: "nothing" };
const STORY = { least: 1, most: 1, what: "one flow or file" };

const WIDTH: Option = {
  name: "--width",
  value: "N",
  range: [40, 1000],
  help: "columns of a line at most; 72 where not given",
};
const CHARSET: Option = {
  name: "--charset",
  value: "C",
  words: ["ascii", "unicode"],
  help: "ascii (7-bit) or unicode; ascii where not given",
};
/** Said again, since nothing is loaded here; a type holds that none is missing. */
const VIEW_NAMES: readonly View[] = Object.keys({
  sequence: 0,
  memory: 0,
  rings: 0,
  blocks: 0,
  walk: 0,
  states: 0,
  timeline: 0,
  chart: 0,
  space: 0,
} satisfies Record<View, 0>) as View[];
const VIEW: Option = {
  name: "--view",
  value: "V",
  words: VIEW_NAMES,
  help: `${VIEW_NAMES.slice(0, -1).join(", ")} or space; the flow's first where not given`,
};
const FOR: Option = {
  name: "--for",
  value: "USE",
  words: ["mail", "commit"],
  help: "mail: [1] and where to find it; commit: a Link: line",
};

export const COMMANDS: readonly Command[] = [
  {
    name: "flows",
    usage: "",
    summary: "the stories: name, steps, title",
    about: ["Lists the stories of content/flows, one a line."],
    examples: ["wd flows | grep ring"],
    options: [],
    operands: NOTHING,
    load: () => import("./flows.ts"),
  },
  {
    name: "show",
    usage: "FLOW[@STEP]",
    summary: "one step as a drawing for a mail",
    about: [
      "Prints what Copy for mail gives: title, drawing, legend, and where to find it again: a link where SITE_URL is set, else the command.",
      "STEP is a label or a number, also of a step inside another: @send, @17, @17.2, @send.2. Without it, the flow's first key frame. FLOW may be a file, ./x.flow.",
    ],
    examples: ["wd show send-request@done", "wd show fork-cow@lost --view memory"],
    options: [VIEW],
    operands: { least: 1, most: 1, what: "one FLOW or FLOW@STEP" },
    load: () => import("./show.ts"),
  },
  {
    name: "ask",
    usage: "TERM|QUESTION",
    summary: "the answer, in plain text",
    about: [
      "Answers a term by any of its names, or a question by its name or in free words, without quotes around them. What there is stands below.",
    ],
    examples: ["wd ask gup", "wd ask get_user_pages", 'wd ask "what is dpdk?"'],
    options: [],
    operands: { least: 1, most: 50, what: 'a term or a question, such as "gup"' },
    load: () => import("./ask.ts"),
  },
  {
    name: "reply",
    usage: "",
    summary: "the reply to the review",
    about: ["Prints the mail that answers the review line by line, as the site serves it."],
    examples: ["wd reply > reply.txt"],
    options: [],
    operands: NOTHING,
    load: () => import("./reply.ts"),
  },
  {
    name: "lint",
    usage: "FILE... [--width N] [--for mail|commit] [--charset ascii|unicode]",
    summary: "what git, b4, mutt and others would do to a draft",
    about: [
      "Reads drafts of mails or commit messages by the text contract. Each finding is a line: file, line, column, rule, who minds it and how to mend it. - is standard input.",
      "Lines that begin with > are quotations: only what breaks on the way is asked of them.",
    ],
    examples: ["wd lint cover-letter.txt", "wd reply | wd lint -"],
    options: [WIDTH, { ...FOR, help: "mail where not given" }, CHARSET],
    operands: { least: 1, most: 1000, what: "files" },
    load: () => import("./lint.ts"),
  },
  {
    name: "run",
    usage: "FLOW|FILE [--seed N] [--detail D] [--kernel K] [--framework F] [--json]",
    summary: "runs a story and judges what it expects",
    about: [
      "Prints a line a step, as strace would. What does not hold goes to the errors: file, line, expected, got, and the checks that refused.",
      "--json prints { version: 1, file, title, kernel, framework, seed, detail, ok, end, failures, steps }. A failure has file, line, label, expected, got and chain, the refusals from the outermost in, each { errno, why }. A step has number, label, depth, actor, text, caption, section, line, source and picoseconds, the simulated time at which it was over. What is absent is null.",
    ],
    examples: ["wd run send-request", "wd run ./mine.flow --detail kernel | grep pin"],
    options: [
      {
        name: "--seed",
        value: "N",
        range: [0, 4_294_967_295],
        help: "the seed of chance; 1 where not given",
      },
      {
        name: "--detail",
        value: "D",
        words: ["story", "calls", "kernel"],
        help: "story, calls or kernel: how deep; story where not given",
      },
      {
        name: "--kernel",
        value: "K",
        words: ["v4.18", "v5.7", "v6.1"],
        help: "another kernel than the flow says: v4.18 v5.7 v6.1",
      },
      {
        name: "--framework",
        value: "F",
        words: ["spimdev", "sdmdev", "uacce-v3", "uacce", "hvf", "mdev", "ioctl"],
        help: "another framework than the flow says",
      },
      { name: "--json", help: "as JSON" },
    ],
    operands: STORY,
    load: () => import("./run.ts"),
  },
  {
    name: "export",
    usage:
      "FLOW|FILE [--view V] [--at STEP | --steps A..B] [--if CHANGE] [--format F] [--profile P] [--scale N] [--width N] [--charset C] [--for USE] [-o FILE] | --all -o DIR [--every-step]",
    summary: "a drawing as text, SVG, PNG, Mermaid or reST, or the run as a trace",
    about: [
      "Without options: the flow's first view at its first key frame, as 7-bit text. What does not fit is refused with the width that it needs, and exit code 1.",
      "--steps A..B is a slice of a ladder or a timeline; of a page board, a ring, a walk and others it is before and after in one drawing, with what changed marked.",
      "--if CHANGE draws two futures: the story as it is, and with one thing otherwise from a step on: 'fail pin 1 at @share', 'mended D13', 'iotlb=0'. The first step that differs is named. fail KIND N (allocate, pin, map, invalidate) counts from that step.",
      "rst is a kernel-figure, its caption and the text as a literal block; with -o page.rst the figure page.svg is written beside it.",
      "--all writes every flow, view and format at its labelled steps, and index.json: { version: 1, files: [{ path, flow, view, format, profile?, step }] }. --every-step adds the other steps, without PNG. DIR has to be empty, or one that --all has written.",
      "A name is a story if there is one, ./x is a file, - is standard input.",
    ],
    examples: [
      "wd export send-request --at @send --format svg -o send.svg",
      "wd export send-request --if 'fail pin 1 at @share' --for mail",
      "wd export fork-cow --steps @forked..@lost --for commit",
    ],
    options: [
      VIEW,
      { name: "--at", value: "STEP", help: "the step on screen: @send, 17, 17.2, @send.2" },
      { name: "--steps", value: "A..B", help: "from one step to another, which is on screen" },
      {
        name: "--format",
        value: "F",
        words: ["ascii", "svg", "png", "mermaid", "dot", "rst", "trace"],
        help: "ascii, svg, png, mermaid, dot, rst or trace; ascii where not given",
      },
      {
        name: "--profile",
        value: "P",
        words: ["kernel", "site"],
        help: "of svg: kernel stands alone, site uses the page's colours",
      },
      {
        name: "--scale",
        value: "N",
        range: [1, 8],
        help: "of png: pixels for one of the SVG's; 1 where not given",
      },
      { name: "--if", value: "CHANGE", help: "beside it, what would be: 'fail pin 1 at @share'" },
      WIDTH,
      CHARSET,
      FOR,
      { name: "-o", value: "FILE", help: "where to write; - is standard output" },
      { name: "--all", help: "everything, into the folder -o DIR" },
      { name: "--every-step", help: "of --all: unlabelled steps too" },
    ],
    operands: { ...STORY, least: 0 },
    load: () => import("./export.ts"),
  },
  {
    name: "document",
    usage: "[--format rst|patch] [--tree DIR] [--from WHO] [-o DIR]",
    summary: "the reviewed document, rewritten",
    about: [
      "Prints Documentation/warpdrive/warpdrive.rst as it should have been, with its drawings made by the model; or a patch that adds it.",
      "--from gives the author and the sign-off of a patch; without it there is neither. --tree is a kernel tree: its toctree and its MAINTAINERS get their lines in the same patch, each in its place. Without it the patch adds the file alone.",
    ],
    examples: [
      "wd document > warpdrive.rst",
      "wd document --format patch --tree ~/linux --from 'Name <name@host>' -o .",
    ],
    options: [
      {
        name: "--format",
        value: "F",
        words: ["rst", "patch"],
        help: "rst or patch; rst where not given",
      },
      { name: "--tree", value: "DIR", help: "a kernel tree that the patch is for" },
      { name: "--from", value: "WHO", help: "'Name <name@host>': author and sign-off" },
      { name: "-o", value: "DIR", help: "the folder to write to; - is standard output" },
    ],
    operands: NOTHING,
    load: () => import("./document.ts"),
  },
  {
    name: "conformance",
    usage: "[--area A] [--json]",
    summary: "every row of the kernel's rules, run against the model",
    about: [
      "Runs each row of content/conformance.json: its state is built and its call made as a program makes it, and what comes of it is compared with what Linux does. Prints how many pass in each area, then the rows that fail or are out of scope, with the reason. Exit code 1 where a row in scope fails.",
      '--json prints { version: 1, rows }. A row has id, area, outcome ("passed", "failed" or "out-of-scope") and, unless it passed, reason.',
    ],
    examples: ["wd conformance", "wd conformance --area VFIO-SM"],
    options: [
      { name: "--area", value: "A", help: "one area only, such as VFIO-DMA" },
      { name: "--json", help: "as JSON" },
    ],
    operands: NOTHING,
    load: () => import("./conformance.ts"),
  },
  {
    name: "claims",
    usage: "[--json]",
    summary: "what the pages claim, each with the step that proves it",
    about: [
      "Prints a line a claim: the step that proves it, the page, the sentence. Exit code 1 where one does not hold; the errors say which, and what the run says instead.",
      "--json prints { version: 1, claims }. A claim has page, flow, at, text and holds.",
    ],
    examples: ["wd claims | grep EBUSY"],
    options: [{ name: "--json", help: "as JSON" }],
    operands: NOTHING,
    load: () => import("./claims.ts"),
  },
];
