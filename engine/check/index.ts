export type { CheckMachine, Engine } from "./bench/index.ts";
export {
  NOT_YET,
  OUT_OF_SCOPE,
  type Row,
  type RowOutcome,
  readRows,
  runRows,
} from "./conformance/index.ts";
