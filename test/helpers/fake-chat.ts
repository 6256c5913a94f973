// A judge that answers by a function of the question, through the ledger as a real one does, and counts what was sent.

import type { Answer, Chat, Question } from "../../src/domain/hosted.ts";

export interface FakeChat extends Chat {
  /** Everything that was sent, in order; what was recalled is not among it. */
  readonly sent: readonly Question[];
}

/** `reply` returns the text of the answer; null refuses. */
export function createFakeChat(reply: (question: Question) => string | null): FakeChat {
  const sent: Question[] = [];
  return {
    version: 1,
    identity: { provider: "fake" },
    sent,
    async *answer(questions, { ledger, signal }): AsyncGenerator<Answer> {
      for await (const question of questions) {
        signal.throwIfAborted();
        const { id } = question;
        const known = ledger.recall(id) as { readonly text: string | null } | undefined;
        let text = known?.text;
        if (text === undefined) {
          await ledger.intend({ key: id, rowCount: 0, isOutside: true });
          sent.push(question);
          text = reply(question);
          await ledger.record(id, { text });
        }
        yield { id, text, reason: text === null ? "content filter" : null };
      }
    },
  };
}

/** The mark of a question, as a judge that reads it to the end would find it. */
export function readMark({ text }: Question): string {
  const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
  if (mark === undefined) throw new Error("the question asks for no verdict");
  return mark;
}

/** The text of a block of a question. */
export function readBlock(question: Question, name: string): string {
  const mark = readMark(question);
  const [begin, end] = [`<${name} ${mark}>\n`, `\n</${name} ${mark}>`];
  const at = question.text.indexOf(begin);
  if (at < 0) throw new Error(`the question has no block ${name}`);
  return question.text.slice(at + begin.length, question.text.indexOf(end, at));
}
