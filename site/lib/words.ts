/** Small words of a page: dates, and text that says `code` in backticks. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** As a mail says it: "Mon, 6 Aug 2018". */
export function mailDate(date: Date): string {
  const day = DAYS[date.getUTCDay()];
  return `${day}, ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}

/** Text of a head matter as HTML: `code` in backticks becomes code, all else stays text. */
export function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

const ALONE =
  /(^|<\/(?:p|ul|ol|figure|pre|blockquote)>)\s*<span data-claim>(.*?)<\/span>(?=\s*(?:<|$))/gs;

/** Makes a paragraph of each claim that stands alone, and takes the marks of the others away. */
export function withParagraphs(html: string): string {
  const whole = html.replace(ALONE, "$1<p>$2</p>");
  return whole.replace(/<span data-claim>(.*?)<\/span>/gs, "$1");
}
