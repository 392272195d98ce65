import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  allSteps,
  findStep,
  followLink,
  runFlow,
  type Step,
  stepLink,
  storyDigest,
} from "../../../engine/index.ts";

const NAME = "send-request-ioctl";
const TEXT = readFileSync(new URL(`../../../content/flows/${NAME}.flow`, import.meta.url), "utf8");

function steps(text = TEXT): readonly Step[] {
  const result = runFlow({ text, file: `${NAME}.flow` }, new Map());
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.run.steps;
}

/** What a browser makes of an address. */
function parts(link: string) {
  const { search, hash } = new URL(link, "http://host/");
  return { search, address: hash.slice(1) };
}

function follow(link: string, on: readonly Step[]) {
  const followed = followLink(on, parts(link));
  return followed && [followed.step.number, followed.kind];
}

const STEPS = steps();
const at = (address: string): Step => {
  const step = findStep(STEPS, address);
  if (!step) throw new Error(`no ${address}`);
  return step;
};

describe("a link to a step", () => {
  test("leads back to the step that it was made for, at every depth", () => {
    const all = allSteps(STEPS).filter(({ number }) => number !== "0");
    expect(all.length).toBeGreaterThan(20);
    for (const step of all) {
      expect(follow(stepLink(NAME, STEPS, step), STEPS)).toEqual([step.number, "same"]);
    }
  });

  test("has behind # a line that the printed list has, and names the depth", () => {
    expect(stepLink(NAME, STEPS, at("@send"))).toMatch(
      /^flows\/send-request-ioctl\/\?v=1-4-[0-9a-f]{8}#send$/,
    );
    expect(stepLink(NAME, STEPS, at("4.1"))).toMatch(/\/\?detail=calls&v=1-4\.1-\w{8}#send$/);
    expect(stepLink(NAME, STEPS, at("2"))).toMatch(/\/\?v=1-2-\w{8}#2$/);
  });

  test("may be written by hand: a label, a number, what lies inside a label", () => {
    expect(follow("?detail=kernel#send", STEPS)).toEqual(["4", "same"]);
    expect(follow("#send.2", STEPS)).toEqual(["4.2", "same"]);
    expect(follow("#4.5.1", STEPS)).toEqual(["4.5.1", "same"]);
    expect(follow("#", STEPS)).toBeUndefined();
  });

  test("opens at the first step where nothing of it is known", () => {
    expect(follow("#nothing", STEPS)).toEqual(["1", "unknown"]);
    expect(follow("#0", STEPS)).toEqual(["1", "unknown"]);
  });

  test("opens at the nearest step before where the number is gone", () => {
    expect(follow("#99", STEPS)).toEqual(["5", "before"]);
    expect(follow("#2.7", STEPS)).toEqual(["2", "before"]);
    expect(follow("#4.2.9", STEPS)).toEqual(["4.2", "before"]);
  });
});

describe("a link into a story that has changed", () => {
  const more = "app: mmap(NULL, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
  const longer = steps(TEXT.replace("== set-up ==", `== set-up ==\n${more}`));
  const link = stepLink(NAME, STEPS, at("@send"));

  test("opens at the label, and says that it is not the same", () => {
    expect(follow(link, longer)?.[1]).toBe("label");
    expect(followLink(longer, parts(link))?.step.label).toBe("send");
  });

  test("opens at the nearest step before where the label is gone", () => {
    const renamed = steps(TEXT.replaceAll("@send", "@sent"));
    expect(follow(link, renamed)).toEqual(["4", "before"]);
  });

  test("opens at the nearest step before where its form is of another version", () => {
    expect(follow(stepLink(NAME, STEPS, at("2")).replace("v=1-", "v=2-"), STEPS)).toEqual([
      "2",
      "before",
    ]);
  });

  test("is the same link where only a caption was mended", () => {
    const mended = steps(TEXT.replace("# The program opens the device.", "# It opens the device."));
    expect(storyDigest(mended)).toBe(storyDigest(STEPS));
    expect(follow(link, mended)).toEqual(["4", "same"]);
  });
});
