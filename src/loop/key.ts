// The identity of a stage: what it is, never when, where, by whom or in which order it was asked for.

import type { Description, Stage, StageKind } from "../domain/stage.ts";
import type { Json } from "../keys/canonical.ts";
import { computeIdentityKey, type StageIdentity } from "../keys/stage-identity.ts";

/** What a key is the digest of; `inputs` are the keys of finished stages, in order. */
export type Identity = StageIdentity<StageKind, Json>;

/** SHA-256 over canonical JSON {schema, kind, version, parameters, inputs}. */
export function computeStageKey(description: Description, inputs: readonly Stage[]): string {
  const { kind, version, parameters } = description;
  const identity: Identity = { kind, version, parameters, inputs: inputs.map((input) => input.key) };
  return computeIdentityKey(identity);
}

export function isStage(input: Stage | Description): input is Stage {
  return "key" in input;
}
