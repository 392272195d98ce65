export {
  type CallRow,
  COSTS,
  DEPTHS,
  type Depth,
  DMA_WHAT,
  deaf,
  decode,
  enabled,
  encode,
  events,
  hex,
  KERNELS,
  type Kernel,
  KIND_NAMES,
  type Kind,
  PAGE,
  record,
  textDigest,
} from "./core/index.ts";
export {
  evaluate,
  type FailedExpectation,
  type Flow,
  type FlowError,
  FRAMEWORKS,
  type Framework,
  formatComparison,
  formatError,
  formatExpression,
  formatOutcome,
  formatValue,
  nearest,
  parseFlow,
  printFlow,
  type Statement,
} from "./flow/index.ts";
export { DUMMY_PAGE, read as readField } from "./hw/index.ts";
export { frameIn } from "./iommu/index.ts";
export {
  copyOf,
  emptyMachine,
  fingerprint,
  hash,
  type Machine,
  OPS,
  step,
  stepBy,
} from "./machine.ts";
export { ENTRY, eachLeaf, flagsOf, readFrame, recall, walk } from "./mm/index.ts";
export {
  type Invariants,
  type Run,
  type RunOptions,
  type RunResult,
  replay,
  runFlow,
} from "./run.ts";
export {
  allSteps,
  type Followed,
  findStep,
  followLink,
  type NamedEvent,
  type Step,
  stepLink,
  storyDigest,
} from "./trace/index.ts";
