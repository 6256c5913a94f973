// The train stage: corpus rows become prompt and completion, in an order shuffled by (seed, generation),
// and a trainer makes a model of them.

import type { Example } from "../../domain/rows.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { renderWithoutMarkers } from "../../text/markers/chat-markers.ts";
import { adoptTeacher, findTeacher, findTrainedForm } from "./teacher.ts";
import type { ModelValue, Work } from "./work.ts";

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
