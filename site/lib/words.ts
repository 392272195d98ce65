/** Small words of a page: text that says `code` in backticks. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}

/** Text in two kinds by turns: words, and what stands `in backticks`, which is code. */
export function wordsAndCode(text: string): readonly string[] {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 === 0 ? curled(part) : part));
}

/** Quotation marks and apostrophes as one sets them. Texts are typed in 7 bits. */
export function curled(text: string): string {
  return text
    .replace(/(^|[\s(])"/g, "$1\u201c")
    .replaceAll('"', "\u201d")
    .replace(/(^|[\s(])'/g, "$1\u2018")
    .replaceAll("'", "\u2019");
}

/** Text of a head matter or a caption as HTML. */
export function inline(text: string): string {
  const parts = wordsAndCode(text).map(escapeHtml);
  return parts.map((part, at) => (at % 2 === 0 ? part : `<code>${part}</code>`)).join("");
}

const ALONE =
  /(^|<\/(?:p|ul|ol|figure|pre|blockquote)>)\s*<span data-claim>(.*?)<\/span>(?=\s*(?:<|$))/gs;

/** Makes a paragraph of each claim that stands alone, and takes the marks of the others away. */
export function withParagraphs(html: string): string {
  const whole = html.replace(ALONE, "$1<p>$2</p>");
  return whole.replace(/<span data-claim>(.*?)<\/span>/gs, "$1");
}
