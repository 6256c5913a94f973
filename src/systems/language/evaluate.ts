// The evaluate stage: one group of metrics of one model, from texts of the test split.

import type { Example, StoredCandidate } from "../../domain/rows.ts";
import type { Measurement } from "../../domain/system.ts";
import { TrainerError } from "../../errors.ts";
import { computeSeed } from "../../keys/seed.ts";
import type { AcceptedSummary } from "./accept.ts";
import type { Form } from "./settings.ts";
import { findForm, findProviders } from "./teacher.ts";
import type { ModelValue, Work } from "./work.ts";

export async function evaluateModel(work: Work): Promise<readonly Measurement[]> {
  const { description, inputs, parts, readAnswers } = work;
  const { metric: name, basis } = description.parameters as { readonly metric: string; readonly basis: string };
  const [input] = inputs;
  if (!input) throw new TypeError("an evaluate stage needs a model or its answers");
  if (basis === "none") return measureTraining(input.value as ModelValue);
  if (basis === "candidates") return measureAcceptance(input.value as AcceptedSummary);
  const metric = parts.metrics[name];
  if (!metric) throw new TypeError(`no metric ${name}`);
  // The same draws for every arm, seed, generation and metric: intervals differ by their data alone.
  const seed = computeSeed("bootstrap");
  if (basis === "gold") return metric.measure(scoreGold(work, input.key), seed);
  return metric.measure(readAnswers(input.key), seed);
}

/** The equal-compute basis, as metrics: what the model was trained on and for how long. */
function measureTraining({ rows, steps, tokens }: ModelValue): readonly Measurement[] {
  return [
    { metric: "rows", value: rows },
    { metric: "steps", value: steps },
    { metric: "tokens", value: tokens },
  ];
}

/** How many of the texts became rows: a selection before any other. */
function measureAcceptance({ acceptance }: AcceptedSummary): readonly Measurement[] {
  return [{ metric: "acceptance", value: acceptance.rate }];
}

/** The test split's own summaries as candidates, with their log-probability under the model. */
async function* scoreGold({ context, parts, description }: Work, model: string): AsyncGenerator<StoredCandidate> {
  const request = { model: await parts.shelf.readModel(model), exampleCount: parts.shelf.rowCount("test") };
  const gold = readGold(parts, findForm(parts, description.turn));
  const scored = findProviders(parts, description.turn).scorer.score(gold, request, context);
  const rows = parts.shelf.readRows("test")[Symbol.asyncIterator]();
  let id = 0;
  for await (const { sum, tokenCount, tokens, reason } of scored) {
    const { value: row } = await rows.next();
    if (sum === null) throw new TrainerError(`test row ${row.id} cannot be scored: ${reason}`, { where: "evaluate" });
    const candidate = {
      promptId: row.id,
      draw: 0,
      completion: row.summary,
      finish: "stop",
      reason: null,
      logProbability: sum,
      tokenCount,
      tokenLogProbabilities: tokens,
      attempt: "",
    } as const;
    yield { id, promptIndex: id, row, candidate };
    id += 1;
  }
}

async function* readGold(parts: Work["parts"], form: Form): AsyncGenerator<Example> {
  for await (const row of parts.shelf.readRows("test")) {
    yield { id: row.id, ...form.createScored(row, row.summary) };
  }
}
