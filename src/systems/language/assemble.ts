// The assemble stage: which rows the next model is trained on, as references.

import type { Policy } from "../../domain/corpus.ts";
import { computeDigest } from "../../keys/digest.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import type { Work } from "./work.ts";

export interface CorpusValue {
  readonly rows: number;
  /** Digest over the references. */
  readonly sha256: string;
}

interface RealParameters {
  readonly policy: "real";
  readonly dataset: string;
  readonly real: number;
  readonly seed: number | null;
}

interface PolicyParameters {
  readonly policy: Policy;
  readonly seed: number | null;
}

export async function assembleCorpus(work: Work): Promise<CorpusValue> {
  const parameters = work.description.parameters as unknown as RealParameters | PolicyParameters;
  return parameters.policy === "real"
    ? assembleReal(work, parameters as RealParameters)
    : assemblePolicy(work, parameters as PolicyParameters);
}

/** Rows of D0: a share of the train split, at least one. */
export function countReal(real: number, total: number): number {
  return Math.max(1, Math.round(real * total));
}

/** D0: a seeded subset of the train split, in the order of the data. */
async function assembleReal({ context, parts }: Work, { real, seed, dataset }: RealParameters): Promise<CorpusValue> {
  const total = parts.shelf.rowCount("train");
  const count = countReal(real, total);
  const take = count >= total ? ("all" as const) : drawPositions(total, count, computeSeed("real", dataset, seed ?? 0));
  await parts.shelf.writeParts(context.key, [null], [{ source: 0, take }]);
  const reference = take === "all" ? dataset : computeDigest(new Uint8Array(take.buffer));
  return { rows: count, sha256: computeDigest(`${dataset}/${reference}`) };
}

async function assemblePolicy({ inputs, context, parts }: Work, parameters: PolicyParameters): Promise<CorpusValue> {
  const [real, ...kept] = inputs;
  if (!real) throw new TypeError("an assemble stage needs the real corpus");
  const rowsOf = (value: unknown): number => (value as { readonly rows: number }).rows;
  const computed = parts.computeParts({
    policy: parameters.policy,
    realCount: rowsOf(real.value),
    keptCounts: kept.map((stage) => rowsOf(stage.value)),
    seed: computeSeed("corpus", context.key),
  });
  await parts.shelf.writeParts(
    context.key,
    inputs.map((input) => input.key),
    computed,
  );
  const references = computed.map(({ source, take }) => {
    const within =
      take === "all" ? "all" : computeDigest(new Uint8Array(take.buffer, take.byteOffset, take.byteLength));
    return `${inputs[source]?.digest}/${within}`;
  });
  return { rows: parts.shelf.corpusCount(context.key), sha256: computeDigest(references.join("\n")) };
}

/** `count` of `total` positions without replacement, ascending (a partial Fisher-Yates shuffle). */
function drawPositions(total: number, count: number, seed: Uint32Array): Uint32Array {
  const random = createRandom(seed);
  const positions = Uint32Array.from({ length: total }, (_, position) => position);
  for (let index = 0; index < count; index++) {
    const other = index + random.integer(total - index);
    const held = positions[index] as number;
    positions[index] = positions[other] as number;
    positions[other] = held;
  }
  return positions.slice(0, count).sort();
}
