export {
  ADDRESS_END,
  type Brand,
  Bytes,
  hex,
  Iova,
  int32,
  PAGE,
  Pfn,
  pageOf,
  roundUp,
  U64_END,
  Vaddr,
  word,
  word32,
} from "./address.ts";
export {
  ACTION,
  type Actor,
  AGENDA_MAX,
  type Agenda,
  agenda,
  dropActor,
  enabled,
  type Opcode,
  plan,
  type Rows,
  reserve,
  take,
} from "./agenda.ts";
export { assert, record } from "./assert.ts";
export {
  type CallKind,
  type CallResult,
  type CallRow,
  closeCall,
  openCall,
  type Value,
  type Why,
} from "./call.ts";
export { clone } from "./clone.ts";
export { decode, encode } from "./codec.ts";
export { COSTS, type Cost, type CostClass, type CostName, cost, owe } from "./costs.ts";
export { absentIn, DEFECTS, type Defect, type DefectHome, type DefectName } from "./defect.ts";
export {
  type Bug,
  bug,
  type Check,
  ERRNO,
  type ErrnoName,
  firstRefusal,
  OK,
  type Ok,
  ok,
  type Refusal,
  type Result,
  refuse,
  replace,
  ZERO,
} from "./errno.ts";
export {
  append,
  type Columns,
  deaf,
  type Events,
  emit,
  events,
  KIND_NAMES,
  type News,
} from "./event.ts";
export {
  DEPTHS,
  type Depth,
  DMA_WHAT,
  type EventArgs,
  KINDS,
  type Kind,
  WARN,
} from "./event-kind.ts";
export { FAIL_KINDS, type FailKind, type Failure, isToFail } from "./fail.ts";
export { add, type Digest, digest, digits, textDigest } from "./hash.ts";
export { BEFORE_V6, hasFollPin, KERNELS, type Kernel, SINCE_V6 } from "./kernel.ts";
export {
  type ActorRow,
  addActor,
  type CoreOptions,
  type CorePart,
  corePart,
  type End,
  endRun,
  hasDefect,
  STORY,
} from "./part.ts";
export { draw, PURPOSE, type Purpose, type Random, random } from "./random.ts";
export { after, type Instant, ms, ns, ps, type Span, START, us } from "./time.ts";
