/**
 * Diagrams that Mermaid drew at build time (npm run diagrams). The page's Content-Security-Policy
 * allows no style in the markup: the style element becomes a file, style attributes become
 * presentation attributes.
 */
const FILES: Readonly<Record<string, string>> = import.meta.glob("../mermaid/*.svg", {
  query: "?raw",
  import: "default",
  eager: true,
});

const STYLE = /<style>(.*?)<\/style>/s;

export function diagramNames(): readonly string[] {
  return Object.keys(FILES).map((path) => path.replace(/^.*\/(.*)\.svg$/, "$1"));
}

function source(name: string): string {
  const svg = FILES[`../mermaid/${name}.svg`];
  if (svg === undefined)
    throw new Error(`site/mermaid has no ${name}.svg; it has ${diagramNames().join(" ")}`);
  return svg;
}

/** Its rules, for a file of their own. Nothing of it moves. */
export function diagramStyle(name: string): string {
  const css = STYLE.exec(source(name))?.[1] ?? "";
  return css.replace(/@keyframes [\w-]+\{(?:[^{}]|\{[^{}]*\})*\}/g, "");
}

export function diagramMarkup(name: string): string {
  return source(name)
    .replace(STYLE, "")
    .replace(/ style="([^"]*)"/g, (_, css: string) => attributes(css));
}

/** "stroke-width: 1; fill: none" -> ` stroke-width="1" fill="none"`; what SVG has no attribute for goes. */
function attributes(css: string): string {
  const rules = css.split(";").map((rule) => rule.split(":").map((part) => part.trim()));
  return rules
    .filter(([name = "", value]) => /^(fill|stroke|opacity|font)/.test(name) && value)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join("");
}
