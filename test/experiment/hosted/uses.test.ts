// What an experiment asks of each of its endpoints, and so what is found out about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeUses } from "../../../src/experiment/hosted/uses.ts";
import { parseExperiment } from "../../../src/experiment/parse.ts";
import type { Uses } from "../../../src/providers/proving/proof-cost.ts";

function readUses(text: string) {
  const experiment = parseExperiment(`dataset: { name: newswire }\n${text}`);
  assert.ok(experiment.system === "language");
  return (name: string): Uses => computeUses(name, experiment);
}

function read(text: string) {
  const compute = readUses(text);
  return (name: string): string => {
    const uses = compute(name);
    return Object.entries(uses)
      .flatMap(([use, isAsked]) => (isAsked === true ? use : []))
      .join(" ");
  };
}

const hosted = "{ url: http://127.0.0.1:1/v1, model: m }";
const teacher = `endpoints: { teacher: ${hosted} }\nmodel: { first: { endpoint: teacher } }\n`;

test("a teacher is scored for the loss alone", () => {
  assert.equal(read(`${teacher}evaluate: { metrics: [rouge1, loss] }`)("teacher"), "isSampled isScored");
  assert.equal(read(`${teacher}evaluate: { metrics: [rouge1] }`)("teacher"), "isSampled");
});

test("a judge answers, a reward model is asked for none of it, a weak verifier scores", () => {
  const uses = read(`endpoints: { grader: ${hosted}, rm: ${hosted}, scorer: ${hosted} }
model: { trainer: scripted }
evaluate: { metrics: [rouge1] }
verifiers:
  judge: { kind: judge, endpoint: grader }
  reward: { kind: reward, endpoint: rm }
  weak: { kind: perplexity, model: { endpoint: scorer } }
arms: { verifier: [judge, reward, weak], select.keep: 50% }
`);
  assert.deepEqual(["grader", "rm", "scorer"].map(uses), ["isJudge", "", "isScored"]);
});

test("an endpoint of the run's own models is scored for the loss and for a weak verifier that is trained", () => {
  const own = "endpoints: { own: { url: serve } }\nmodel: { trainer: embedded, endpoint: own }\n";
  const weak = `verifiers: { weak: { kind: perplexity, model: { trainer: embedded, real: 50% } } }
arms: { verifier: weak, select.keep: 50% }\nreal: 50%\n`;
  assert.equal(read(`${own}evaluate: { metrics: [rouge1] }`)("own"), "isSampled");
  assert.equal(read(`${own}evaluate: { metrics: [loss] }`)("own"), "isSampled isScored");
  assert.equal(read(`${own}${weak}evaluate: { metrics: [rouge1] }`)("own"), "isSampled isScored");
});

test("as many draws are asked for at once as some arm wants of a prompt", () => {
  const count = (text: string, name = "teacher"): number => readUses(text)(name).draws ?? 1;
  const base = `${teacher}evaluate: { metrics: [rouge1] }\ngenerations: 1\n`;
  assert.equal(count(base), 1);
  assert.equal(count(`${base}arms: { sample.candidates: [3, 6], verifier: oracle }`), 6);
  assert.equal(
    count(`${teacher}generations: 0\nsample: { candidates: 6 }`),
    1,
    "nothing is sampled but the test split",
  );
  const own = "endpoints: { own: { url: serve } }\nmodel: { trainer: embedded, endpoint: own }\ngenerations: 3\n";
  // From a whole split 1, 2 and 4 times as many rows.
  assert.equal(count(`${own}arms: { corpus: accumulate-doubling }`, "own"), 4);
  assert.equal(count(`${own}sample: { candidates: 5 }`, "own"), 5);
});

test("one endpoint may be asked for all of it", () => {
  const uses = read(`${teacher}evaluate: { metrics: [rouge1] }
verifiers: { judge: { kind: judge, endpoint: teacher }, weak: { kind: perplexity, model: { endpoint: teacher } } }
arms: { verifier: [judge, weak], select.keep: 50% }
generations: 1
`);
  assert.equal(uses("teacher"), "isSampled isJudge isScored");
});

test("a judge is tried with the question of the one that may say most, a reward model for its labels", () => {
  const uses = readUses(`endpoints: { grader: ${hosted}, rm: ${hosted} }
model: { trainer: scripted }
verifiers:
  short: { kind: judge, endpoint: grader, mode: pairwise, against: lead, maxTokens: 50 }
  long: { kind: judge, endpoint: grader, criteria: { faithful: says what is there }, maxTokens: 90 }
  one: { kind: reward, endpoint: rm }
  other: { kind: reward, endpoint: rm, label: GOOD }
arms: { verifier: [short, long, one, other], select.keep: 50% }
`);
  const { question, labels } = uses("grader");
  assert.equal(labels, undefined);
  assert.deepEqual([question?.field, question?.maxTokens], ["verifiers.long.maxTokens", 90]);
  assert.match(JSON.stringify(question?.schema), /"required":\["id","reason","faithful"\]/);
  assert.match(
    question?.text ?? "",
    /bridge.*\{"id": "\w{12}", "reason": .*"faithful": a whole number from 1 to 10\}$/s,
  );
  assert.deepEqual(uses("rm").labels, [null, "GOOD"]);
});

test("draws have to be told with log-probabilities where an arm selects by them", () => {
  const text = (verifier: string) => `${teacher}arms: { verifier: ${verifier}, select.keep: 50% }\n`;
  assert.equal(read(text("self"))("teacher").includes("isSelf"), true);
  assert.equal(read(text("oracle"))("teacher").includes("isSelf"), false);
});
