// Rows of text as the fixed-shape arrays the model computes on; a short batch is filled up with rows of weight 0.
// It knows the layout (article, prompt token, completion) and nothing of what is computed.

import { countPositions, type ModelShape } from "../shape.ts";
import type { EncodedArticle, EncodedCompletion, Vocabulary } from "../vocabulary.ts";

/** Added to the score of what may not be attended. */
export const masked = -1e9;

export interface EncodedRow {
  /** Article, prompt token and completion but its last token, padded to the model's positions. */
  readonly tokens: Uint16Array;
  /** What each queried position is to predict; as long as the completion. */
  readonly targets: Uint16Array;
}

/** Shapes as engine/body.ts names them; `rows` counts padding rows too. */
export interface Batch {
  readonly rows: number;
  readonly tokens: Uint16Array;
  /** Padded by the padding token. */
  readonly targets: Uint16Array;
  /** 1 for a target, 0 for padding. */
  readonly weights: Float32Array;
  readonly targetCount: number;
  readonly attendMask: Float32Array;
  readonly copyMask: Float32Array;
  readonly matches: Float32Array;
  readonly inVocabulary: Float32Array;
}

/** Lays article, prompt token and completion out; both must have been encoded for the same article. */
export function encodeRow(
  article: EncodedArticle,
  completion: EncodedCompletion,
  { vocabulary, shape }: { vocabulary: Vocabulary; shape: ModelShape },
): EncodedRow {
  const { ids } = vocabulary;
  const tokens = new Uint16Array(countPositions(shape)).fill(ids.padding);
  tokens.set(article.tokens);
  tokens[shape.article] = ids.prompt;
  tokens.set(completion.tokens.slice(0, shape.completion - 1), shape.article + 1);
  return { tokens, targets: Uint16Array.from(completion.tokens) };
}

/** Creates the arrays of up to `rows` encoded rows. */
export function createBatch(
  encoded: readonly EncodedRow[],
  rows: number,
  { vocabulary, shape }: { vocabulary: Vocabulary; shape: ModelShape },
): Batch {
  const { ids } = vocabulary;
  const { article, completion, heads } = shape;
  const length = countPositions(shape);
  const batch = {
    rows,
    tokens: new Uint16Array(rows * length).fill(ids.padding),
    targets: new Uint16Array(rows * completion).fill(ids.padding),
    weights: new Float32Array(rows * completion),
    targetCount: encoded.reduce((total, row) => total + row.targets.length, 0),
    attendMask: new Float32Array(rows * completion * heads * length),
    copyMask: new Float32Array(rows * article),
    matches: new Float32Array(rows * completion * article),
    inVocabulary: new Float32Array(rows * completion),
  };
  for (const [row, { tokens, targets }] of encoded.entries()) {
    batch.tokens.set(tokens, row * length);
    batch.targets.set(targets, row * completion);
    batch.weights.fill(1, row * completion, row * completion + targets.length);
    for (const [i, target] of targets.entries()) {
      const query = row * completion + i;
      batch.inVocabulary[query] = target < ids.outputCount ? 1 : 0;
      // Unknown words of article and completion need not be the same word.
      if (target === ids.unknown) continue;
      for (let at = 0; at < article; at++) if (tokens[at] === target) batch.matches[query * article + at] = 1;
    }
  }
  fillMasks(batch, { padding: ids.padding, unknown: ids.unknown, shape });
  return batch;
}

/** A query attends to what is there and not later than itself; neither padding nor `unknown` can be copied. */
function fillMasks(
  { rows, tokens, attendMask, copyMask }: Batch,
  { padding, unknown, shape }: { padding: number; unknown: number; shape: ModelShape },
): void {
  const { article, completion, heads } = shape;
  const length = countPositions(shape);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < article; at++) {
      const token = tokens[row * length + at]!;
      if (token === padding || token === unknown) copyMask[row * article + at] = masked;
    }
    for (let i = 0; i < completion; i++) {
      const start = (row * completion + i) * heads * length;
      for (let at = 0; at < length; at++) {
        const open = at < article ? tokens[row * length + at] !== padding : at <= article + i;
        if (open) continue;
        for (let head = 0; head < heads; head++) attendMask[start + head * length + at] = masked;
      }
    }
  }
}
