// The run's shelf: what the tables and the artifact folder hold, behind the one port that systems know.

import type { Clock, Ledger } from "../../domain/context.ts";
import type { Shelf } from "../../domain/shelf.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createFolderCheck, type FolderCheck } from "../witness/folder-check.ts";
import type { Writer } from "../writer.ts";
import type { ArtifactShelf } from "./artifacts.ts";
import { createCandidateShelf } from "./candidates.ts";
import { createCorpusShelf } from "./corpora.ts";
import { createLintShelf } from "./lint.ts";
import { createScoreShelf } from "./scores.ts";

export interface ShelfParts {
  readonly connection: Connection;
  readonly writer: Writer;
  readonly stages: StageTable;
  readonly clock: Clock;
  readonly artifacts: ArtifactShelf;
}

export type RunShelf = Shelf & FolderCheck & { createLedger(stage: string): Ledger };

export function createRunShelf(parts: ShelfParts): RunShelf {
  const { connection, writer, stages, clock, artifacts } = parts;
  const { createDraft, writeModel, readModel } = artifacts;
  return {
    ...createCandidateShelf(connection, writer, stages, clock),
    ...createScoreShelf(connection, writer, stages),
    ...createLintShelf(connection, writer, stages),
    ...createCorpusShelf(connection, writer, stages),
    ...createFolderCheck(connection, stages.loseModel),
    createDraft,
    writeModel,
    readModel,
  };
}
