// The train stage: corpus rows become prompt and completion, in an order shuffled by (seed, generation),
// and a trainer makes a model of them.

import type { Example } from "../../domain/rows.ts";
import type { Unscored } from "../../domain/shelf.ts";
import { TrainerError } from "../../errors.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { renderWithoutMarkers } from "../../text/markers/chat-markers.ts";
import { renderVisibleLine } from "../../text/visible.ts";
import { adoptTeacher, findTeacher, findTrainedForm } from "./teacher.ts";
import type { ModelValue, Work } from "./work.ts";

/** Of an answer that is told as an example. */
const shownCharacters = 80;

interface TrainParameters {
  readonly params: Json;
  /** The version of the chat markers that are broken in what the trainer reads; null where none is. */
  readonly breakMarkers: number | null;
  readonly seed: number;
  readonly generation: number;
}

export async function trainModel(work: Work): Promise<ModelValue> {
  const { description, inputs, context, parts } = work;
  // An auxiliary model stands in the turn of generation 0 as well, and is trained on a corpus.
  const teacher = inputs.length === 0 ? findTeacher(parts, description.turn) : undefined;
  if (teacher) return adoptTeacher(work, teacher);
  const { params, breakMarkers, seed, generation } = description.parameters as unknown as TrainParameters;
  const [corpus, previous] = inputs;
  if (!corpus) throw new TypeError("a train stage needs a corpus");
  const start = previous ? await parts.shelf.readModel(previous.key) : null;
  const exampleCount = parts.shelf.corpusCount(corpus.key);
  if (exampleCount === 0) throw createEmptyError(work, corpus.key);
  const order = shufflePositions(exampleCount, computeSeed("order", seed, generation));
  const file = await parts.shelf.createDraft(context.key);
  const request = { start, params, seed: `${seed}/${generation}`, exampleCount, file };

  const job = await parts.trainer.train(
    readExamples(parts, corpus.key, { order, isBroken: breakMarkers !== null }),
    request,
    context,
  );
  const { rows, steps, tokens, loss, losses } = await job.result();
  const { digest } = await parts.shelf.writeModel(context.key, file);
  const model = { sha256: digest, rows, steps, tokens, loss: Number.isFinite(loss) ? loss : null };
  return losses === undefined ? model : { ...model, losses };
}

/** Before any trainer is asked: whoever reads it knows the arm and the verifier, and no file of the run. */
function createEmptyError({ description, parts }: Work, corpus: string): TrainerError {
  const { arm, generation } = description.turn;
  const found = parts.shelf.readUnscored(corpus);
  const isUnscored = found !== undefined && found.candidates > 0 && found.unscored === found.candidates;
  const why = isUnscored ? `: ${renderUnscored(arm.settings.verifier ?? "", found)}` : "";
  return new TrainerError(`the selection kept no candidate, so there is nothing to train on${why}`, {
    where: `arm ${arm.id}, generation ${generation}`,
    next: "see with refeed status why: candidates without a score are never kept",
  });
}

/** `verifier judge could score none of 40 candidates (38 of them: not JSON; the first answer was "..."). */
function renderUnscored(verifier: string, { candidates, reason, reasonCount, answer }: Unscored): string {
  const often = reason === null ? [] : [`${reasonCount} of them: ${renderVisibleLine(reason)}`];
  const cut = answer !== null && answer.length > shownCharacters ? `${answer.slice(0, shownCharacters)}...` : answer;
  const first = cut === null ? [] : [`the first answer was ${JSON.stringify(renderVisibleLine(cut))}`];
  const told = [...often, ...first].join("; ");
  return `verifier ${verifier} could score none of ${candidates} candidates${told === "" ? "" : ` (${told})`}`;
}

/** A marker in a row would be a real turn to a trainer that reads prompt and completion as one string. */
async function* readExamples(
  parts: Work["parts"],
  corpus: string,
  { order, isBroken }: { readonly order: Uint32Array; readonly isBroken: boolean },
): AsyncGenerator<Example> {
  const form = findTrainedForm(parts);
  const dress = isBroken ? renderWithoutMarkers : (text: string) => text;
  for await (const { id, article, summary } of parts.shelf.readCorpus(corpus, order)) {
    yield { id, ...form.createExample({ article: dress(article) }, dress(summary)) };
  }
}

function shufflePositions(count: number, seed: Uint32Array): Uint32Array {
  const random = createRandom(seed);
  const order = Uint32Array.from({ length: count }, (_, position) => position);
  for (let last = count - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const held = order[last] as number;
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}
