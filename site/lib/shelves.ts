/** The stories in the order in which one would read them, and what the model leaves out of each. */
import leftOut from "../../content/leaves-out.json";
import rows from "../../content/stories.json";
import type { Flow } from "../../engine/index.ts";
import { LIBRARY } from "./library.ts";

export interface Shelf {
  readonly heading: string;
  readonly note?: string;
  readonly stories: readonly {
    readonly flow: string;
    /** What one sees in it. */
    readonly text?: string;
  }[];
}

/** Every story once; those that nobody has placed yet stand last. */
export function shelves(): readonly Shelf[] {
  const known: readonly Shelf[] = rows;
  const placed = known.flatMap(({ stories }) => stories.map(({ flow }) => flow));
  const others = [...LIBRARY.keys()].filter((name) => !placed.includes(name));
  const more = { heading: "More", stories: others.map((flow) => ({ flow })) };
  return others.length > 0 ? [...known, more] : known;
}

/** A row holds for a story whose header says all that `when` says. */
interface LeftOut {
  readonly when: {
    readonly device?: string;
    readonly iommu?: string;
    readonly framework?: string;
  };
  readonly text: string;
}

export function leftOutOf({ header }: Flow): readonly string[] {
  const said = {
    device: header.devices.map(({ device }) => device as string),
    iommu: header.iommus.map(({ iommu }) => iommu as string),
    framework: [header.framework as string],
  };
  const table: readonly LeftOut[] = leftOut;
  const holds = ({ when }: LeftOut): boolean =>
    (["device", "iommu", "framework"] as const).every((what) => {
      const wanted = when[what];
      return wanted === undefined || said[what].includes(wanted);
    });
  return table.filter(holds).map(({ text }) => text);
}
