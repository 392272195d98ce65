import { registerHooks } from "node:module";

/** Vitest itself: its `expect` works without a runner. */
export const realVitest = import.meta.resolve("vitest");

const shim = new URL("vitest-shim.mjs", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "vitest" && context.parentURL?.includes("/tests/")
      ? { url: shim, shortCircuit: true }
      : next(specifier, context),
});
