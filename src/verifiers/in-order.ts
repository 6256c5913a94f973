// Questions about candidates and their answers, matched in order: what a candidate needs asked is asked in one stream,
// and scores leave in the order of the candidates, those that need no question among them.

import type { Score } from "../domain/rows.ts";
import { VerifierError } from "../errors.ts";

/** What is asked about one candidate, or about those of one prompt, and how the answers become scores. */
export interface Case<Question, Answer> {
  /** None where nothing need be asked. */
  readonly questions: readonly Question[];
  /** Handed one answer a question, in order. */
  read(answers: readonly Answer[]): readonly Score[];
}

interface Named {
  readonly id: string;
}

/** `send` yields one answer a question, in order. */
export async function* scoreCases<Question extends Named, Answer extends Named>(
  cases: AsyncIterable<Case<Question, Answer>>,
  send: (questions: AsyncIterable<Question>) => AsyncIterable<Answer>,
): AsyncGenerator<Score> {
  const open: Case<Question, Answer>[] = [];
  async function* ask(): AsyncGenerator<Question> {
    for await (const one of cases) {
      open.push(one);
      yield* one.questions;
    }
  }
  let answers: Answer[] = [];
  for await (const answer of send(ask())) {
    while (open[0]?.questions.length === 0) yield* readFirst([]);
    const due = open[0]?.questions[answers.length];
    if (answer.id !== due?.id) throw new VerifierError(`answered ${answer.id} where ${due?.id ?? "nothing"} was due`);
    answers.push(answer);
    if (answers.length < (open[0]?.questions.length ?? 0)) continue;
    yield* readFirst(answers);
    answers = [];
  }
  while (open[0]?.questions.length === 0) yield* readFirst([]);
  const missing = open[0]?.questions[answers.length];
  if (missing !== undefined) throw new VerifierError(`ended without an answer to ${missing.id}`);

  function readFirst(given: readonly Answer[]): readonly Score[] {
    return (open.shift() as Case<Question, Answer>).read(given);
  }
}
