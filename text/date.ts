/** Days as mails say them. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** "2018-08-06" is "Mon, 6 Aug 2018". Where only the month is known, "2018-09" is "Sep 2018". */
export function mailDate(when: string): string {
  const [year, month, day] = when.split("-");
  const name = MONTHS[Number(month) - 1];
  if (day === undefined) return `${name} ${year}`;
  const weekday = DAYS[new Date(`${when}T00:00:00Z`).getUTCDay()];
  return `${weekday}, ${Number(day)} ${name} ${year}`;
}

/** The same where a sentence begins: "On Mon, 6 Aug 2018", "In Sep 2018". */
export function onDate(when: string): string {
  return `${/^\d+-\d+$/.test(when) ? "In" : "On"} ${mailDate(when)}`;
}
