// How a model is trained: the embedded trainer's parameters, for every generation, the first, and auxiliary models.

import { z } from "zod";
import { createProblem, findPlace, type Node, type Path, type PlacedProblem } from "../document/node.ts";
import type { TrainParams } from "../experiment.ts";
import { scriptSchema } from "./script.ts";
import { count, nameSchema, share, strict } from "./strict.ts";

/**
 * What the embedded model was tuned with on newswire: 500 rows are 63 updates, so the warm-up is short and the rate
 * high for a fine-tune.
 */
const defaults = { epochs: 1, steps: null, batch: 8, learningRate: 0.008, warmup: 10 } as const;

const positive = z.number().gt(0);

/** A fresh instance each time: described apart wherever it is used. */
const paramsSchema = () =>
  strict({
    epochs: count(1, 10_000).optional().describe("Passes over the corpus. 1 unless steps is given."),
    steps: count(1).optional().describe("Updates, whatever the size of the corpus. In place of epochs."),
    batch: count(1, 1024).optional().describe(`Rows an update. ${defaults.batch} unless given.`),
    learningRate: positive
      .max(1)
      .optional()
      .describe(`Peak of the learning rate, which then falls to 0 in a line. ${defaults.learningRate} unless given.`),
    warmup: count(0).optional().describe(`Updates over which the rate rises to it. ${defaults.warmup} unless given.`),
  });

export type ParamsConfig = z.output<ReturnType<typeof paramsSchema>>;

/** Further trainers join this list when they run; each with the base it starts from unless another is given. */
export const baseByTrainer = { embedded: "embedded:newswire", scripted: "scripted" } as const;

const trainerSchema = z.enum(["embedded", "scripted"]);

/** No default stands in `params` itself: what an arm sets must not collide with what nobody wrote. */
export const modelSchema = strict({
  trainer: trainerSchema
    .default("embedded")
    .describe("What trains and samples: the model inside this program, or a script for dry runs."),
  base: z
    .enum(["embedded:newswire", "scripted"])
    .optional()
    .describe("The model that training starts from. embedded:newswire comes with this package; scripted is no model."),
  script: scriptSchema.optional(),
  endpoint: nameSchema
    .nullable()
    .default(null)
    .describe(
      "The endpoint that every generation's model is sampled and scored through; null: in this process. It must serve that very model.",
    ),
  start: z
    .enum(["base", "previous"])
    .default("base")
    .describe("Where every generation starts: from the base model, or from the model of the generation before."),
  first: strict({
    endpoint: nameSchema
      .nullable()
      .default(null)
      .describe(
        "An endpoint whose model is generation 0 as it stands, a fixed teacher; null: generation 0 is trained.",
      ),
    params: paramsSchema().optional().describe("As model.params; what is not given here is as there."),
  })
    .prefault({})
    .describe("What is different for generation 0."),
  params: paramsSchema().prefault({}).describe("How every generation is trained."),
})
  .prefault({})
  .describe("The model, and how each generation of it is trained.");

/** Weak verifiers score under such a model. Its base is that of the experiment: one provider scores all. */
export const auxiliarySchema = strict({
  endpoint: nameSchema
    .nullable()
    .default(null)
    .describe("An endpoint whose model scores, in place of one that is trained; null: it is trained."),
  trainer: trainerSchema.optional().describe("As model.trainer: one provider trains and scores all."),
  real: share().default("100%").describe("Share of the train split that it is trained on."),
  params: paramsSchema().optional().describe("As model.params; what is not given is as for generation 0."),
}).describe("A model beside the loop: trained once a seed on real rows, or the fixed model of an endpoint.");

/** The parameters in full: each layer overrides those before it, and epochs and steps displace each other. */
export function resolveParams(layers: readonly (ParamsConfig | undefined)[]): TrainParams {
  const params: Record<string, number | null> = { ...defaults };
  for (const layer of layers) {
    const given = Object.entries(layer ?? {}).filter(([, value]) => value !== undefined);
    if (given.some(([key]) => key === "epochs" || key === "steps"))
      Object.assign(params, { epochs: null, steps: null });
    for (const [key, value] of given) params[key] = value ?? null;
  }
  return params as unknown as TrainParams;
}

/** Epochs and steps in one place are two statements of one thing. */
export function checkParams(
  config: ParamsConfig | undefined,
  at: { readonly tree: Node; readonly path: Path },
  problems: PlacedProblem[],
): void {
  if (config?.epochs === undefined || config.steps === undefined) return;
  const what = `${at.path.join(".")} gives both epochs and steps`;
  problems.push(createProblem(findPlace(at.tree, [...at.path, "steps"]), what, "keep one of them"));
}
