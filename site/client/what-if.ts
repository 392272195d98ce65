/** What if: one thing otherwise from the step on screen on, and both futures in one drawing. */
import { drawFutures, mailText, type View } from "../../diagrams/index.ts";
import { type Change, changeWords, findStep, type Run, type Step } from "../../engine/index.ts";
import { NARROW, WIDE } from "../lib/pictures.ts";
import { element } from "./elements.ts";
import { nameOf } from "./hand-over.ts";

/** What may be otherwise, in words. */
interface Choice {
  readonly words: string;
  readonly change: Change;
}

// biome-ignore format: one choice a line
const ALWAYS: readonly Choice[] = [
  { words: "the next allocation fails",          change: { kind: "fail", failure: { kind: "allocate", nth: 1 } } },
  { words: "the next pin fails",                 change: { kind: "fail", failure: { kind: "pin", nth: 1 } } },
  { words: "the second pin from here fails",     change: { kind: "fail", failure: { kind: "pin", nth: 2 } } },
  { words: "the next mapping fails",             change: { kind: "fail", failure: { kind: "map", nth: 1 } } },
];
// biome-ignore format: one choice a line
const WITH_IOMMU: readonly Choice[] = [
  { words: "the next invalidation is forgotten", change: { kind: "fail", failure: { kind: "invalidate", nth: 1 } } },
  { words: "the IOTLB remembers nothing",        change: { kind: "iotlb", entries: 0 } },
  { words: "the IOTLB remembers one entry",      change: { kind: "iotlb", entries: 1 } },
];

/** @param defects of the story's framework, as the page prints them: "D13", and what it is */
export function choicesOf(run: Run, defects: string | undefined): readonly Choice[] {
  const known: readonly (readonly [defect: string, what: string])[] = JSON.parse(defects ?? "[]");
  const mended = known.map(([defect, what]): Choice => {
    return { words: `${defect} is mended (${what})`, change: { kind: "mended", defect } };
  });
  return [...ALWAYS, ...(run.machine.iommus.length > 0 ? WITH_IOMMU : []), ...mended];
}

export interface WhatIfWish {
  readonly at: string;
  readonly view: View;
  /** The view that the story begins with. */
  readonly first: View | undefined;
  readonly isWide: boolean;
}

/** Both futures as text, as `wd export --if` prints them; or what is in the way. */
export function futuresOf(run: Run, { change }: Choice, wish: WhatIfWish): string {
  const step = findStep(run.steps, wish.at);
  if (!step) return `no step ${wish.at}`;
  const other = run.otherwise({ change, after: step.before });
  const width = wish.isWide ? WIDE : NARROW;
  for (const view of [wish.view, "sequence"] as const) {
    const drawn = drawFutures(run, other, { view, step, width });
    if (!drawn.ok && drawn.kind === "view") continue;
    if (!drawn.ok) return drawn.message;
    const shown = drawn.view === wish.first ? "" : ` --view ${drawn.view}`;
    const place = placeOf(step);
    const command = `wd export ${nameOf(run)}${shown} --at ${place} --if '${changeWords(change)} at ${place}' --for mail`;
    const text = mailText({ picture: drawn.picture, command, for: "mail" });
    return text.ok ? text.text : text.message;
  }
  return "No view shows both futures of this step.";
}

function placeOf({ label, number }: Step): string {
  return label === undefined ? number : `@${label}`;
}

/**
 * @param chosen which choice; none yet where absent
 * @param choose is called with the choice that a reader makes
 */
export function whatIfBox(
  choices: readonly Choice[],
  {
    step,
    chosen,
    text,
  }: { readonly step: string; readonly chosen?: number; readonly text?: string },
  choose: (choice: string) => void,
): { readonly shown: HTMLElement; readonly parts: readonly HTMLElement[] } {
  const select = element("select", { "aria-label": "What is otherwise" });
  select.append(element("option", { value: "" }, "choose"));
  for (const [at, { words }] of choices.entries()) {
    const option = element("option", { value: String(at) }, words);
    option.selected = at === chosen;
    select.append(option);
  }
  select.addEventListener("change", () => choose(select.value));
  const head = element("p", {}, `What if, from step ${step} on, `, select);
  const shown = element("pre", { tabindex: "0" }, text ?? "");
  if (text === undefined) return { shown: select, parts: [head] };
  head.append(element("button", { type: "button", "data-do": "save-text" }, "Save"));
  return { shown, parts: [head, element("div", { class: "scroll" }, shown)] };
}
