/** A few threads that draw PNGs: most of the time of `--all` is theirs. */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type CutFonts, cutFonts } from "./png-fonts.ts";
import type { PngAnswer, PngTask } from "./png-worker.ts";
import { Stop } from "./stop.ts";

/** More threads than this ask for more memory than time is worth. */
const THREADS_MAX = 4;

interface Job {
  readonly task: PngTask;
  readonly done: (png: Uint8Array) => void;
  readonly failed: (why: unknown) => void;
}

export interface PngPool {
  /** @throws Stop, as `toPng` */
  readonly draw: (picture: Omit<PngTask, "fonts">) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

export function pngPool(): PngPool {
  let fonts: Promise<CutFonts> | undefined;
  const waiting: Job[] = [];
  const idle: Worker[] = [];
  const busy = new Map<Worker, Job>();
  const all: Worker[] = [];
  const most = Math.min(THREADS_MAX, Math.max(1, availableParallelism()));
  const next = () => {
    const [job] = waiting;
    const worker = idle.pop() ?? (all.length < most && job ? open() : undefined);
    if (!worker) return;
    if (!job) {
      idle.push(worker);
      return;
    }
    waiting.shift();
    busy.set(worker, job);
    worker.postMessage(job.task);
  };
  const open = (): Worker => {
    const worker = new Worker(new URL("./png-worker.ts", import.meta.url));
    all.push(worker);
    worker.on("message", (answer: PngAnswer) => {
      const job = busy.get(worker);
      busy.delete(worker);
      idle.push(worker);
      if ("png" in answer) job?.done(answer.png);
      else job?.failed(new Stop(answer.exit, answer.why, {}));
      next();
    });
    worker.on("error", (error) => busy.get(worker)?.failed(error));
    return worker;
  };
  return {
    draw: async (picture) => {
      fonts ??= cutFonts();
      const task = { ...picture, fonts: (await fonts).files };
      return new Promise((done, failed) => {
        waiting.push({ task, done, failed });
        next();
      });
    },
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
      await (await fonts)?.close();
    },
  };
}
