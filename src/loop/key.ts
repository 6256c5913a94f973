// The identity of a stage: what it is, never when, where, by whom or in which order it was asked for.

import type { Description, Stage, StageKind } from "../domain/stage.ts";
import type { Json } from "../keys/canonical.ts";
import { computeKey } from "../keys/digest.ts";

/** Raised when the meaning of the fields below changes; then no stage of an older run is reused. */
const schema = 1;

/** What a key is the digest of; `inputs` are the keys of finished stages, in order. */
export interface Identity {
  readonly kind: StageKind;
  readonly version: number;
  readonly parameters: Json;
  readonly inputs: readonly string[];
}

/** SHA-256 over canonical JSON {schema, kind, version, parameters, inputs}. */
export function computeStageKey(description: Description, inputs: readonly Stage[]): string {
  const { kind, version, parameters } = description;
  const identity: Identity = { kind, version, parameters, inputs: inputs.map((input) => input.key) };
  return computeKey({ schema, ...identity });
}

export function isStage(input: Stage | Description): input is Stage {
  return "key" in input;
}
