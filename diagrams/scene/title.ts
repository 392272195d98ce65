/** What a drawing is of: the flow's title, on which machine, and what ran before. */

import { changeWords, type Run } from "../../engine/index.ts";

type Header = Run["flow"]["header"];

/** "One request to the ZIP engine (spimdev, Linux v4.18, hisi_zip-0), after open-a-queue." */
export function titleOf({ flow: { header }, whatIf }: Run): readonly string[] {
  const framework = /^(ioctl|mdev)$/.test(header.framework)
    ? "a contrast, not posted code"
    : header.framework;
  const parts = [
    framework,
    `Linux ${header.kernel}${header.svaRfc ? " with the SVA RFC" : ""}`,
    ...deviceWords(header),
    ...header.mended.map((defect) => `${defect} mended`),
    ...header.fail.map(({ kind, nth }) => `fail ${kind} ${nth}`),
    ...(header.whatIf ? ["what if"] : []),
    ...(whatIf ? [`what if ${changeWords(whatIf.change)}`] : []),
  ];
  const given = header.given.length > 0 ? `, after ${header.given.join(" and ")}` : "";
  return [`${header.title} (${parts.join(", ")})${given}.`];
}

/** "hisi_zip-0", "dummy_wd.0 without IOMMU" */
function deviceWords({ devices, iommus }: Header): readonly string[] {
  return devices.map(({ name, behind }) => {
    const isShielded = iommus.some((line) => line.name === behind && line.iommu !== "none");
    return isShielded ? name : `${name} without IOMMU`;
  });
}
