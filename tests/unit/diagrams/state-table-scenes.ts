/** State machines that answer most calls in most states, as data. */

import type { StateTable } from "../../../diagrams/layout/index.ts";

const GROUP = ["closed", "open", "in a container", "container has its IOMMU", "device open"];
const WITH_DEVICE = ["gone", "closed, its device open"];

// biome-ignore format: one call a line; "-" cannot be made, a number is a state, counted from 1
const CALLS: readonly (readonly [name: string, ...came: readonly string[]])[] = [
  ["open group",      "2", "EBUSY",  "EBUSY",  "EBUSY",  "EBUSY",  "ENOENT", "EBUSY"],
  ["SET_CONTAINER",   "-", "3",      "EINVAL", "EINVAL", "EINVAL", "-",      "-"],
  ["SET_IOMMU",       "-", "EINVAL", "4",      "EINVAL", "EINVAL", "-",      "EINVAL"],
  ["IOMMU_GET_INFO",  "-", "EINVAL", "EINVAL", "4",      "5",      "-",      "7"],
  ["GET_DEVICE_FD",   "-", "EINVAL", "EINVAL", "5",      "5",      "-",      "-"],
  ["close device",    "-", "-",      "-",      "-",      "4*",     "-",      "1"],
  ["UNSET_CONTAINER", "-", "EINVAL", "2",      "2",      "EBUSY",  "-",      "-"],
  ["close group",     "-", "1",      "1",      "1",      "7",      "-",      "-"],
  ["process ends",    "1", "1",      "1",      "1",      "1",      "-",      "1"],
];

function cell(came: string, shift: number) {
  if (came === "-") return undefined;
  const number = Number.parseInt(came, 10);
  const changed = came.endsWith("*") ? { changed: true } : {};
  return { came: Number.isNaN(number) ? came : number - 1 + shift, ...changed };
}

/** 7 states, 9 calls. */
export const STATES: StateTable = {
  title: ["States of group /dev/vfio/1 and its container."],
  states: [...GROUP, ...WITH_DEVICE].map((name) => ({
    name,
    current: name.startsWith("container"),
  })),
  calls: CALLS.map(([name, ...came]) => ({ name, cells: came.map((some) => cell(some, 0)) })),
  notes: ["Each call was tried in each state."],
};

/** 14 states, 18 calls: two such objects, each at rest while the other moves. */
export const STATES_TWICE: StateTable = {
  ...STATES,
  title: ["States of two groups, and which call of either moves them."],
  states: [1, 2].flatMap((group) =>
    STATES.states.map(({ name }) => ({
      name: `group ${group} is ${name}, and the other one has not been opened by anybody yet`,
    })),
  ),
  calls: [0, 1].flatMap((second) =>
    CALLS.map(([name, ...came]) => {
      const own = came.map((some) => cell(some.replace("*", ""), 7 * second));
      const none = came.map(() => undefined);
      return {
        name: `${name} of the ${second ? "second" : "first"} group`,
        cells: second ? [...none, ...own] : [...own, ...none],
      };
    }),
  ),
};
