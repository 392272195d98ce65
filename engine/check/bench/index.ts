export { Bench, type BenchOptions, type Seen } from "./bench.ts";
export {
  addMdev,
  addMtty,
  addOtherIommu,
  addPci,
  type Held,
  join,
  MTTY_HOME,
  MTTY_TYPES,
  type Offered,
  openAll,
  setUp,
  uuidOf,
  withBareVendor,
  withPci,
  withVendor,
  writeCreate,
} from "./devices.ts";
export type { CheckMachine, Engine } from "./engine.ts";
export { type Got, Process } from "./process.ts";
