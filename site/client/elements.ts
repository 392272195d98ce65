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

/** A caption's paragraph: `code` in backticks becomes code. */
export function captionNodes(text: string): HTMLParagraphElement {
  const parts = text.split(/`([^`]+)`/);
  return element("p", {}, ...parts.map((p, at) => (at % 2 === 1 ? element("code", {}, p) : p)));
}
