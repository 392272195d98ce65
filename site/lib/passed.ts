/**
 * content/results/mail.json: the texts that were put through git, b4 and checkpatch. The build draws
 * each step of a story anyway; where it draws something that is not on record it stops.
 */
import record from "../../content/results/mail.json" with { type: "json" };
import { ALL_VIEWS, mailKey, mailText, type Passed, viewsOf } from "../../diagrams/index.ts";
import { runOf } from "./library.ts";
import { drawingOf, WIDE } from "./pictures.ts";

type OnRecord = Readonly<Record<string, Passed>>;

/** What is on record of a story. @throws where the record is of other drawings: "npm run results" */
export function passed(name: string, flows: OnRecord = record.flows): Passed {
  const { build, texts } = flows[name] ?? { build: "", texts: "" };
  const known = new Set(texts.split(" "));
  const run = runOf(name, `content/flows/${name}.flow`);
  const order = viewsOf(run);
  const shelf = { order, table: ALL_VIEWS };
  for (const step of run.steps.filter(({ number }) => number !== "0")) {
    const wanted = { at: step.number, view: order[0] ?? "sequence", width: WIDE };
    const drawn = drawingOf(shelf, run, wanted);
    if (typeof drawn === "string") continue;
    const command = `wd show ${name}@${step.label ?? step.number}`;
    const mail = mailText({ picture: drawn.picture, command, for: "mail" });
    if (!mail.ok || known.has(mailKey(mail.text))) continue;
    throw new Error(
      `content/results/mail.json: ${name}, step ${step.number}, is drawn otherwise by now: npm run results`,
    );
  }
  return { build, texts };
}
