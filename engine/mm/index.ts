export {
  type AreaWish,
  clearRange,
  createMm,
  createShared,
  type FileChanges,
  findVma,
  type LooseFiles,
  MMAP_BASE,
  mapArea,
  placeOfArea,
  putMm,
  useShared,
  zapRange,
} from "./area.ts";
export {
  adviseFork,
  type Changed,
  FORK_ADVICE,
  type ForkAdvice,
  lockedPages,
  lockRange,
  protect,
} from "./area-change.ts";
export { dontNeed, nextToDrop } from "./drop.ts";
export { faultIn, frameBehind, peek, readMemory, writeMemory } from "./fault.ts";
export { duplicate, forkMm } from "./fork.ts";
export {
  allocate,
  allocateRun,
  copyFrame,
  FRAMES_MAX,
  type Frames,
  getFrame,
  isRegister,
  markDirty,
  putFrame,
  REGISTERS,
  readFrame,
  writeFrame,
  ZERO_PAGE,
} from "./frame.ts";
export {
  forget,
  type Iotlb,
  iotlb,
  type Known,
  known,
  lookUp,
  type Rows,
  recall,
  remember,
  reserveRows,
} from "./iotlb.ts";
export {
  endLeaving,
  type FrameRun,
  isLockedOut,
  type Leaving,
  leavingOf,
  letGo,
  setLeaving,
} from "./leaving.ts";
export { migratePage } from "./migrate.ts";
export { type MoveWish, moveArea } from "./move.ts";
export {
  addNotifier,
  addWatcher,
  beginRange,
  endRange,
  type Notifier,
  notify,
  removeNotifier,
  type Watcher,
} from "./notifier.ts";
export { type Mm, type MmPart, mmPart, type SharedMemory } from "./part.ts";
export {
  chargeLocked,
  FOLL,
  getUserPage,
  isKnownPinned,
  isOverLimit,
  kernelRefcount,
  PIN_BIAS,
  pinPage,
  unpinPage,
} from "./pin.ts";
export {
  ENTRIES,
  ENTRY,
  eachLeaf,
  entryOf,
  type Found,
  flagsOf,
  freeTable,
  indexOf,
  LEVELS,
  makeTable,
  numberOf,
  placeFor,
  spanOf,
  type Tables,
  tables,
  walk,
} from "./table.ts";
export { detachArea, unmapArea } from "./unmap-area.ts";
export { type Backing, PROT, VM, type Vma } from "./vma.ts";
