/** The reviewed document as it should have been: as reST, and as a patch. */

export { type Change, patchOf } from "./patch.ts";
export { type Insertion, maintainersPlace, toctreePlace } from "./place.ts";
export {
  DOCUMENT_FILE,
  DOCUMENT_PATH,
  documentClaims,
  documentPatch,
  type ErrorLine,
  errorsOf,
  figureOf,
  printDocument,
} from "./print.ts";
export { type Block, type Body, type ErrorRow, type Place, readTemplate } from "./template.ts";
