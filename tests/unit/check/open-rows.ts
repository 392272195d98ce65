/** Rows that nobody modelled yet. The list only shrinks. */
export const OPEN_ROWS: readonly string[] = [];
