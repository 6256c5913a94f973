// What an experiment asks of each of its endpoints, and so what is found out about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeUses } from "../../../src/experiment/hosted/uses.ts";
import { parseExperiment } from "../../../src/experiment/parse.ts";

function read(text: string) {
  const experiment = parseExperiment(`dataset: { name: newswire }\n${text}`);
  assert.ok(experiment.system === "language");
  return (name: string): string => {
    const uses = computeUses(name, experiment);
    return Object.entries(uses)
      .flatMap(([use, isAsked]) => (isAsked ? use : []))
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

test("one endpoint may be asked for all of it", () => {
  const uses = read(`${teacher}evaluate: { metrics: [rouge1] }
verifiers: { judge: { kind: judge, endpoint: teacher }, weak: { kind: perplexity, model: { endpoint: teacher } } }
arms: { verifier: [judge, weak], select.keep: 50% }
generations: 1
`);
  assert.equal(uses("teacher"), "isSampled isJudge isScored");
});
