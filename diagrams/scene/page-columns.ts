/** Frames as columns of a board: one each, or one for a run of frames that are all alike. */

export interface PageColumn {
  /** The first frame, and how many follow each other from there. */
  readonly pfn: number;
  readonly count: number;
  /** The address that it is behind, the first of them. */
  readonly index: number;
}

/**
 * Folds where there are more than `most`.
 * @param looks what a column would show: frames that look the same may become one
 */
export function foldedColumns(
  pages: readonly PageColumn[],
  most: number,
  looks: (page: PageColumn) => string,
): readonly PageColumn[] {
  if (pages.length <= most) return pages;
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
