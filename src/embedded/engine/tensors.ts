// Arrays of the host as tensors of jax-js, and back. It knows shapes and nothing of their meaning.

import { numpy as np } from "@jax-js/jax";
import { createTokenIds, listParameters, type ModelShape, type Parameters } from "../shape.ts";
import { type BodyParameters, bodyNames } from "./body.ts";

/** Copies values into a tensor. */
export function createTensor(values: Float32Array, shape: number[]): np.Array {
  return np.array(values as Float32Array<ArrayBuffer>, { shape });
}

/** The tensors of the compiled part; of the embedding the output tokens alone. Whoever is handed them consumes them. */
export function createBodyTensors(parameters: Parameters, shape: ModelShape): BodyParameters {
  const { outputCount } = createTokenIds(shape);
  const sizes = new Map(listParameters(shape).map(([name, rows, columns]) => [name, [rows, columns]]));
  const tensors: Record<string, np.Array> = {};
  for (const name of bodyNames) {
    const [rows, columns] = sizes.get(name) as [number, number];
    const kept = name === "embedding" ? outputCount : rows;
    tensors[name] = createTensor(parameters[name]!.subarray(0, kept * columns), [kept, columns]);
  }
  return tensors as BodyParameters;
}

/** Another handle on each tensor, for one more use. */
export function shareTensors(tensors: BodyParameters): BodyParameters {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.ref])) as BodyParameters;
}

export function disposeTensors(tensors: BodyParameters): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

export function readTensor(tensor: np.Array): Float32Array {
  return tensor.dataSync() as Float32Array;
}
