/** The texts of content/ as plain text: for a terminal, a mail, and the twin of a page. */

export {
  type Claim,
  claimsOf,
  errnosOf,
  type Judged,
  judge,
  type Proof,
  proofAt,
  stepOf,
} from "./claims.ts";
export { mailDate, onDate } from "./date.ts";
export {
  DOCUMENT_FILE,
  DOCUMENT_PATH,
  documentClaims,
  documentPatch,
  type ErrorLine,
  errorsOf,
  figureOf,
  printDocument,
} from "./document.ts";
export { type Change, patchOf } from "./document-patch.ts";
export { type Insertion, maintainersPlace, toctreePlace } from "./document-place.ts";
export {
  type Block,
  type Body,
  type ErrorRow,
  type Place,
  readTemplate,
} from "./document-template.ts";
export { drawingOf, type RunOf } from "./drawing.ts";
export { fill, quotation, WIDTH } from "./fill.ts";
export { type Found, find } from "./find.ts";
export { printHtml } from "./html.ts";
export { type Concept, type Page, type Question, readPage, type Slice } from "./page.ts";
export { type PrintOptions, printPage, printTerm } from "./print.ts";
export { fillReply } from "./reply.ts";
export { bytesOf, wordOf } from "./tables.ts";
export { isShort, isSpelledIn, readTerms, shortTermsIn, spelledOut, type Term } from "./term.ts";
