// What the tests take from Vitest, without its runner: tests are collected in a list and called in this
// process. Vitest collects and imports all files anew for every mutant, which costs a second or more.

import { realVitest } from "./hooks.mjs";

export const { expect } = await import(realVitest);

/** Tests in order: file, name, function. */
export const collected = [];
const names = [];
let file = "";

export function from(path) {
  file = path;
}

function add(name, ...rest) {
  const call = rest.find((one) => typeof one === "function");
  const full = [...names, name].join(" ");
  const same = collected.filter((one) => one.file === file && one.full === full).length;
  collected.push({ file, full, id: `${file}#${full}${same ? ` (${same + 1})` : ""}`, call });
}

const each =
  (make) =>
  (cases) =>
  (name, call, ...rest) => {
    for (const [index, one] of cases.entries()) {
      const args = Array.isArray(one) ? one : [one];
      make(`${name} [${index}]`, () => call(...args), ...rest);
    }
  };

function group(name, call) {
  names.push(name);
  call();
  names.pop();
}

const skip = () => undefined;

export const test = Object.assign(add, {
  each: each(add),
  runIf: (wanted) => (wanted ? test : Object.assign(skip, { each: () => skip })),
  skipIf: (unwanted) => test.runIf(!unwanted),
});
export const it = test;
export const describe = Object.assign(group, { each: each(group) });
