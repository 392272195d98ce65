/** The search: Pagefind's index behind a small dialog of our own, fetched when first opened. */

import { element } from "./elements.ts";

interface Found {
  readonly url: string;
  readonly excerpt: string;
  readonly meta: { readonly title?: string };
}

interface Pagefind {
  options(options: { baseUrl: string; excerptLength: number }): Promise<void>;
  init(): Promise<void>;
  debouncedSearch(
    words: string,
  ): Promise<{ readonly results: readonly { data(): Promise<Found> }[] } | null>;
}

const SHOWN_MAX = 8;

let dialog: HTMLDialogElement | undefined;

/** An excerpt marks its hits with <mark>; everything else in it is text. */
function marked(excerpt: string): Node[] {
  const parsed = new DOMParser().parseFromString(excerpt, "text/html");
  return [...parsed.body.childNodes].map((node) =>
    node instanceof HTMLElement
      ? element("mark", {}, node.textContent)
      : document.createTextNode(node.textContent ?? ""),
  );
}

function entry(found: Found): HTMLLIElement {
  const link = element("a", { href: found.url }, found.meta.title ?? found.url);
  return element("li", {}, link, element("p", {}, ...marked(found.excerpt)));
}

async function load(): Promise<Pagefind> {
  const base = document.documentElement.dataset.base ?? "/";
  const file = `${base}pagefind/pagefind.js`;
  const pagefind = (await import(/* @vite-ignore */ file)) as Pagefind;
  await pagefind.options({ baseUrl: base, excerptLength: 20 });
  await pagefind.init();
  return pagefind;
}

function build(): HTMLDialogElement {
  const input = element("input", { type: "search", id: "search-words", autocomplete: "off" });
  const said = element("p", { role: "status" });
  const list = element("ol");
  const close = element("button", { type: "button" }, "Close");
  const row = element("div", { class: "search-row" }, input, close);
  const label = element("label", { for: "search-words" }, "Search");
  const made = element("dialog", { class: "search", "aria-label": "Search" });
  made.append(label, row, said, list);
  close.addEventListener("click", () => made.close());

  let pagefind: Promise<Pagefind> | undefined;
  input.addEventListener("input", async () => {
    pagefind ??= load();
    try {
      const words = input.value.trim();
      const answer = await (await pagefind).debouncedSearch(words);
      if (!answer || words !== input.value.trim()) return;
      const results = answer.results.slice(0, SHOWN_MAX);
      const entries = (await Promise.all(results.map((result) => result.data()))).map(entry);
      list.replaceChildren(...entries);
      const count = answer.results.length;
      said.textContent = words === "" ? "" : `${count} page${count === 1 ? "" : "s"}`;
    } catch {
      pagefind = undefined;
      said.textContent = "The search index could not be loaded.";
    }
  });
  return made;
}

export async function openSearch(): Promise<void> {
  if (!dialog) {
    dialog = build();
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input")?.select();
}
