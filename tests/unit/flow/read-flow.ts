import { type Flow, formatError, parseFlow } from "../../../engine/flow/index.ts";

/** A header under which any line of a story may stand. */
export const HEADER = `title      T
kernel     v4.18
framework  spimdev
iommu      smmu0 kind=smmuv3
device     hisi_zip-0 kind=zip behind=smmu0
device     dummy_wd.0 kind=dummy
`;

/** What was read; what was not readable is thrown, with its errors. */
export function flowOf(text: string): Flow {
  const parsed = parseFlow(text, "f");
  if (!parsed.ok) throw new Error(parsed.errors.map(formatError).join("\n"));
  return parsed.flow;
}
