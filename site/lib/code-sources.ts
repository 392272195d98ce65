/** The code of Linux and of the user library that a run shows, as its steps name it. */
import { allSteps, type Run } from "../../engine/index.ts";

export interface CodeSource {
  readonly text: string;
  readonly url: string;
}

const LINUX = "https://github.com/torvalds/linux";
const AUTHOR = "https://github.com/Kenneth-Lee/linux-kernel-warpdrive";

/** "iommu_map, drivers/iommu/iommu.c v4.18": the functions, the file, a tag, a commit or words. */
const SOURCE = /^(?:(.*), )?(\S+\/\S+\.[ch])(?: (.*))?$/;

/** A row for each file, in the order in which the run comes to them. */
export function codeSourcesOf(run: Run): readonly CodeSource[] {
  const files = new Map<string, Set<string>>();
  for (const { source } of allSteps(run.steps)) {
    if (!source) continue;
    const [, functions, path, version = ""] = SOURCE.exec(source) ?? [];
    if (path === undefined)
      throw new Error(`${run.flow.file}: a source that names no file: ${source}`);
    const file = `${path} ${version}`.trim();
    const known = files.get(file) ?? new Set();
    for (const name of functions?.split(", ") ?? []) known.add(name);
    files.set(file, known);
  }
  return [...files].map(([file, functions]) => {
    const named = functions.size > 0 ? `: ${[...functions].join(", ")}` : "";
    return { text: `${file}${named}`, url: addressOf(file) };
  });
}

function addressOf(file: string): string {
  const [path, version = ""] = file.split(" ");
  if (/^v\d/.test(version)) return `${LINUX}/blob/${version}/${path}`;
  return /^[0-9a-f]{8,}$/.test(version) ? `${AUTHOR}/blob/${version}/${path}` : AUTHOR;
}
