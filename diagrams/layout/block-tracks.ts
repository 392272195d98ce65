/**
 * The lines of a picture of blocks. What leads to one box shares one line: it stands in a track of
 * its own, right of all boxes, and no two lines share a row. So a line only ever crosses another.
 */

import type { Rows } from "./block-rows.ts";
import type { BlockEdge } from "./blocks-scene.ts";

/** Everything that leads to one box. */
export interface Net {
  readonly to: string;
  /** Places of its edges. */
  readonly edges: readonly number[];
  readonly y0: number;
  readonly y1: number;
}

export function netsOf(edges: readonly BlockEdge[], { exits, entries }: Rows): readonly Net[] {
  const drawn = [...edges.entries()].filter(
    ([place, { to }]) => to !== undefined && exits.has(place),
  );
  return [...Map.groupBy(drawn, ([, { to }]) => to ?? "")].flatMap(([to, some]) => {
    const end = entries.get(to);
    if (!end) return [];
    const ys = some.flatMap(([place]) => exits.get(place)?.y ?? []);
    const places = some.map(([place]) => place);
    return [{ to, edges: places, y0: Math.min(end.y, ...ys), y1: Math.max(end.y, ...ys) }];
  });
}

/** Rows between two nets of one track: the corner of one right above that of another looks joined. */
const GAP = 1;

/**
 * A track for each net, the shortest nets next to the boxes.
 * @param most tracks there are
 * @returns by `to`; nets for which there is no track are missing
 */
export function tracksOf(nets: readonly Net[], most: number): ReadonlyMap<string, number> {
  const tracks: Net[][] = [];
  const found = new Map<string, number>();
  const byLength = nets.toSorted((left, right) => left.y1 - left.y0 - (right.y1 - right.y0));
  for (const net of byLength) {
    const isClear = (other: Net) => other.y1 + GAP < net.y0 || net.y1 + GAP < other.y0;
    const free = tracks.findIndex((track) => track.every(isClear));
    const track = free < 0 ? tracks.length : free;
    if (track >= most) continue;
    tracks[track] = [...(tracks[track] ?? []), net];
    found.set(net.to, track);
  }
  return found;
}
