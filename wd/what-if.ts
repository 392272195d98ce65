/** `--if 'fail pin 1 at @share'`: the same story with one thing otherwise from a step on. */

import {
  CHANGE_WORDS,
  type Change,
  changeWords,
  idle,
  type Run,
  readChange,
  type Step,
} from "../engine/index.ts";
import { bad, quote } from "./stop.ts";
import { type Story, stepAt } from "./story.ts";

export interface WhatIf {
  readonly other: Run;
  /** The change and its place, as the option says it again. */
  readonly words: string;
}

/** @throws Stop, where it is no change, there is no such step, or nothing would change */
export function whatIfOf(story: Story, option: string): WhatIf {
  const [, words = option, address] = /^(.*?) at (\S+)$/.exec(option) ?? [];
  const change = readChange(words);
  if (!change) throw bad(`--if: expected ${CHANGE_WORDS}, found ${quote(words)}`);
  const step = address === undefined ? firstStep(story) : stepAt(story, address);
  const { run } = story;
  const why = idle(run.machine, run.flow.header.framework, change);
  if (why !== undefined) throw bad(`--if ${quote(words)}: ${why}`);
  const other = run.otherwise({ change, after: step.before });
  return { other, words: wordsOf(change, address === undefined ? undefined : step) };
}

function firstStep({ run }: Story): Step {
  return run.steps.find(({ number }) => number !== "0") ?? (run.steps[0] as Step);
}

function wordsOf(change: Change, step: Step | undefined): string {
  const place = step && (step.label === undefined ? step.number : `@${step.label}`);
  return `${changeWords(change)}${place === undefined ? "" : ` at ${place}`}`;
}
