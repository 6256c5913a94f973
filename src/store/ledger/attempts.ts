// The intent and billing ledger. An intent is on disk before its work begins; its end is committed with what it brought.
// An attempt is never deleted: what was paid stays paid, whatever becomes of its rows. The budget is held against what is
// spent and reserved in the very transaction of an intent.

import type { Answered, Budget, Clock, Ledger, Spending, Usage } from "../../domain/context.ts";
import type { EndpointRecords, PatienceRecords } from "../../domain/records.ts";
import type { BudgetError } from "../../errors.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";
import { createAccount, underWay } from "./account.ts";
import { type AttemptResult, createAttemptBook, nameAttempt } from "./book.ts";
import { createEndpointRecords } from "./endpoints.ts";

export interface AttemptTable {
  /** The ledger of one stage. */
  createLedger(stage: string): Ledger;
  /** The id of an intended attempt. */
  find(stageId: number, key: string): number;
  /** Within a transaction: the attempt has brought its rows. */
  close(stageId: number, key: string, brought: Brought): void;
  /** After that transaction: what was known of its use need not be held any longer. */
  forget(stageId: number, key: string): void;
  /** Within a transaction: whatever the stage had begun has brought what it was for. */
  closeAll(stageId: number): void;
  /** What a dead process had sent: nobody knows what became of it. Call it before anything is intended. */
  markUnknown(): void;
  readSpending(): Spending;
  /** By the keys of stages: what was answered for them over the whole run. */
  readAnswered(): ReadonlyMap<string, Answered>;
  /** What the endpoints that attempts are sent to were found to be. */
  readonly endpoints: EndpointRecords & PatienceRecords;
}

type Brought = Omit<AttemptResult, "usage">;

interface AttemptParts {
  readonly writer: Writer;
  readonly stages: StageTable;
  readonly clock: Clock;
  readonly budget?: Partial<Budget> | undefined;
}

export function createAttemptTable(
  connection: Connection,
  { writer, stages, clock, budget }: AttemptParts,
): AttemptTable {
  const statements = prepareStatements(connection);
  const account = createAccount(connection, budget);
  const book = createAttemptBook(connection, { clock, account });
  writer.onRollBack(book.doubt);
  stages.onReopen(book.doubt);
  const usageByName = new Map<string, Usage>();
  const forget = (stageId: number, key: string): void => void usageByName.delete(nameAttempt(stageId, key));
  const close = (stageId: number, key: string, brought: Brought): void =>
    book.close(stageId, key, { ...brought, usage: usageByName.get(nameAttempt(stageId, key)) });

  const createLedger = (stage: string): Ledger => ({
    intend: (attempt) =>
      writer
        .write(() => {
          const over = account.findExcess(attempt);
          if (over === null) book.intend(stages.idOf(stage), attempt);
          return over;
        })
        .then(throwRefusal),
    settle: (key, end) => writer.write(() => book.settle(stages.idOf(stage), key, end)),
    account: (key, usage) => void usageByName.set(nameAttempt(stages.idOf(stage), key), usage),
    async record(key, answer) {
      const stageId = stages.idOf(stage);
      const value = renderCanonical(answer);
      await writer.write(() => {
        const attempt = book.find(stageId, key);
        close(stageId, key, { tokenCount: null, digest: null });
        statements.record.run(attempt, value, computeDigest(value));
      });
      forget(stageId, key);
    },
    recall(key) {
      const found = statements.recall.get(stages.idOf(stage), key);
      if (found === undefined) return undefined;
      if (computeDigest(found.value) !== found.value_sha256) {
        throw createDamageError(`the answer of attempt ${key} is damaged`, connection.name);
      }
      return JSON.parse(found.value) as Json;
    },
  });

  return {
    createLedger,
    find: book.find,
    close,
    forget,
    markUnknown: () => void statements.markUnknown.run(),
    closeAll: book.closeAll,
    readSpending: account.read,
    readAnswered: () => new Map([...account.readAnswered()].map(([id, stage]) => [stages.keyOf(id), stage])),
    endpoints: createEndpointRecords(connection, { writer, stages, clock }),
  };
}

function prepareStatements(connection: Connection) {
  return {
    markUnknown: connection.prepare(`UPDATE attempt SET state = 'unknown' WHERE ${underWay}`),
    record: connection.prepare("INSERT OR REPLACE INTO answer (attempt_id, value, value_sha256) VALUES (?, ?, ?)"),
    recall: connection.prepare<[number, string], { readonly value: string; readonly value_sha256: string }>(
      `SELECT value, value_sha256 FROM answer JOIN attempt ON attempt.id = answer.attempt_id
       WHERE stage_id = ? AND key = ?`,
    ),
  };
}

function throwRefusal(refusal: BudgetError | null): void {
  if (refusal !== null) throw refusal;
}
