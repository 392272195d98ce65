import { describe, expect, test } from "vitest";
import { type Run, runFlow } from "../../../engine/index.ts";
import { claimsOf, errnosOf, judge, proofAt, stepOf } from "../../../text/index.ts";

const STORY = `title     A story
kernel    v4.18
framework ioctl
iommu     smmu0 kind=smmuv3
device    hisi_zip-0 kind=zip hw=v1 behind=smmu0

# Nothing is written down of this one.
app: buf = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)   @bare
# Nor of this one, but an expectation stands behind it.
app: more = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)   @seen
expect app.locked_vm == 0   @none
# There is no such file.
app: open("/dev/nothing", O_RDWR) = -1 ENOENT   @refused
`;

function run(text = STORY): Run {
  const result = runFlow({ text, file: "x.flow" }, new Map());
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.run;
}

const claim = (at: string, text = "It is so.") => ({ page: "/", flow: "x", at, text });

test("claims stand in a head, as entries, and in a body", () => {
  const head =
    "title: T\nprice:\n  texts:\n    - text: Pages are `pinned`.\n      flow: f\n      at: a\n";
  const body =
    'It <Claim flow="g" at="b">costs\n<Term id="x">time</Term>.</Claim> So.\n\n<Flow name="f" at="a" />';
  const file = `---\n${head}---\n\n${body}\n`;
  expect(claimsOf("content/home.mdx", file)).toEqual([
    { page: "/", flow: "f", at: "a", text: "Pages are pinned." },
    { page: "/", flow: "g", at: "b", text: "costs time." },
  ]);
  expect(claimsOf("content/questions/why-so.mdx", file)[0]?.page).toBe("/questions/why-so/");
  expect(claimsOf("content/concepts/gup.mdx", file)[0]?.page).toBe("/concepts/gup/");
});

describe("a claim", () => {
  test("holds where its place is there and the run is as its story says", () => {
    for (const at of ["bare", "seen", "none", "refused"])
      expect(judge(claim(at), run())).toEqual({ ...claim(at), holds: true });
  });

  test("does not hold where its place is gone", () => {
    expect(judge(claim("nowhere"), run()).why).toBe("x has no @nowhere");
  });

  test("does not hold where the model says something else, and says what", () => {
    const other = run(STORY.replace("ENOENT", "EPERM"));
    expect(judge(claim("refused"), other)).toMatchObject({
      holds: false,
      why: expect.stringMatching(/^x\.flow:\d+ @refused: expected .*EPERM.*, got .*ENOENT/),
    });
    // What rests on another step of that run is not believed either.
    expect(judge(claim("none"), other).holds).toBe(false);
  });

  test("does not hold where it names an errno that its step does not", () => {
    expect(judge(claim("refused", "It is ENOENT."), run()).holds).toBe(true);
    expect(judge(claim("refused", "It is EBUSY."), run()).why).toBe(
      "nothing at x@refused says EBUSY",
    );
  });

  test("is proved by a result that is written down, or by an expectation", () => {
    expect(["bare", "seen", "none", "refused", "nowhere"].map((at) => proofAt(at, run()))).toEqual([
      undefined,
      "expectation",
      "expectation",
      "result",
      undefined,
    ]);
  });
});

test("a claim is seen at its step, or at the one that its expectation stands behind", () => {
  const other = run(STORY.replace("   @seen", "").replace("# Nothing", "## None\n# Nothing"));
  expect([stepOf("bare", run()), stepOf("none", run()), stepOf("none", other)]).toEqual([
    "bare",
    "seen",
    "2",
  ]);
});

test("an errno is one that Linux has", () => {
  expect(errnosOf("-EBUSY, EXAMPLE, ENQCMD and EIO")).toEqual(["EBUSY", "EIO"]);
});
