// Declared gates: conditions on measured means that a finished run must meet, or it ends with exit code 100.

import type { RunRecord } from "../domain/record.ts";
import type { Gate } from "./experiment.ts";

const holds: Readonly<Record<Gate["op"], (value: number, bound: number) => boolean>> = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/** One line for each gate that does not hold; a gate on what was never measured does not hold. */
export function findBrokenGates(gates: readonly Gate[], record: RunRecord): readonly string[] {
  if (gates.length === 0) return [];
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { arm, generation, metric, value } of record.measurements()) {
    const place = `${arm}/${generation}/${metric}`;
    const before = sums.get(place) ?? { sum: 0, count: 0 };
    sums.set(place, { sum: before.sum + value, count: before.count + 1 });
  }
  return gates.flatMap(({ metric, arm, generation, op, value }) => {
    const found = sums.get(`${arm}/${generation}/${metric}`);
    const mean = found ? found.sum / found.count : Number.NaN;
    if (holds[op](mean, value)) return [];
    const seen = found ? `is ${mean}` : "was not measured";
    return [`gate broken: ${metric} of ${arm} at generation ${generation} ${seen}, declared ${op} ${value}`];
  });
}
