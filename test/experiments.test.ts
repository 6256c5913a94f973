// What the header of each ready experiment says is held to be true: its counts against the plan, its numbers against
// the committed record of a run, and the record against what the experiment claims.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ResultRecord } from "../bench/record.ts";
import { runRefeed } from "./helpers/command-line.ts";

const folder = new URL("../experiments", import.meta.url).pathname;
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -5))
  .sort();
const readRecord = (name: string): ResultRecord =>
  JSON.parse(readFileSync(join(folder, "results", `${name}.json`), "utf8")) as ResultRecord;
/** The way through a server changes no number: the default experiment's record is held against both. */
const recordByName: Readonly<Record<string, string>> = { "newswire-hosted": "newswire" };

interface Header {
  readonly command: string;
  readonly minutes: string;
  readonly size: string;
  /** metric, arm, generation, mean, low, high as they are printed. */
  readonly numbers: readonly (readonly string[])[];
}

function readHeader(name: string): Header {
  const lines = readFileSync(join(folder, `${name}.yaml`), "utf8").split("\n");
  const comments = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("#")),
  );
  const field = (title: string): string =>
    comments
      .find((line) => line.startsWith(`# ${title}:`))
      ?.slice(title.length + 3)
      .trim() ?? "";
  const numbers = comments.flatMap((line) => {
    const match = /^# {3}(\w+) +(\S+) +(\d+) +(\S+) +\((\S+) to (\S+)\)$/.exec(line);
    return match ? [match.slice(1)] : [];
  });
  return { command: field("command"), minutes: field("minutes"), size: field("size"), numbers };
}

test("there are six ready experiments", () => {
  const newswires = ["newswire", "newswire-collapse", "newswire-greedy", "newswire-hosted", "newswire-selection"];
  assert.deepEqual(names, ["gaussian", ...newswires]);
});

for (const name of names) {
  test(`${name}: the header's counts are those of the plan`, async () => {
    const { code, stdout, stderr } = await runRefeed(["plan", name, "--run", "/nonexistent/run", "--json"]);
    assert.equal(code, 0, stderr);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { arms: string[]; seed: number; generation: number });
    const { size, command } = readHeader(name);
    assert.equal(command, `npx refeed run ${name}`);
    const [, arms, lines = "0", seeds, generations, stages] =
      /^(\d+) arms(?: and (\d+) lines?)? x (\d+) seeds, (\d+) generations?, ([\d,]+) stages$/.exec(size) ?? [];
    assert.equal(new Set(rows.flatMap((row) => row.arms)).size, Number(arms) + Number(lines));
    assert.equal(new Set(rows.map(({ seed }) => seed)).size, Number(seeds));
    assert.equal(Math.max(...rows.map(({ generation }) => generation)), Number(generations));
    assert.equal(rows.length, Number(stages?.replace(",", "")));
  });

  test(`${name}: the header's numbers are those of the committed record`, () => {
    const { numbers, minutes } = readHeader(name);
    const recorded = recordByName[name] ?? name;
    const record = readRecord(recorded);
    assert.ok(numbers.length >= 4, "at least four expected numbers");
    assert.match(record.commit, /^[0-9a-f]{7,}$/);
    assert.equal(record.command, `npm run -s refeed -- run ${recorded}`);
    if (recorded === name) assert.match(minutes, new RegExp(`^${record.minutes.toFixed(2)} on 2 cores`));
    for (const [metric, arm, generation, mean, low, high] of numbers) {
      const found = record.values.find(
        (value) => value.metric === metric && value.arm === arm && value.generation === Number(generation),
      );
      assert.ok(found, `${metric} of ${arm} at ${generation} is in the record`);
      for (const [printed, value] of [
        [mean, found.mean],
        [low, found.low],
        [high, found.high],
      ] as const) {
        const digits = printed!.split(".")[1]?.length ?? 0;
        assert.equal(printed, value!.toFixed(digits), `${metric} of ${arm} at ${generation}`);
      }
    }
  });
}

function findValue(
  record: ResultRecord,
  metric: string,
  arm: string,
  generation: number,
): ResultRecord["values"][number] {
  const found = record.values.find(
    (value) => value.metric === metric && value.arm === arm && value.generation === generation,
  );
  assert.ok(found, `${metric} of ${arm} at ${generation} is in the record`);
  return found;
}

test("newswire-selection: oracle above the generator above random at 12.5 %, full on top, oracle above random in every seed", () => {
  const record = readRecord("newswire-selection");
  const student = (arm: string) => findValue(record, "rouge1", arm, 1);
  const generator = findValue(record, "rouge1", "random-12.5", 0).mean;
  assert.ok(student("oracle-12.5").mean > generator);
  assert.ok(generator > student("random-12.5").mean);
  const full = findValue(record, "rouge1", "full", 0).mean;
  const students = record.values.filter(({ metric, generation }) => metric === "rouge1" && generation === 1);
  assert.equal(students.length, 12);
  assert.ok(students.every(({ mean }) => mean < full));
  assert.deepEqual(Object.keys(student("oracle-12.5").bySeed), ["0", "1", "2"]);
  for (const keep of ["12.5", "25", "50"]) {
    for (const seed of ["0", "1", "2"]) {
      assert.ok(
        student(`oracle-${keep}`).bySeed[seed]! > student(`random-${keep}`).bySeed[seed]!,
        `${keep} %, seed ${seed}`,
      );
    }
  }
});

test("newswire-collapse: loss rises at every generation under replace and ends within 5 % under accumulate", () => {
  const record = readRecord("newswire-collapse");
  const loss = (arm: string, generation: number) => findValue(record, "loss", arm, generation);
  for (let generation = 1; generation <= 5; generation++) {
    const [before, now] = [loss("replace", generation - 1), loss("replace", generation)];
    for (const seed of ["0", "1", "2"])
      assert.ok(now.bySeed[seed]! > before.bySeed[seed]!, `generation ${generation}, seed ${seed}`);
  }
  const change = loss("accumulate", 5).mean / loss("accumulate", 0).mean - 1;
  assert.ok(Math.abs(change) <= 0.05, `accumulate ends ${(100 * change).toFixed(1)} % from where it began`);
});
