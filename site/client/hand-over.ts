import type { Run } from "../lib/engine-stub.ts";

/** The address of what is on screen: the step, and the depth where it lies inside one. */
export function stepLink(run: Run, { at }: { readonly at: string }, site: string): string {
  const [, name = ""] = /([\w-]+)\.flow$/.exec(run.flow.file) ?? [];
  const base = document.documentElement.dataset.base ?? "/";
  const depth = at.split(".").length - 1;
  const detail = depth === 0 ? "" : `?detail=${depth === 1 ? "calls" : "kernel"}`;
  const label = run.steps.find(({ number }) => number === at)?.label;
  return new URL(`${base}flows/${name}/${detail}#${label ?? at}`, site).href;
}

/** The same for a mail, where the site has an address of its own (SITE_URL); else nothing. */
export function printedLink(run: Run, now: { readonly at: string }): { readonly link?: string } {
  const site = document.documentElement.dataset.site;
  return site ? { link: stepLink(run, now, site) } : {};
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
