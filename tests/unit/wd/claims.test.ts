import { describe, expect, test } from "vitest";
import { wd } from "./shell.ts";

describe("claims", () => {
  test("prints a line a claim, and how many hold", async () => {
    const said = await wd(["claims"]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    const lines = said.out.trimEnd().split("\n");
    const [, count, held] = /^(\d+) claims, (\d+) hold$/.exec(lines.at(-1) ?? "") ?? [];
    expect(Number(count)).toBe(lines.length - 1);
    expect(held).toBe(count);
    expect(lines).toContain(
      "ring-full@full  /concepts/ring/  The 16th request is refused with -EBUSY.",
    );
  });

  test("--json has them with their page, their step and whether they hold", async () => {
    const said = await wd(["claims", "--json"]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    const { version, claims } = JSON.parse(said.out);
    expect(version).toBe(1);
    expect(claims.length).toBeGreaterThanOrEqual(80);
    for (const one of claims)
      expect(one).toEqual({
        page: expect.stringMatching(/^\/([\w-]+\/)*$/),
        flow: expect.stringMatching(/^[\w-]+$/),
        at: expect.stringMatching(/^[\w-]+$/),
        text: expect.stringMatching(/\w/),
        holds: true,
      });
  });
});
