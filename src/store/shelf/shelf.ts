// The run's shelf: what the tables and the artifact folder hold, behind the one port that systems know.

import type { Budget, Clock } from "../../domain/context.ts";
import type { Shelf } from "../../domain/shelf.ts";
import type { Connection } from "../database.ts";
import { type AttemptTable, createAttemptTable } from "../ledger/attempts.ts";
import type { StageTable } from "../stages.ts";
import { createFolderCheck, type FolderCheck } from "../witness/folder-check.ts";
import type { Writer } from "../writer.ts";
import { type ArtifactShelf, createArtifactShelf } from "./artifacts.ts";
import { createCandidateShelf } from "./candidates.ts";
import { createCorpusShelf } from "./corpora.ts";
import { createLintShelf } from "./lint.ts";
import { createScoreShelf } from "./scores.ts";

export interface ShelfParts {
  readonly connection: Connection;
  readonly writer: Writer;
  readonly stages: StageTable;
  readonly clock: Clock;
  /** Where artifacts lie. */
  readonly folder: string;
  /** Over the whole run; no cap unless given. */
  readonly budget?: Partial<Budget> | undefined;
}

export interface RunShelf
  extends Shelf,
    FolderCheck,
    Pick<AttemptTable, "createLedger" | "markUnknown" | "readSpending" | "readAnswered" | "endpoints"> {
  readonly artifacts: ArtifactShelf;
}

export function createRunShelf(parts: ShelfParts): RunShelf {
  const { connection, writer, stages, clock, folder, budget } = parts;
  const attempts = createAttemptTable(connection, { writer, stages, clock, budget });
  const artifacts = createArtifactShelf(folder, { connection, writer, stages, attempts });
  const { createDraft, writeModel, readModel } = artifacts;
  return {
    artifacts,
    createLedger: attempts.createLedger,
    markUnknown: attempts.markUnknown,
    readSpending: attempts.readSpending,
    readAnswered: attempts.readAnswered,
    endpoints: attempts.endpoints,
    ...createCandidateShelf(connection, { writer, stages, attempts }),
    ...createScoreShelf(connection, writer, stages),
    ...createLintShelf(connection, writer, stages),
    ...createCorpusShelf(connection, writer, stages),
    ...createFolderCheck(connection, stages.loseModel),
    createDraft,
    writeModel,
    readModel,
  };
}
