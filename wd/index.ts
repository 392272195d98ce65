/** What tools take from the command. */

export { withCheckpoints } from "./checkpoints.ts";
