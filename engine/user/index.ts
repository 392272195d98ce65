export { DUMMY_LIBRARY } from "./dummy-library.ts";
export { LIBRARY, LIBRARY_CALLS, POLLED_CALLS, USER_DRIVERS } from "./library.ts";
export { bytesOf, textOf } from "./memory-library.ts";
export { NIC } from "./nic-library.ts";
export { BURST_MAX, MBUF } from "./nic-rings.ts";
export {
  copyUserQueues,
  type DummyState,
  type NicState,
  placeOf,
  type QmState,
  type UserPart,
  type UserQueue,
  userPart,
  type WdQueue,
} from "./part.ts";
export { POLLING } from "./qm-library.ts";
export { RSA_LIBRARY } from "./rsa-library.ts";
export { sampleText } from "./sample-text.ts";
export { V3_OPEN } from "./uacce-v3-library.ts";
export { WD } from "./wd-library.ts";
