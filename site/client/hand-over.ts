import { mailText } from "../../diagrams/index.ts";
import { findStep, type Run, type Step, stepLink } from "../../engine/index.ts";
import { viewsOf, type Wanted, wholeOf } from "../lib/pictures.ts";

/** What prints the drawing again, in the words of `wd`. */
function commandOf(
  run: Run,
  step: Step,
  { view, since, goal }: Wanted & { readonly goal: "mail" | "commit" },
): string {
  const place = (one: Step): string => (one.label === undefined ? one.number : `@${one.label}`);
  const shown = view === viewsOf(run)[0] ? "" : ` --view ${view}`;
  const from = since === undefined ? undefined : findStep(run.steps, since);
  if (!from && goal === "mail")
    return `wd show ${nameOf(run)}@${step.label ?? step.number}${shown}`;
  const steps = from ? `--steps ${place(from)}..${place(step)}` : `--at ${place(step)}`;
  return `wd export ${nameOf(run)}${shown} ${steps} --for ${goal}`;
}

/** The name of a run's flow, as pages and links say it. */
export function nameOf(run: Run): string {
  return /([\w-]+)\.flow$/.exec(run.flow.file)?.[1] ?? "";
}

/** The address of a step on the site as it is served. */
export function linkOf(run: Run, step: Step): string {
  const base = document.documentElement.dataset.base ?? "/";
  return new URL(base + stepLink(nameOf(run), run.steps, step), location.origin).href;
}

/** The part of a page's address that says which step is on screen. */
export function addressOf({ depth, label, number }: Step): string {
  return `${depth === "story" ? location.pathname : `?detail=${depth}`}#${label ?? number}`;
}

export type Use = "mail" | "commit" | "question";

/** For what a drawing is copied, in words. */
export const USES: Readonly<Record<Use, string>> = {
  mail: "For a mail",
  question: "With the question quoted",
  commit: "For a commit message",
};

interface MailWish extends Wanted {
  readonly use: Use;
  /** What may be quoted above the drawing. */
  readonly question?: string | undefined;
}

/**
 * What Copy for mail gives: the drawing on screen in 72 columns with its title, and where to find
 * it. Where the site has no address of its own (SITE_URL) that is the command that prints it.
 */
export function mailOf(run: Run, { use, question, ...wanted }: MailWish): string {
  const goal = use === "commit" ? "commit" : "mail";
  const drawn = wholeOf(run, wanted);
  const step = findStep(run.steps, wanted.at);
  if (typeof drawn === "string" || !step) return `${drawn}\n`;
  const site = document.documentElement.dataset.site;
  const url = site && `${site.replace(/\/+$/, "")}/${stepLink(nameOf(run), run.steps, step)}`;
  const text = mailText({
    picture: drawn.picture,
    url,
    command: commandOf(run, step, { ...wanted, goal, view: drawn.view }),
    for: goal,
    quoted: use === "question" ? question : undefined,
  });
  return text.ok ? text.text : `${text.message}\n`;
}

/**
 * Puts text, and only text, on the clipboard. Where that is not allowed the text is selected instead.
 * @returns what to tell the reader
 */
export async function toClipboard(text: string, shown: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    const lines = text.trimEnd().split("\n").length;
    return lines === 1 ? "Copied." : `Copied: ${lines} lines of plain text.`;
  } catch {
    getSelection()?.selectAllChildren(shown);
    shown.focus();
    return "No clipboard here. The text is selected: copy it with Ctrl+C.";
  }
}
