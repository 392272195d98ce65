export type { Answer, Attempt } from "./attempt.ts";
export {
  type CallRow,
  COSTS,
  cost,
  DEFECTS,
  DEPTHS,
  type Defect,
  type Depth,
  DMA_WHAT,
  deaf,
  decode,
  ERRNO,
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
export type { Family } from "./family.ts";
export { withAreas } from "./family-areas.ts";
export { withBind } from "./family-bind.ts";
export { withBindMm } from "./family-bind-mm.ts";
export { withDummy } from "./family-dummy.ts";
export { HVF } from "./family-hvf.ts";
export { IOCTL } from "./family-ioctl.ts";
export { MDEV } from "./family-mdev.ts";
export { MEDIATED } from "./family-mediated.ts";
export { withNic } from "./family-nic.ts";
export { withRsa } from "./family-rsa.ts";
export { SDMDEV } from "./family-sdmdev.ts";
export { UACCE } from "./family-uacce.ts";
export { UACCE_V3 } from "./family-uacce-v3.ts";
export { withWd } from "./family-wd.ts";
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
  IOCTLS,
  nearest,
  parseFlow,
  printFlow,
  type Statement,
} from "./flow/index.ts";
export { UACCE_Q, V3_STATE } from "./frameworks/index.ts";
export {
  DUMMY_BD,
  DUMMY_PAGE,
  descOffset,
  type Layout,
  MAILBOX,
  QM,
  QM_ENTRIES,
  QM_WORDS,
  type Register,
  RSA_SQE,
  RSA_WORDS,
  RX_DESC,
  read as readField,
  TX_DESC,
  ZIP_SQE,
  ZIP_WORDS,
} from "./hw/index.ts";
export { bondOf, FAULT, frameIn, levelsFor, STE } from "./iommu/index.ts";
export { copyOf, emptyMachine, fingerprint, hash, type Machine, stepBy } from "./machine.ts";
export {
  ENTRIES,
  ENTRY,
  eachLeaf,
  flagsOf,
  indexOf,
  numberOf,
  PROT,
  readFrame,
  recall,
  spanOf,
  walk,
} from "./mm/index.ts";
export { FAMILIES, OPS, step } from "./ops.ts";
export { type Invariants, playBy, type Run, type RunOptions, type Told } from "./play.ts";
export { playFlow, type ReadResult, type RunResult, readFlow, runFlow } from "./run.ts";
export { DRIVER } from "./task/index.ts";
export {
  allSteps,
  errnoName,
  type Followed,
  findStep,
  followLink,
  type NamedEvent,
  type Step,
  stepLink,
  storyDigest,
} from "./trace/index.ts";
export {
  CHANGE_WORDS,
  type Change,
  type ChangeAt,
  changeWords,
  counterpart,
  idle,
  type Parting,
  parting,
  readChange,
} from "./what-if.ts";
