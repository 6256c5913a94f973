// The model.script key: what a scripted provider answers and how it fails.

import { z } from "zod";
import { count, strict } from "./strict.ts";

/** Of several faults together no more than all. */
const part = (what: string) => z.number().min(0).max(1).default(0).describe(what);

export const scriptSchema = strict({
  folder: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Where it keeps its books of calls and bills, relative to this file; null for nowhere."),
  words: count(1, 10_000).default(6).describe("Words of an answer, at most."),
  logProbabilities: z.boolean().default(true).describe("Whether answers come with log-probabilities."),
  price: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe("What one call is billed, US dollars. Nothing is really paid."),
  delayMs: count(0, 3_600_000).default(0).describe("Milliseconds until a call is answered, on the average."),
  width: count(1, 4096).default(16).describe("Calls in flight at once."),
  answers: strict({
    refused: part("Share of the answers that are refused."),
    truncated: part("Share of the answers that are cut off."),
    empty: part("Share of the answers that are empty."),
  })
    .prefault({})
    .describe("Answers that are none; which ones follows from the seed."),
  dialogue: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("Share of the answers that are dialogues, `user: ..` and `assistant: ..` on two lines; needs no prompt."),
  calls: strict({
    busy: part("Share of the calls that are turned away once, unbilled."),
    lost: part("Share of the calls whose first reply is lost, though billed."),
    rejected: part("Share of the calls turned away for good, until the run goes on in another process."),
  })
    .prefault({})
    .describe("Calls that fail on the way. They change what is paid and nothing that is sampled."),
}).describe("For trainer: scripted. Answers and faults that are written down, for dry runs and tests.");
