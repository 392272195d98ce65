/** The build stops where content/results/mail.json is of other drawings. */

import { expect, test } from "vitest";
import results from "../../../content/results/mail.json" with { type: "json" };
import { passed } from "../../../site/lib/passed.ts";

const NAME = "send-request";
const own = results.flows[NAME];

test("what is on record of a story goes to its page", () => {
  expect(passed(NAME)).toEqual(own);
});

test("a story that is not on record stops the build, and so does one step of it", () => {
  const stale = /mail\.json: send-request, step \d+, is drawn otherwise by now: npm run results/;
  expect(() => passed(NAME, {})).toThrow(stale);
  const keys = own.texts.split(" ");
  const without = (key: string) => ({
    [NAME]: { ...own, texts: keys.filter((other) => other !== key).join(" ") },
  });
  const stops = keys.filter((key) => {
    try {
      passed(NAME, without(key));
      return false;
    } catch {
      return true;
    }
  });
  expect(stops).toHaveLength(10); // its ladder has ten steps; other views are the tests' to draw
});
