import { globSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import "./hooks.mjs";
import { collected, from } from "./vitest-shim.mjs";

/** In a process that has timed none yet: those that draw their cases go last. */
const isSlow = ({ file }) => /model|properties|files\.test|random/.test(file);

/** Calls the tests of `MUTANTS_TESTS` (globs, with blanks between) in this process. */
class Runner {
  #space = {};
  /** Milliseconds that each test took, so that quick ones go first. */
  #took = new Map();

  init() {
    globalThis.__stryker__ ??= {};
    this.#space = globalThis.__stryker__;
  }

  /** Modules are loaded once: what a mutant does while they load is seen by a new process. */
  capabilities() {
    return { reloadEnvironment: false };
  }

  async #load() {
    if (collected.length > 0) return;
    const globs = (process.env.MUTANTS_TESTS ?? "").split(" ");
    const files = new Set(globs.flatMap((glob) => globSync(glob).sort()));
    for (const file of files) {
      from(file);
      await import(pathToFileURL(resolve(file)).href);
    }
  }

  async #call({ id, call }) {
    const start = performance.now();
    const result = { id, name: id, status: TestStatus.Success };
    try {
      await call();
    } catch (error) {
      Object.assign(result, {
        status: TestStatus.Failed,
        failureMessage: String(error?.message ?? error).slice(0, 500),
      });
    }
    result.timeSpentMs = performance.now() - start;
    return result;
  }

  async dryRun() {
    this.#space.activeMutant = undefined;
    await this.#load();
    const tests = [];
    for (const one of collected) {
      this.#space.currentTestId = one.id;
      tests.push(await this.#call(one));
      this.#space.currentTestId = undefined;
    }
    const mutantCoverage = this.#space.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun({ testFilter, activeMutant, hitLimit, mutantActivation, disableBail }) {
    Object.assign(this.#space, { hitCount: 0, hitLimit, activeMutant: undefined });
    try {
      if (mutantActivation === "static") this.#space.activeMutant = activeMutant.id;
      await this.#load();
    } catch (error) {
      return toMutantRunResult({
        status: DryRunStatus.Complete,
        tests: [
          {
            id: "load",
            name: "load",
            status: TestStatus.Failed,
            failureMessage: String(error),
            timeSpentMs: 0,
          },
        ],
      });
    }
    this.#space.activeMutant = activeMutant.id;
    const wanted = testFilter ? new Set(testFilter) : undefined;
    const chosen = collected
      .filter(({ id }) => !wanted || wanted.has(id))
      .sort((one, other) => this.#time(one) - this.#time(other) || isSlow(one) - isSlow(other));
    const tests = [];
    for (const one of chosen) {
      this.#space.activeMutant = activeMutant.id;
      const result = await this.#call(one);
      this.#space.activeMutant = undefined;
      tests.push(result);
      if (result.status === TestStatus.Success) this.#took.set(one.id, result.timeSpentMs);
      else {
        await this.#sane(one);
        if (!disableBail) break;
      }
      const limit = determineHitLimitReached(this.#space.hitCount, hitLimit);
      if (limit) return toMutantRunResult(limit);
    }
    const limit = determineHitLimitReached(this.#space.hitCount, hitLimit);
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests });
  }

  #time({ id }) {
    return this.#took.get(id) ?? 0;
  }

  /** A mutant must leave nothing behind: the test that found it passes without it. */
  async #sane(one) {
    const { hitCount, hitLimit } = this.#space;
    Object.assign(this.#space, { hitCount: 0, hitLimit: undefined });
    const again = await this.#call(one);
    if (again.status !== TestStatus.Success) throw new Error(`a mutant lives on in ${one.id}`);
    Object.assign(this.#space, { hitCount, hitLimit });
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "in-process", Runner)];
