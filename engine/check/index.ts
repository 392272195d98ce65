export type { CheckMachine, Engine } from "./bench/index.ts";
export {
  NOT_YET,
  OUT_OF_SCOPE,
  type Row,
  type RowOutcome,
  readRows,
  runRows,
} from "./conformance/index.ts";
export { EXCEPTIONS, type Exception } from "./exceptions.ts";
export { INVARIANTS, type Invariant, type InvariantName } from "./invariants.ts";
