// What a stage's key is the digest of. It knows neither what a kind means nor who asks.

import { computeKey } from "./digest.ts";

/** Raised when the meaning of the fields below changes; then no stage of an older run is reused. */
const schema = 1;

/** `inputs` are the keys of finished stages, in order; `parameters` is JSON. */
export interface StageIdentity<Kind extends string = string, Parameters = unknown> {
  readonly kind: Kind;
  readonly version: number;
  readonly parameters: Parameters;
  readonly inputs: readonly string[];
}

/** SHA-256 over canonical JSON {schema, kind, version, parameters, inputs}. */
export function computeIdentityKey({ kind, version, parameters, inputs }: StageIdentity): string {
  return computeKey({ schema, kind, version, parameters, inputs });
}
