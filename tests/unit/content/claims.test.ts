import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Run, runFlow } from "../../../engine/index.ts";
import { type Claim, claimsOf, errnosOf, judge, proofAt } from "../../../text/index.ts";
import { flowNames, flowTexts } from "../../../wd/content.ts";
import { PAGES, paragraphs, proseOf, sentences, withoutTags } from "./pages.ts";

const CLAIMS: readonly Claim[] = PAGES.flatMap(({ path }) => {
  const file = new URL(`../../../content/${path}`, import.meta.url);
  return claimsOf(`content/${path}`, readFileSync(file, "utf8"));
});

const library = flowTexts();
const RUNS = new Map<string, Run>();

function runOf(name: string): Run {
  const made = RUNS.get(name);
  if (made) return made;
  const result = runFlow({ text: library.get(name) ?? "", file: `${name}.flow` }, library);
  if (!result.ok) throw new Error(`no story ${name}`);
  RUNS.set(name, result.run);
  return result.run;
}

describe("what the pages claim", () => {
  test("is at least eighty sentences", () => {
    expect(CLAIMS.length).toBeGreaterThanOrEqual(80);
    for (const { flow } of CLAIMS) expect(flowNames()).toContain(flow);
  });

  test("holds", () => {
    expect(
      CLAIMS.map((claim) => judge(claim, runOf(claim.flow))).filter((one) => !one.holds),
    ).toEqual([]);
  });

  test("rests on a result that is written down, or on an expectation", () => {
    const bare = CLAIMS.filter(({ at, flow }) => proofAt(at, runOf(flow)) === undefined);
    expect(bare.map(({ page, flow, at }) => `${page}: ${flow}@${at}`)).toEqual([]);
  });

  test("is said in whole sentences, each page saying one once", () => {
    const broken = CLAIMS.filter(({ text }) => !/^(?:[A-Z0-9"]|fork\(\)).*[.]$/.test(text));
    expect(broken.map(({ page, text }) => `${page}: ${text}`)).toEqual([]);
    const all = CLAIMS.map(({ page, text }) => `${page} ${text}`);
    expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([]);
  });
});

/**
 * Sentences with numbers that no run of the model can prove: facts about chips and documents. The page
 * of each names their source.
 */
const SOURCED: readonly string[] = [
  "The HiSilicon chip offers 63 virtual functions.",
  "Its queues, 1024 in the second version and 4096 in the first, are shared among all functions.",
  "The HiSilicon chip has 1024 queues in its second version and 4096 in its first.",
  "It has 4096 queues in the first version and 1024 in the second, for all functions of the device.",
  "From then on it fetches requests of 128 bytes when the doorbell rings, and writes completions of 16 bytes.",
  "The ring of the compression engine keeps count in another way and uses all its 1024 slots.",
  "The device writes 1 in the first round of the ring, 0 in the next, and so on.",
  "PASID is the process address space identifier, a number of up to 20 bits that a device sends with each access.",
  "It writes 64 bytes to a device at once.",
  "Its chip is called HIP08, and 1620 is the product number in the source.",
  "With the patches for shared virtual addressing (SVA) it was tested on this board, under the tag warpdrive-sva-v0.5.",
  "Its own sample needs 250 pages, and the usual limit in 2018 was 16.",
  "locking hidden in macros, a folder of attributes of its own, no file in Documentation/ABI, a bare -1 as an error, functions that do nothing.",
];
/** Numbers that are names or days: type1, v5, D06, [4], 2018, Linux 4.18, 6 August. */
const NAMES =
  /\b[a-z_]+\d+\w*\b|\b[vD]\d[\w.-]*|\[\d\]|\b(?:19|20)\d\d\b|\/\S+|`[^`]*`|\b(?:Linux|release|kernels?|version) \d[\d.]*\d?|\b\d{1,2}(?: to \d{1,2})? (?:January|February|March|April|May|June|July|August|September|October|November|December)/g;

const hasNumber = (text: string) => /\d/.test(text.replace(NAMES, ""));

describe("a sentence with an errno, a number of the model, always, never or cannot", () => {
  const BOLD = /\b(always|never|cannot|can't)\b/;
  const isBold = (text: string) => BOLD.test(text) || errnosOf(text).length > 0;
  const unclaimed = (text: string) => text.replace(/<Claim\b[^>]*>.*?<\/Claim>/gs, "");

  test.each(PAGES.map((page) => [page.path, page] as const))("of %s is a claim", (_, page) => {
    const loose = sentences(unclaimed(paragraphs(page.body).join(" "))).map(withoutTags);
    const numbers = loose.filter((text) => hasNumber(text) && !SOURCED.includes(text));
    expect([...loose.filter(isBold), ...numbers]).toEqual([]);
    // In a head there are no claims, but entries with `flow`, `at` and `text`.
    const claimed = CLAIMS.map(({ text }) => text);
    const head = proseOf(page.head, page.path).filter(([, text]) => !claimed.includes(text));
    expect(head.flatMap(([, text]) => sentences(text)).filter(isBold)).toEqual([]);
  });

  test("is found", () => {
    expect(hasNumber("The ring takes 15 requests.")).toBe(true);
    const all = PAGES.flatMap(({ body }) => sentences(unclaimed(paragraphs(body).join(" "))));
    const said = all.map(withoutTags);
    expect(SOURCED.filter((text) => !said.includes(text))).toEqual([]); // the list only shrinks
    expect(hasNumber("In 2018 type1 was v5 of D06, see [4].")).toBe(false);
    expect(isBold("It is refused with -EBUSY.")).toBe(true);
    expect(unclaimed('A <Claim flow="f" at="x">never</Claim> b')).toBe("A  b");
  });
});
