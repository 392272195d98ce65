/** Drawings as plain text. A part of its own, fetched when first asked for. */
import { mailText } from "../../diagrams/index.ts";
import { findStep, type Run, type Step, stepLink } from "../../engine/index.ts";
import { drawingOf, type Shelf, type View, type Wanted, WIDE } from "../lib/pictures.ts";
import { nameOf, type Use } from "./hand-over.ts";

export { textOf } from "../lib/plain.ts";

interface MailWish extends Wanted {
  readonly use: Use;
  /** What may be quoted above the drawing. */
  readonly question?: string | undefined;
}

/**
 * What Copy for mail gives: the drawing on screen in 72 columns with its title, and where to find
 * it. Where the site has no address of its own (SITE_URL) that is the command that prints it.
 */
export function mailOf(shelf: Shelf, run: Run, { use, question, ...wanted }: MailWish): string {
  const goal = use === "commit" ? "commit" : "mail";
  const drawn = drawingOf(shelf, run, { ...wanted, width: WIDE });
  const step = findStep(run.steps, wanted.at);
  if (typeof drawn === "string" || !step) return `${drawn}\n`;
  const site = document.documentElement.dataset.site;
  const url = site && `${site.replace(/\/+$/, "")}/${stepLink(nameOf(run), run.steps, step)}`;
  const text = mailText({
    picture: drawn.picture,
    url,
    command: commandOf(run, step, {
      ...wanted,
      goal,
      view: drawn.view === shelf.order[0] ? undefined : drawn.view,
    }),
    for: goal,
    quoted: use === "question" ? question : undefined,
  });
  return text.ok ? text.text : `${text.message}\n`;
}

/** What prints the drawing again, in the words of `wd`. */
function commandOf(
  run: Run,
  step: Step,
  {
    view,
    since,
    goal,
  }: { readonly goal: "mail" | "commit"; readonly view: View | undefined } & Pick<Wanted, "since">,
): string {
  const place = (one: Step): string => (one.label === undefined ? one.number : `@${one.label}`);
  const shown = view === undefined ? "" : ` --view ${view}`;
  const from = since === undefined ? undefined : findStep(run.steps, since);
  if (!from && goal === "mail")
    return `wd show ${nameOf(run)}@${step.label ?? step.number}${shown}`;
  const steps = from ? `--steps ${place(from)}..${place(step)}` : `--at ${place(step)}`;
  return `wd export ${nameOf(run)}${shown} ${steps} --for ${goal}`;
}
