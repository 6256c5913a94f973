// Writes completions token by token with a cache of keys: the normed front of every position, which attention and
// copying read directly. A fixed number of slots is decoded at once, and a finished slot takes the next request,
// so that no slot waits for the longest. What a slot writes depends on its own request alone, to the bit.

import { jit, type numpy as np } from "@jax-js/jax";
import type { Random } from "../../math/random.ts";
import { countPositions, type ModelShape, type Parameters } from "../shape.ts";
import type { EncodedArticle, Vocabulary } from "../vocabulary.ts";
import { masked } from "./batch.ts";
import { type BodyInput, type BodyParameters, predict, softmax } from "./body.ts";
import { type DrawOptions, drawToken } from "./draw.ts";
import { createFront, runFront } from "./front.ts";
import { smallestProbability } from "./gradient.ts";
import { createBodyTensors, createTensor, disposeTensors, readTensor, shareTensors } from "./tensors.ts";

export interface DecodeRequest {
  readonly article: EncodedArticle;
  readonly random: Random;
}

export interface Decoded {
  /** End token included when produced. */
  readonly tokens: readonly number[];
  /** ln p of each token at temperature 1, before any truncation. */
  readonly logProbabilities: Float64Array;
  readonly finish: "stop" | "length";
}

export interface Decoder {
  /** Decodes all requests, in any order; the answers come in the order of the requests. */
  run(requests: readonly DecodeRequest[], options: DecodeOptions): Decoded[];
}

export interface DecodeOptions extends DrawOptions {
  readonly parameters: Parameters;
  readonly vocabulary: Vocabulary;
  /** Predictions a request may take, the end token included. */
  readonly maxTokens: number;
  readonly isCancelled: () => boolean;
}

/** A request being decoded. */
interface Slot {
  readonly request: number;
  readonly random: Random;
  readonly tokens: number[];
  readonly logProbabilities: number[];
}

/** Requests decoded at once. More would keep the kernels no busier and the last slots idle for longer. */
const slotCount = 64;

export function createDecoder(shape: ModelShape): Decoder {
  const state = createState(shape);
  const compiled = jit((parameters: BodyParameters, input: BodyInput) => {
    const { z, logits, gate, copies } = predict(parameters, input, shape);
    z.dispose();
    return { vocabulary: softmax(logits), gate, copies };
  });

  return {
    run(requests, options) {
      const { parameters, vocabulary, isCancelled } = options;
      const results: Decoded[] = new Array(requests.length);
      const slots: (Slot | undefined)[] = new Array(slotCount).fill(undefined);
      const tensors = createBodyTensors(parameters, shape);
      // One array for all slots: it is filled, struck out and drawn from before the next slot has its turn.
      const distribution = new Float64Array(vocabulary.ids.padding);
      let next = 0;
      let busy = 0;
      do {
        for (let slot = 0; slot < slotCount && next < requests.length; slot++) {
          if (slots[slot] !== undefined) continue;
          const { article, random } = requests[next]!;
          slots[slot] = { request: next++, random, tokens: [], logProbabilities: [] };
          openSlot(state, slot, { article, parameters, vocabulary, shape });
          busy++;
        }
        const output = compiled(shareTensors(tensors), createInput(state, shape));
        const [words, gates, copies] = [output.vocabulary, output.gate, output.copies].map(readTensor) as Triple;
        for (const [index, slot] of slots.entries()) {
          if (slot === undefined) continue;
          mix(distribution, { words, gate: gates[index]!, copies, index, tokens: state.tokens, shape });
          const finish = advance(slot, distribution, options);
          if (finish === undefined) {
            extendSlot(state, index, { token: slot.tokens.at(-1)!, at: slot.tokens.length, parameters, shape });
            continue;
          }
          const { tokens, logProbabilities } = slot;
          results[slot.request] = { tokens, logProbabilities: Float64Array.from(logProbabilities), finish };
          slots[index] = undefined;
          busy--;
        }
      } while ((busy > 0 || next < requests.length) && !isCancelled());
      disposeTensors(tensors);
      return results;
    },
  };
}

/** Vocabulary, gate and copies, as read back. */
type Triple = [Float32Array, Float32Array, Float32Array];
type State = ReturnType<typeof createState>;

/** The arrays of all slots side by side; the normed front is the cache. */
function createState(shape: ModelShape) {
  const length = countPositions(shape);
  return {
    tokens: new Uint16Array(slotCount * length),
    front: createFront(shape, slotCount),
    y: new Float32Array(slotCount * shape.width),
    attendMask: new Float32Array(slotCount * shape.heads * length),
    copyMask: new Float32Array(slotCount * shape.article),
  };
}

/** Puts an article and the prompt token into a slot; what was there before leaves no trace. */
function openSlot(
  state: State,
  slot: number,
  options: { article: EncodedArticle; parameters: Parameters; vocabulary: Vocabulary; shape: ModelShape },
): void {
  const { article, parameters, vocabulary, shape } = options;
  const { ids } = vocabulary;
  const { tokens, front, attendMask, copyMask } = state;
  const length = countPositions(shape);
  const start = slot * length;
  tokens.fill(ids.padding, start, start + length);
  tokens.set(article.tokens, start);
  tokens[start + shape.article] = ids.prompt;
  front.h.fill(0, (start + shape.article) * shape.width, (start + length) * shape.width);
  attendMask.fill(masked, start * shape.heads, (start + length) * shape.heads);
  for (let head = 0; head < shape.heads; head++) {
    const first = start * shape.heads + head * length;
    attendMask.fill(0, first, first + article.tokens.length);
    attendMask[first + shape.article] = 0;
  }
  for (let at = 0; at < shape.article; at++) {
    const token = tokens[start + at];
    copyMask[slot * shape.article + at] = token === ids.padding || token === ids.unknown ? masked : 0;
  }
  runFront(front, parameters, { shape, tokens, row: slot, first: 0, last: shape.article + 1 });
  readQuery(state, slot, { at: shape.article, shape });
}

/** Adds one token of the completion, its `at`-th counted from 1. */
function extendSlot(
  state: State,
  slot: number,
  options: { token: number; at: number; parameters: Parameters; shape: ModelShape },
): void {
  const { token, parameters, shape } = options;
  const { tokens, front, attendMask } = state;
  const length = countPositions(shape);
  const at = shape.article + options.at;
  tokens[slot * length + at] = token;
  for (let head = 0; head < shape.heads; head++) attendMask[(slot * shape.heads + head) * length + at] = 0;
  runFront(front, parameters, { shape, tokens, row: slot, first: at, last: at + 1 });
  readQuery(state, slot, { at, shape });
}

/** The newest position of a slot is the one that predicts. */
function readQuery({ front, y }: State, slot: number, { at, shape }: { at: number; shape: ModelShape }): void {
  const start = (slot * countPositions(shape) + at) * shape.width;
  y.set(front.y.subarray(start, start + shape.width), slot * shape.width);
}

function createInput(
  { front, y, attendMask, copyMask }: State,
  shape: ModelShape,
): BodyInput & Record<string, np.Array> {
  const { width, heads, article } = shape;
  const length = countPositions(shape);
  return {
    h: createTensor(front.h, [slotCount, length, width]),
    y: createTensor(y, [slotCount, width]),
    attendMask: createTensor(attendMask, [slotCount, heads, length]),
    copyMask: createTensor(copyMask, [slotCount, 1, article]),
  };
}

/** The mixture of vocabulary and copying, over words and placeholders. */
function mix(
  distribution: Float64Array,
  options: {
    words: Float32Array;
    gate: number;
    copies: Float32Array;
    index: number;
    tokens: Uint16Array;
    shape: ModelShape;
  },
): void {
  const { words, gate, copies, index, tokens, shape } = options;
  const outputCount = words.length / slotCount;
  distribution.fill(0);
  for (let token = 0; token < outputCount; token++) distribution[token] = gate * words[index * outputCount + token]!;
  const start = index * countPositions(shape);
  for (let at = 0; at < shape.article; at++) {
    const token = tokens[start + at]!;
    // Padding cannot be copied; its share is zero to within rounding and is left out.
    if (token < distribution.length) distribution[token]! += (1 - gate) * copies[index * shape.article + at]!;
  }
}

/**
 * Draws the next token; returns how the completion ended, or undefined while it goes on.
 * What cannot be written is struck out of the distribution first, and what is left keeps its probability.
 */
function advance(slot: Slot, distribution: Float64Array, options: DecodeOptions): Decoded["finish"] | undefined {
  const { ids, words } = options.vocabulary;
  distribution[ids.unknown] = 0;
  distribution.fill(0, ids.firstWord + words.length, ids.firstPlaceholder);
  const token = drawToken(distribution, options, slot.random);
  slot.tokens.push(token);
  slot.logProbabilities.push(Math.log(distribution[token]! + smallestProbability));
  if (token === ids.end) return "stop";
  return slot.tokens.length >= options.maxTokens ? "length" : undefined;
}
