/**
 * Spelling, by two lists: the domain's words, content/words.txt, and the ordinary English that the texts
 * use, english.txt beside this file. A word in neither is a slip, or new: UPDATE_WORDS=1 writes it into
 * english.txt, and the change is read like any other.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const ENGLISH = new URL("english.txt", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const lines = (text: string) => text.split("\n").filter((line) => line !== "" && line[0] !== "#");

const files = (folder: string, ending: string) =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}${name}`);

const TEXTS: readonly string[] = [
  "content/home.mdx",
  "content/reply.txt",
  "content/terms.json",
  "content/groups.json",
  "content/stories.json",
  "content/leaves-out.json",
  ...files("content/questions/", ".mdx"),
  ...files("content/concepts/", ".mdx"),
  ...files("content/flows/", ".flow"),
];

/** Of a flow the captions, of a mail what is ours, of the others all but names and addresses. */
function prose(path: string): string {
  const text = read(path);
  if (path.endsWith(".flow")) return text.match(/^(?:# .*|title .*|== .*)$/gm)?.join("\n") ?? "";
  if (path.endsWith(".txt")) return text.replace(/^>.*$|^\{\{.*$/gm, "");
  if (path.endsWith(".json"))
    return [...text.matchAll(/"(?:meaning|long|text|note|heading|label)": "((?:[^"\\]|\\.)*)"/g)]
      .map(([, said]) => said)
      .join("\n");
  const [, head = "", body = ""] = /^---\n(.*?\n)---\n(.*)$/s.exec(text) ?? [];
  const own = head.replace(
    /^ *(?:url|list|who|name|at|from|view|terms|topics|thread|id|flow): .*$/gm,
    "",
  );
  const isQuoted = /^quoted: true$/m.test(head);
  return `${isQuoted ? own.replace(/^title: .*$/m, "") : own}\n${body.replace(/<[^>]*>/g, " ")}`;
}

/** What is no word: code, paths, calls, addresses, file names, numbers. */
const CODE =
  /`[^`]*`|https?:\/\/\S+|\S*[_/@][^\s]*|\b\w+\(\)|\b\w+\.(?:c|h|rst|txt|svg|ts)\b|\S*\d\S*|\b[\w-]+-\d\S*/g;

function wordsOf(text: string): readonly string[] {
  const plain = text.replace(/\\"/g, '"').replace(CODE, " ");
  return plain.match(/[A-Za-z]+(?:'[a-z]+)?/g) ?? [];
}

/** The forms that a word may be one of. */
function stems(word: string): readonly string[] {
  const bare = word.replace(/'s?$/, "");
  const cut = (ending: RegExp, by: string) => (ending.test(bare) ? [bare.replace(ending, by)] : []);
  return [
    bare,
    ...cut(/s$/, ""),
    ...cut(/es$/, ""),
    ...cut(/ies$/, "y"),
    ...cut(/d$/, ""),
    ...cut(/ed$/, ""),
    ...cut(/ied$/, "y"),
    ...cut(/ing$/, ""),
    ...cut(/ing$/, "e"),
    ...cut(/ly$/, ""),
  ];
}

const DOMAIN = new Set(lines(read("content/words.txt")).map((word) => word.toLowerCase()));
const KNOWN = new Set([...DOMAIN, ...lines(readFileSync(ENGLISH, "utf8"))]);

/** Capitals alone are abbreviations: another test wants each of them spelled out. */
const isKnown = (word: string) =>
  /^[A-Z]{2,}s?$/.test(word) ||
  word.length === 1 ||
  stems(word.toLowerCase()).some((stem) => KNOWN.has(stem));

function unknown(path: string): readonly string[] {
  return [...new Set(wordsOf(prose(path)).filter((word) => !isKnown(word)))];
}

if (process.env.UPDATE_WORDS) {
  const fresh = TEXTS.flatMap(unknown).map((word) => word.toLowerCase().replace(/'s?$/, ""));
  const all = [...new Set([...lines(readFileSync(ENGLISH, "utf8")), ...fresh])].sort();
  writeFileSync(ENGLISH, `${all.join("\n")}\n`);
  for (const word of fresh) KNOWN.add(word);
}

describe("the texts are spelled as one spells", () => {
  test.each(TEXTS)("%s", (path) => {
    expect(unknown(path)).toEqual([]);
  });

  test("and a slip is seen", () => {
    const slips = wordsOf(
      "Teh kernal pins pages, `mmpa` in mm/gpu.c; recieve IOMMU's tables",
    ).filter((word) => !isKnown(word));
    expect(slips).toEqual(["Teh", "kernal", "recieve"]);
  });

  test("no list has a word twice, or one that the other has", () => {
    const english = lines(readFileSync(ENGLISH, "utf8"));
    expect(english).toEqual([...new Set(english)].sort());
    expect(english.filter((word) => DOMAIN.has(word))).toEqual([]);
  });
});
