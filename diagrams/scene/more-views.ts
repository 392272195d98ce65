/**
 * The views that a page fetches when a reader chooses one of them. A view is one row: nothing that
 * FIRST_VIEWS needs may come in by this file.
 */

import type { ViewTable } from "./views.ts";

export const MORE_VIEWS: ViewTable = {};
