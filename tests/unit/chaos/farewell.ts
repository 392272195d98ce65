import { openCall } from "../../../engine/core/index.ts";
import { deaf, type Machine, OPS, record, step } from "../../../engine/index.ts";
import { begin, createTask, killTask } from "../../../engine/task/index.ts";

/** More steps than this, and a machine never comes to rest. */
const STEPS_MAX = 20_000;

/** Everything that is under way comes to its end. */
function settle(machine: Machine, onStep: () => void): void {
  for (let taken = 0; step(machine, deaf()); taken += 1) {
    onStep();
    if (taken > STEPS_MAX) throw new Error("it never comes to rest");
  }
}

/**
 * The end of a machine whose story is told: all are killed, the oldest first, and then what root
 * made is removed: mediated devices, virtual functions, drivers bound by hand.
 *
 * @param onStep  called after every step
 */
export function endAll(machine: Machine, onStep: () => void): void {
  settle(machine, onStep);
  for (const pid of machine.tasks.keys()) {
    if (record(machine.tasks, pid).state !== "dead") killTask(machine, OPS, pid, "SIGKILL");
    settle(machine, onStep);
  }
  const keeper = createTask(machine, "keeper", { root: true });
  machine.names.push({});
  const says = (call: string, ...args: readonly (string | number)[]): number => {
    const { actor } = record(machine.tasks, keeper);
    const kind = "syscall" as const;
    const row = openCall(machine, { call, kind, actor, parent: -1, statement: -1, args });
    const routine = call === "exit" ? "exit" : "syscall";
    begin(machine, keeper, { routine, pc: "enter", call: row, numbers: [] });
    settle(machine, onStep);
    return machine.calls[row]?.result?.value ?? -1;
  };
  for (const { path } of machine.nodes.filter(({ path: name }) => name.endsWith("/remove"))) {
    says("write", says("open", path, 1), "1");
  }
  const ending = (word: string) =>
    machine.nodes.map(({ path }) => path).filter((path) => path.endsWith(word));
  for (const path of ending("/sriov_numvfs")) says("write", says("open", path, 1), "0");
  for (const path of ending("/unbind").filter((name) => name.includes("/platform/"))) {
    for (const { name } of [...machine.devices]) says("write", says("open", path, 1), name);
  }
  if (record(machine.tasks, keeper).state === "idle") says("exit", 0);
}
