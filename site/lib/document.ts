/** The rewritten document for its pages: the template and what the model says to it. */
import template from "../../content/document/warpdrive.rst?raw";
import {
  type Block,
  DOCUMENT_FILE,
  documentPatch,
  printDocument,
  readTemplate,
} from "../../text/index.ts";
import { runOf } from "./library.ts";

export const documentRun = (flow: string) => runOf(flow, DOCUMENT_FILE);

export const blocks: readonly Block[] = readTemplate(template, DOCUMENT_FILE);

/** The file itself. */
export const rst = printDocument(blocks, documentRun);

/** A patch that adds the file alone, without an author. */
export const patch = documentPatch(rst, []);
