// A judge of pairs: which of two texts is better, asked in both orders. A verdict that turns with the order is a tie.
// Draws of one prompt meet in a round, each the next; or every candidate meets one fixed opponent of its prompt.

import type { Answer, Chat, Question } from "../../domain/hosted.ts";
import type { Verifier } from "../../domain/ports.ts";
import type { Score, StoredCandidate } from "../../domain/rows.ts";
import { type Case, scoreCases } from "../in-order.ts";
import { findUnusable } from "../unusable.ts";
import { createBlocks } from "./blocks.ts";
import type { MarkedQuestion, QuestionMaker } from "./question.ts";
import { type Form, parseVerdict } from "./verdict.ts";

export const pairwiseForm: Form = { winner: ["first", "second", "tie"] };

/** draws: the next draw of the prompt. reference: the reference. lead: how the article begins. */
export type Opponent = "draws" | "reference" | "lead";

export interface PairwiseOptions {
  readonly chat: Chat;
  readonly maker: QuestionMaker;
  readonly against: Opponent;
  readonly hasReference: boolean;
}

export function createPairwiseJudge(options: PairwiseOptions): Verifier {
  return {
    version: 1,
    ...(options.against === "draws" && { grain: "prompt" as const }),
    async *verify(candidates, { seed }, context) {
      async function* cases() {
        for await (const drawn of groupByPrompt(candidates)) yield createRound(drawn, options, seed);
      }
      context.signal.throwIfAborted();
      yield* scoreCases(cases(), (questions) => options.chat.answer(questions, context));
    },
  };
}

/** Candidates come prompt by prompt. */
async function* groupByPrompt(candidates: AsyncIterable<StoredCandidate>): AsyncGenerator<readonly StoredCandidate[]> {
  let drawn: StoredCandidate[] = [];
  for await (const stored of candidates) {
    if (drawn[0] !== undefined && drawn[0].promptIndex !== stored.promptIndex) {
      yield drawn;
      drawn = [];
    }
    drawn.push(stored);
  }
  if (drawn.length > 0) yield drawn;
}

interface Duel {
  readonly one: number;
  /** null for an opponent that is no candidate. */
  readonly other: number | null;
  /** None where both texts are the same: that is a tie, and nobody need be asked. */
  readonly asked: readonly MarkedQuestion[];
}

/** What a candidate won of its duels, and why those that were void were. */
interface Tally {
  readonly wins: number[];
  readonly faults: string[];
}

function createRound(
  drawn: readonly StoredCandidate[],
  options: PairwiseOptions,
  seed: string,
): Case<Question, Answer> {
  const duels = listDuels(drawn, options, seed);
  return {
    questions: duels.flatMap(({ asked }) => asked.map(({ question }) => question)),
    read(answers) {
      const tallies = new Map<number, Tally>(drawn.map(({ id }) => [id, { wins: [], faults: [] }]));
      const rest = [...answers];
      for (const { one, other, asked } of duels) {
        const won = readDuel(rest.splice(0, asked.length), asked);
        for (const [id, share] of [
          [one, won],
          [other, typeof won === "number" ? 1 - won : won],
        ] as const) {
          if (id === null) continue;
          const tally = tallies.get(id) as Tally;
          if (typeof share === "number") tally.wins.push(share);
          else tally.faults.push(share);
        }
      }
      return drawn.map(({ id, candidate }) => createScore(id, findUnusable(candidate), tallies.get(id) as Tally));
    },
  };
}

function createScore(id: number, unusable: string | null, { wins, faults }: Tally): Score {
  if (unusable !== null) return { id, score: null, reason: unusable };
  if (wins.length > 0) return { id, score: wins.reduce((sum, won) => sum + won, 0) / wins.length, reason: null };
  return { id, score: null, reason: faults[0] ?? "no other draw of its prompt to compare with" };
}

function listDuels(drawn: readonly StoredCandidate[], options: PairwiseOptions, seed: string): readonly Duel[] {
  const usable = drawn.filter(({ candidate }) => findUnusable(candidate) === null);
  const { against } = options;
  if (against !== "draws") {
    return usable.map((stored) => {
      const text = against === "reference" ? stored.row.summary : createLead(stored.row.article);
      return createDuel(stored, { id: null, text }, { options, seed });
    });
  }
  // Two draws meet once; of more, each meets the one before it and the one behind it.
  const pairCount = usable.length === 2 ? 1 : usable.length < 2 ? 0 : usable.length;
  return usable.slice(0, pairCount).map((stored, index) => {
    const next = usable[(index + 1) % usable.length] as StoredCandidate;
    return createDuel(stored, { id: next.id, text: next.candidate.completion }, { options, seed });
  });
}

interface Rival {
  readonly id: number | null;
  readonly text: string;
}

function createDuel(
  stored: StoredCandidate,
  { id: other, text }: Rival,
  { options, seed }: { readonly options: PairwiseOptions; readonly seed: string },
): Duel {
  const { id: one, row, candidate } = stored;
  const own = candidate.completion;
  if (own === text) return { one, other, asked: [] };
  const blocks = createBlocks(row, options.hasReference);
  const name = `${one}:${other ?? options.against}`;
  const asked = [
    options.maker.create(`${name}/1`, { ...blocks, first: own, second: text }, seed),
    options.maker.create(`${name}/2`, { ...blocks, first: text, second: own }, seed),
  ];
  return { one, other, asked };
}

/** 1 where the first text of the first question won, 0 where it lost, 0.5 for a tie; a fault where it cannot be told. */
function readDuel(answers: readonly Answer[], asked: readonly MarkedQuestion[]): number | string {
  const told: string[] = [];
  for (const [index, answer] of answers.entries()) {
    const verdict = parseVerdict(answer, pairwiseForm, (asked[index] as MarkedQuestion).mark);
    if (verdict.kind === "none") return verdict.reason;
    told.push(verdict.values.winner as string);
  }
  if (told[0] === "first" && told[1] === "second") return 1;
  if (told[0] === "second" && told[1] === "first") return 0;
  return 0.5;
}

/** The article's first sentence, the baseline that summaries are held against most often. */
function createLead(article: string): string {
  const text = article.trim();
  const end = /[.!?。！？](?=\s|$)/u.exec(text);
  return text.slice(0, Math.min(end === null ? text.length : end.index + 1, mostLead));
}

const mostLead = 400;
