/** The ways of somebody who knows C and Linux, and nothing of WarpDrive, through the built site. */

/** What a newcomer asks, which pages he goes through from the first, and words of the answer there. */
export const WAYS: readonly (readonly [
  question: string,
  way: readonly string[],
  answer: RegExp,
])[] = [
  [
    "Why can a virtual function per process not serve 4000 processes?",
    ["questions/why-is-a-vf-too-heavy/"],
    /63 virtual functions.*One function for each of thousands of processes does not work out/,
  ],
  [
    "What is the difference between a mediated device and a queue?",
    ["concepts/", "concepts/mdev/"],
    /A queue is a pair of rings inside the chip/,
  ],
  [
    "What does the device see after a fork and a write?",
    ["flows/fork-cow/"],
    /the parent gets the copy, and moves away from the page that the engine has/,
  ],
  [
    "Who pays for the pinned pages?",
    ["questions/", "questions/who-pays-for-the-pinned-pages/"],
    /the kernel counts them as/,
  ],
  ["Why was the name dropped?", ["questions/why-the-name-spimdev/"], /bus/],
  ["What did mainline take instead?", ["versions/"], /shared virtual addressing/],
  [
    "Which of the original driver's errors never reached its caller?",
    ["questions/", "questions/which-errors-never-reach-the-caller/"],
    /told that all went well/,
  ],
];

/** Clicks on a page until its link is followed: one, and one more where the link is folded away. */
export function clicks(html: string, href: string): number {
  const at = html.search(new RegExp(`<a [^>]*href="${href}["#]`));
  if (at < 0) return Infinity;
  const before = html.slice(0, at);
  const folded =
    before.match(/<details(?![^>]* open)[^>]*>|<details[^>]* open[^>]*>|<\/details>/g) ?? [];
  return folded.at(-1)?.startsWith("<details") && !/ open[ >=]/.test(folded.at(-1) ?? "") ? 2 : 1;
}
