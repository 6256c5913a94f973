// Gaussians on the loop: fit one, draw rows from it, fit the next. It has no loop over generations of its own, and
// takes corpus policies as references, without knowing how they are computed.

import type { Description, Stage, StageKind, Turn } from "../../domain/stage.ts";
import type { System } from "../../domain/system.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { type Batch, computeSubsetStatistics, drawRows, drawStatistics } from "./batch.ts";
import { measureGaussian } from "./metrics.ts";
import { createRealModel, fitGaussian, type GaussianModel } from "./model.ts";
import { type GaussianParts, type GaussianSettings, needsRows } from "./settings.ts";
import { computeStatistics, mergeStatistics, type Statistics } from "./statistics.ts";

/** Where a policy draws nothing: deriving a seed would cost as much as the rest of the turn. */
const unused = new Uint32Array(4);

type GaussianTurn = Turn<GaussianSettings>;

/**
 * Values: assemble gives the Statistics of the corpus, train a GaussianModel, sample and select a Batch.
 * Nothing is scored: a Gaussian's own rows are kept as they are drawn.
 */
export function createGaussianSystem({ computeParts }: GaussianParts): System<GaussianSettings> {
  const assembleCorpus = (turn: GaussianTurn, kept: readonly Batch[]): Statistics => {
    const { dimensions, samples, corpus } = turn.arm.settings;
    const parts = computeParts({
      policy: corpus,
      realCount: samples,
      keptCounts: kept.map(({ statistics }) => statistics.count),
      seed: needsRows(turn.arm.settings) ? computeSeed("gaussian", "corpus", turn.seed, turn.generation) : unused,
    });
    const taken = parts.map(({ source, take }) => {
      const { statistics, rows } = source === 0 ? drawReal(turn) : kept[source - 1]!;
      if (take === "all") return statistics;
      if (!rows) throw new TypeError(`a corpus of kind ${corpus.kind} takes single rows, but none were held`);
      return computeSubsetStatistics(rows, take, dimensions);
    });
    return mergeStatistics(taken, dimensions);
  };

  return {
    name: "gaussian",
    version: 1,
    grain: "trial",
    assemble: (turn, kept) => describe("assemble", turn, kept),
    train: (turn, corpus) => describe("train", turn, [corpus]),
    sample: (turn, model) => describe("sample", turn, [model]),
    verify: () => [],
    select: (turn, candidates) => describe("select", turn, [candidates]),
    evaluate: (turn, model) => [describe("evaluate", turn, [model])],
    async perform(description, inputs, context) {
      context.signal.throwIfAborted();
      const turn = description.turn as GaussianTurn;
      const values = inputs.map((input) => input.value);
      switch (description.kind) {
        case "assemble":
          return assembleCorpus(turn, values as Batch[]);
        case "train":
          return fitGaussian(values[0] as Statistics, turn.arm.settings.covariance);
        case "sample":
          return drawBatch(turn, values[0] as GaussianModel);
        case "select":
          return values[0];
        case "evaluate":
          return measureGaussian(values[0] as GaussianModel, turn.arm.settings.metrics);
        default:
          throw new TypeError(`a Gaussian has no stage ${description.kind} of its own`);
      }
    },
  };
}

function describe(kind: StageKind, turn: GaussianTurn, inputs: readonly Stage[]): Description {
  const { seed, generation } = turn;
  return {
    kind,
    version: 1,
    parameters: { settings: turn.arm.settings as unknown as Json, seed, generation },
    inputs,
    turn,
  };
}

/** The real rows of a seed, drawn again wherever they are needed: the same for every arm. */
function drawReal(turn: GaussianTurn): Batch {
  const { settings } = turn.arm;
  return draw(
    createRealModel(settings.dimensions),
    settings.samples,
    computeSeed("gaussian", "real", turn.seed),
    settings,
  );
}

/** As many rows as real ones; where accumulation doubles, as many as the pool holds. */
function drawBatch(turn: GaussianTurn, model: GaussianModel): Batch {
  const { settings } = turn.arm;
  const growth = settings.corpus.kind === "accumulate-doubling" ? 2 ** turn.generation : 1;
  const seed = computeSeed("gaussian", "sample", turn.seed, turn.generation);
  return draw(model, settings.samples * growth, seed, settings);
}

function draw(model: GaussianModel, count: number, seed: Uint32Array, settings: GaussianSettings): Batch {
  const random = createRandom(seed);
  const isKeepingRows = needsRows(settings);
  if (settings.draws === "statistics" && !isKeepingRows) {
    return { statistics: drawStatistics(model, count, random), rows: null };
  }
  const rows = drawRows(model, count, random);
  return { statistics: computeStatistics(rows, settings.dimensions), rows: isKeepingRows ? rows : null };
}
