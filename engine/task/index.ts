export { advance } from "./advance.ts";
export { AREA_CALLS } from "./area-calls.ts";
export {
  addNode,
  DRIVER,
  type Driver,
  type FileOps,
  fileOf,
  findNode,
  freeDescriptor,
  getFile,
  type IoctlRequest,
  installFile,
  type MmapRequest,
  mayWrite,
  type Node,
  type OpenFile,
  type PollRequest,
  putFile,
  type Reply,
  removeNode,
  type WriteRequest,
} from "./file.ts";
export { FLAG, RLIMIT } from "./flag.ts";
export { fork } from "./fork.ts";
export type { Ops } from "./ops.ts";
export { type Creds, type Limits, type Task, type TaskPart, taskPart } from "./part.ts";
export { POLL, POLL_CALL, POLL_MAX } from "./poll.ts";
export { closeFile, dropFiles, exitFiles, exitMm, killTask } from "./process.ts";
export {
  answer,
  call,
  chainOf,
  done,
  type Frame,
  type Next,
  type Routine,
  type Row,
  sleep,
  sleepDeaf,
  to,
} from "./routine.ts";
export { addTask, begin, createTask, MEMLOCK_DEFAULT, stopTask, wake } from "./run.ts";
export { EXIT, SYSCALL, SYSCALLS, syscallOf } from "./syscall.ts";
export { lineOf, numberIn } from "./text.ts";
export { ZAP } from "./zap.ts";
