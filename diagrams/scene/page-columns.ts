/** Frames as columns of a board: one each, or one for a run of frames that are all alike. */

export interface PageColumn {
  /** The first frame, and how many follow each other from there. */
  readonly pfn: number;
  readonly count: number;
  /** The address that it is behind, the first of them. */
  readonly index: number;
}

/** Up to this many frames each has a column of its own. */
const COLUMNS_MAX = 4;

/**
 * Folds where there are many.
 * @param looks what a column would show: frames that look the same may become one
 */
export function foldedColumns(
  pages: readonly PageColumn[],
  looks: (page: PageColumn) => string,
): readonly PageColumn[] {
  if (pages.length <= COLUMNS_MAX) return pages;
  const columns: PageColumn[] = [];
  let last = "";
  for (const page of pages) {
    const before = columns.at(-1);
    const look = looks(page);
    const isNext =
      before !== undefined &&
      page.pfn === before.pfn + before.count &&
      page.index === before.index + before.count;
    if (before && isNext && look === last) {
      columns[columns.length - 1] = { ...before, count: before.count + 1 };
    } else columns.push(page);
    last = look;
  }
  return columns;
}
