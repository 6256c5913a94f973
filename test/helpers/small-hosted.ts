// A small experiment of the embedded model, in process or through an endpoint that serves its own models: everything that
// is asked of a model (draws, self and weak scores, the loss) goes the one way or the other.

export const createHosted = ({
  endpoint,
  train = 32,
}: {
  readonly endpoint: string | null;
  readonly train?: number;
}): string => `schema: 1
name: small
system: language
dataset: { name: newswire, train: ${train}, test: 8 }
prompt: article
${endpoint === null ? "" : `endpoints: { own: { url: "${endpoint}" } }\n`}model: { trainer: embedded, base: embedded:newswire, params: { steps: 4 }${endpoint === null ? "" : ", endpoint: own"} }
generations: 1
workers: 1
real: 50%
sample: { candidates: 2, temperature: 1, maxTokens: 16 }
verifiers: { weak: { kind: perplexity, model: { trainer: embedded, real: 50%, params: { steps: 2 } } } }
arms: { corpus: replace, verifier: [weak, self], select.keep: 50% }
evaluate: { metrics: [rouge1, loss], decode: greedy }
`;
