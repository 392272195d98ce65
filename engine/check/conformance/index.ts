export { type Actual, compare, outcome, type Prose, passedOn, prose, said } from "./compare.ts";
export { type Area, type Executor, type Lab, lab } from "./lab.ts";
export { type Row, readRows, type Then } from "./rows.ts";
export { NOT_YET, type RowOutcome, runRow, runRows } from "./run.ts";
export { OUT_OF_SCOPE, type Scope, scopeOf } from "./scope.ts";
