// The proof of a text classifier. Without it a label that it does not have would be found out when there is something to score.

import type { Context } from "../../domain/context.ts";
import { ProviderError, VerifierError } from "../../errors.ts";
import { tryClassifier } from "../../providers/classifier/classifier.ts";
import type { Connection } from "../../providers/connection.ts";
import type { Uses } from "../../providers/proving/proof-cost.ts";
import { describeLack, findLabel, labelAdvice } from "../../verifiers/reward.ts";

/** A classifier has one thing to show: that it knows the labels that are wanted. */
export async function proveLabels(
  labels: NonNullable<Uses["labels"]>,
  { talk, controller }: Connection,
  context: Context,
): Promise<void> {
  const where = `endpoint ${talk.endpoint.name}`;
  const { scores, reason } = await tryClassifier({ ...talk, controller }, context);
  if (scores === null) {
    throw new ProviderError(`it labels nothing: ${reason}`, { where, next: "check the endpoint's url and model" });
  }
  const lack = labels.find((label) => findLabel(scores, label) === undefined);
  if (lack !== undefined) throw new VerifierError(`it ${describeLack(scores, lack)}`, { where, next: labelAdvice });
}
