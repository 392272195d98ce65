import { type Run, type Step, stepLink } from "../../engine/index.ts";

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
    return "No clipboard here. The text is selected: copy it with Ctrl+C, or save it.";
  }
}
