// Runs every ready experiment anew and holds what comes out against its committed record. Minutes of work: .ci/full runs it.
// Machines of one kind agree to the last bit; other processors round otherwise, which is what the tolerance is for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ResultRecord, recordExperiment } from "../bench/record.ts";

/** By how much a mean may differ where float arithmetic does: about one standard error over three seeds. */
const toleranceByMetric: Readonly<Record<string, number>> = {
  rouge1: 0.03,
  loss: 0.15,
  types: 40,
  rows: 0,
  traceRatio: 1e-9,
  meanError: 1e-9,
};

/** What is served to itself gives what it gives in process. */
const recordByName: Readonly<Record<string, string>> = { "newswire-hosted": "newswire" };
const all = ["gaussian", "newswire", "newswire-hosted", "newswire-selection", "newswire-collapse", "newswire-greedy"];

for (const name of all) {
  test(`${name} gives its record again`, (context) => {
    const file = new URL(`../experiments/results/${recordByName[name] ?? name}.json`, import.meta.url);
    const expected = JSON.parse(readFileSync(file, "utf8")) as ResultRecord;
    const record = recordExperiment(name);
    assert.equal(record.stages, expected.stages);
    assert.equal(record.values.length, expected.values.length);
    let equalCount = 0;
    for (const [index, { arm, generation, metric, mean }] of expected.values.entries()) {
      const now = record.values[index]!;
      assert.deepEqual([now.arm, now.generation, now.metric], [arm, generation, metric]);
      const tolerance = toleranceByMetric[metric]! * (metric.endsWith("Error") ? Math.max(1, mean) : 1);
      assert.ok(
        Math.abs(now.mean - mean) <= tolerance,
        `${metric} of ${arm} at ${generation}: ${now.mean}, recorded ${mean}`,
      );
      if (now.mean === mean) equalCount += 1;
    }
    context.diagnostic(
      `${equalCount} of ${expected.values.length} means equal to the last bit, ${record.minutes} minutes`,
    );
  });
}
