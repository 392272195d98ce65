import { wordsAndCode } from "../lib/words.ts";

/** Makes an element. Text goes in as text, never as markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A caption's paragraph, as the page prints it. */
export function captionNodes(text: string): HTMLParagraphElement {
  const parts = wordsAndCode(text);
  return element("p", {}, ...parts.map((p, at) => (at % 2 === 1 ? element("code", {}, p) : p)));
}
