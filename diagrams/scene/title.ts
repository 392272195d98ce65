/** What a drawing is of: the flow's title, on which machine, and what ran before. */

import type { Run } from "../../engine/index.ts";

/**
 * Two sentences at most: "One request to the ZIP engine (spimdev, Linux v4.18, hisi_zip-0), after
 * open-a-queue."
 */
export function titleOf(run: Run): readonly string[] {
  const { header } = run.flow;
  const framework = header.framework === "ioctl" ? "a contrast, not posted code" : header.framework;
  const parts = [
    framework,
    `Linux ${header.kernel}${header.svaRfc ? " with the SVA RFC" : ""}`,
    ...header.devices.map(({ name }) => name),
    ...header.mended.map((defect) => `${defect} mended`),
    ...(header.whatIf ? ["what if"] : []),
  ];
  const given = header.given.length > 0 ? `, after ${header.given.join(" and ")}` : "";
  return [`${header.title} (${parts.join(", ")})${given}.`];
}
