/** The code of Linux and of the user library that a run shows, as its steps name it. */
import { allSteps, type Run } from "../../engine/index.ts";

export interface CodeSource {
  readonly text: string;
  readonly url: string;
}

const LINUX = "https://github.com/torvalds/linux";
const AUTHOR = "https://github.com/Kenneth-Lee/linux-kernel-warpdrive";

const LIBRARY = "https://github.com/Kenneth-Lee/warpdrive";

/**
 * "iommu_map, drivers/iommu/iommu.c v4.18": the functions, the file, a tag, a commit or words. Of the
 * user library: "wd_send, drv/dummy_drv.c, warpdrive 7f7e0c06, after the third RFC".
 */
const SOURCE = /^(?:(.*?), )?([^\s,]+\/[^\s,]+\.[ch])(?:,? (.*))?$/;

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
  const [, commit] = / warpdrive ([0-9a-f]{7,})\b/.exec(file) ?? [];
  if (commit !== undefined) return `${LIBRARY}/blob/${commit}/${path}`;
  if (/^v\d/.test(version)) return `${LINUX}/blob/${version}/${path}`;
  return /^[0-9a-f]{8,}$/.test(version) ? `${AUTHOR}/blob/${version}/${path}` : AUTHOR;
}
