// A judge with a rubric: each candidate on a scale of whole numbers, by one criterion or the mean of several.

import type { Answer, Chat, Question } from "../../domain/hosted.ts";
import type { Verifier } from "../../domain/ports.ts";
import type { Score, StoredCandidate } from "../../domain/rows.ts";
import { type Case, scoreCases } from "../in-order.ts";
import { findUnusable } from "../unusable.ts";
import { createBlocks } from "./blocks.ts";
import type { QuestionMaker } from "./question.ts";
import { type Form, parseVerdict } from "./verdict.ts";

export interface RubricOptions {
  readonly chat: Chat;
  readonly maker: QuestionMaker;
  readonly form: Form;
  readonly hasReference: boolean;
}

export function createRubricJudge({ chat, maker, form, hasReference }: RubricOptions): Verifier {
  const ask = (stored: StoredCandidate, seed: string): Case<Question, Answer> => {
    const { id, row, candidate } = stored;
    const unusable = findUnusable(candidate);
    if (unusable !== null) return { questions: [], read: () => [{ id, score: null, reason: unusable }] };
    const blocks = { ...createBlocks(row, hasReference), candidate: candidate.completion };
    const { question, mark } = maker.create(String(id), blocks, seed);
    return { questions: [question], read: ([answer]) => [readScore(id, answer as Answer, { form, mark })] };
  };
  return {
    version: 1,
    async *verify(candidates, { seed }, context) {
      async function* cases() {
        for await (const stored of candidates) yield ask(stored, seed);
      }
      context.signal.throwIfAborted();
      yield* scoreCases(cases(), (questions) => chat.answer(questions, context));
    },
  };
}

function readScore(id: number, answer: Answer, { form, mark }: { readonly form: Form; readonly mark: string }): Score {
  const verdict = parseVerdict(answer, form, mark);
  if (verdict.kind === "none") return { id, score: null, reason: verdict.reason };
  const values = Object.values(verdict.values) as readonly number[];
  return { id, score: values.reduce((sum, value) => sum + value, 0) / values.length, reason: null };
}
