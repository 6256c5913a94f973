// Content-addressed files of a run: a draft becomes an artifact under its digest, synced and renamed, never half there.

import { createReadStream } from "node:fs";
import { access, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "../../domain/ports.ts";
import { StoreError } from "../../errors.ts";
import { computeStreamDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { createOwnFolder, validateOwnFile, validateReadFile } from "../guard/own-path.ts";
import type { AttemptTable } from "../ledger/attempts.ts";
import type { StageTable } from "../stages.ts";
import { syncPath } from "../whole-file.ts";
import type { Writer } from "../writer.ts";

export type ArtifactShelf = ReturnType<typeof createArtifactShelf>;

export interface ArtifactParts {
  readonly connection: Connection;
  readonly writer: Writer;
  readonly stages: StageTable;
  readonly attempts: AttemptTable;
}

/** `directory` is made when the first draft is asked for. */
export function createArtifactShelf(directory: string, { connection, writer, stages, attempts }: ArtifactParts) {
  const insertArtifact = connection.prepare(
    `INSERT INTO artifact (sha256, kind, bytes, state) VALUES (?, 'file', ?, 'kept')
     ON CONFLICT (sha256) DO UPDATE SET state = 'kept'`,
  );
  const insertModel = connection.prepare(
    `INSERT INTO model (stage_id, artifact_sha256) VALUES (?, ?)
     ON CONFLICT (stage_id) DO UPDATE SET artifact_sha256 = excluded.artifact_sha256`,
  );
  const findModel = connection.prepare<[number], { sha256: string; state: string }>(
    `SELECT a.sha256, a.state FROM model m JOIN artifact a ON a.sha256 = m.artifact_sha256 WHERE m.stage_id = ?`,
  );
  const release = connection.prepare("UPDATE artifact SET state = 'released' WHERE sha256 = ?");
  /** Digests come out of a database that may be anybody's: only what is one becomes a part of a path. */
  const address = (digest: string): string => {
    if (/^[0-9a-f]{64}$/.test(digest)) return join(directory, digest);
    throw new StoreError(`${JSON.stringify(digest)} is no digest of an artifact`, {
      where: connection.name,
      next: "restore the run folder from a copy",
    });
  };

  return {
    async createDraft(stage: string): Promise<string> {
      createOwnFolder(directory);
      const draft = join(directory, `draft-${stage}.tmp`);
      validateOwnFile(draft);
      await rm(draft, { force: true });
      return draft;
    },

    async writeModel(stage: string, draft: string): Promise<Model> {
      validateOwnFile(draft);
      await syncPath(draft);
      const digest = await computeStreamDigest(createReadStream(draft));
      const { size } = await stat(draft);
      validateOwnFile(address(digest));
      await rename(draft, address(digest));
      await syncPath(directory);
      await writer.write(() => {
        insertArtifact.run(digest, size);
        insertModel.run(stages.idOf(stage), digest);
        attempts.closeAll(stages.idOf(stage));
      });
      return { lineage: stage, file: address(digest), digest };
    },

    async readModel(stage: string): Promise<Model> {
      const row = findModel.get(stages.idOf(stage));
      const lost = row === undefined || row.state === "released" || !(await isThere(address(row.sha256)));
      if (lost) {
        throw new StoreError(
          `the model of stage ${stage.slice(0, 12)} ${row?.state === "released" ? "was released" : "is missing"}`,
          {
            where: row ? address(row.sha256) : directory,
            next: "run the experiment into a new folder with --run, with keepModels: all",
          },
        );
      }
      validateReadFile(address(row.sha256));
      return { lineage: stage, file: address(row.sha256), digest: row.sha256 };
    },

    /** Deletes an artifact's file and keeps its row and digest. */
    async release(digest: string): Promise<void> {
      await writer.write(() => void release.run(digest));
      await rm(address(digest), { force: true });
    },

    /** Removes drafts that a killed process left; call it only as the one writer. */
    async removeDrafts(): Promise<void> {
      if (!(await isThere(directory))) return;
      createOwnFolder(directory);
      const drafts = (await readdir(directory)).filter((name) => name.startsWith("draft-") && name.endsWith(".tmp"));
      for (const draft of drafts.map((name) => join(directory, name))) {
        validateOwnFile(draft);
        await rm(draft, { force: true });
      }
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
