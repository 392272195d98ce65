import { fillReply } from "../text/index.ts";
import { projectText } from "./content.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { provenRun } from "./story.ts";

/** The reply to the review, byte for byte what the site serves as /reply/index.txt. */
export async function run(_: Asked, io: Io): Promise<number> {
  io.out(fillReply(projectText("content/reply.txt"), provenRun()));
  return 0;
}
