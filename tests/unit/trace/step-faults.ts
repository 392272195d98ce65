import type { Step } from "../../../engine/index.ts";

/** Everything that must hold of the steps of any run. @returns what does not */
export function stepFaults(steps: readonly Step[], machineSteps: number): string[] {
  const faults = rowFaults(steps, "");
  if (steps[0]?.before !== 0) faults.push("step 0 does not begin at the start");
  if ((steps.at(-1)?.after ?? 0) > machineSteps) faults.push("the last step ends after the run");
  return faults;
}

/** Steps beside each other: numbered in a row, each begins where the last ended. */
function rowFaults(row: readonly Step[], above: string): string[] {
  return row.flatMap((step, at) => {
    const faults: string[] = [];
    const number = above === "" ? `${at}` : `${above}.${at + 1}`;
    const last = row[at - 1];
    if (step.number !== number) faults.push(`${step.number} stands at ${number}`);
    if (step.after < step.before) faults.push(`${number} ends before it begins`);
    if (last && step.before !== last.after)
      faults.push(`${number} begins elsewhere than ${last.number} ended`);
    for (const child of step.children) {
      if (child.after > step.after) faults.push(`${child.number} ends after ${number}`);
    }
    return [...faults, ...rowFaults(step.children, number)];
  });
}
