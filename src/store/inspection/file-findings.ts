// Looks at the files of a run's folder: artifacts against their digests, what does not belong there, who may read it.

import { createReadStream } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../../keys/canonical.ts";
import { computeKey, computeStreamDigest } from "../../keys/digest.ts";
import { createOk, createProblem, createWarning, type Finding } from "./finding.ts";
import type { InspectionWork } from "./stage-findings.ts";

/** What Refeed itself writes into a run's folder, the copy of an older version's database included. */
const ownNames =
  /^(state\.db(-wal|-shm|-journal|\.v\d+)?|lock\.(db|db-journal|json)|experiment\.yaml|resolved\.json|artifacts|report)$/;

export async function* inspectFolder(directory: string): AsyncGenerator<Finding> {
  const names = await readdir(directory);
  const strangers = names.filter((name) => !ownNames.test(name));
  const { mode } = await lstat(directory);
  const next = "nothing, if you meant that; otherwise chmod -R go-rwx the folder";
  if (mode & 0o022) {
    yield createWarning("folder", { what: "others may write into it", next: "chmod -R go-w the folder" });
  } else if (mode & 0o044) yield createWarning("folder", { what: "others may read it", next });
  for (const name of strangers) {
    const isTorn = name.endsWith(".tmp");
    const what = isTorn ? "was left by a process that was killed" : "is no part of a run";
    yield createWarning("folder", { what, where: name, next: isTorn ? "remove it" : "move it away" });
  }
  if (strangers.length === 0 && (mode & 0o066) === 0)
    yield createOk("folder", "its owner's alone, nothing strange in it");
}

interface ArtifactRow {
  readonly sha256: string;
  readonly bytes: number;
  readonly state: string;
  /** 1 where a stage still to be run reads a model made of it. */
  readonly is_needed: number;
}

export async function* inspectArtifacts(work: InspectionWork, isAlive: boolean): AsyncGenerator<Finding> {
  const { directory, connection, signal } = work;
  const rows = connection
    .prepare<[], ArtifactRow>(
      `SELECT sha256, bytes, state, EXISTS (SELECT 1 FROM model m JOIN stage s ON s.id = m.stage_id
         JOIN stage o ON o.planned = 1 AND o.state <> 'done' AND instr(o.inputs, s.key) > 0
         WHERE m.artifact_sha256 = artifact.sha256) AS is_needed FROM artifact`,
    )
    .all();
  const folder = join(directory, "artifacts");
  const known = new Set(rows.map(({ sha256 }) => sha256));
  let problemCount = 0;
  for (const row of rows.filter(({ state }) => state === "kept")) {
    signal.throwIfAborted();
    const what = await findFault(join(folder, row.sha256), row);
    if (what === null) continue;
    problemCount += 1;
    const redo = "go on with refeed resume: it is trained again from its corpus";
    const rest =
      "nothing still to be run reads it, and what was made from it stays valid; restore it from a copy to use it";
    yield createProblem("artifacts", {
      what,
      where: `artifacts/${row.sha256}`,
      next: row.is_needed === 1 ? redo : rest,
    });
  }
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names.filter((each) => !known.has(each))) {
    // A run at work is about to record it.
    if (isAlive) continue;
    const isDraft = /^draft-.*\.tmp$/.test(name);
    const next = isDraft
      ? "refeed resume removes it"
      : "refeed resume records it or leaves it; remove it when the run is done";
    const what = isDraft ? "is a draft of a process that is gone" : "is recorded nowhere";
    yield createWarning("artifacts", { what, where: `artifacts/${name}`, next });
  }
  if (problemCount === 0) yield createOk("artifacts", `${rows.length} artifacts, each what it was written as`);
}

async function findFault(file: string, { sha256, bytes }: ArtifactRow): Promise<string | null> {
  const stats = await lstat(file).catch((): null => null);
  if (stats === null) return "is missing";
  if (!stats.isFile()) return "is no plain file";
  if (stats.size !== bytes) return `has ${stats.size} bytes and was written with ${bytes}`;
  const digest = await computeStreamDigest(createReadStream(file));
  return digest === sha256 ? null : "is damaged: its digest does not match its name";
}

/** The files that only repeat what the database says; a resume writes them anew. */
export async function* inspectProjections(
  directory: string,
  resolved: Json,
  isFinished: boolean,
): AsyncGenerator<Finding> {
  const source = (resolved as { readonly experiment?: { readonly source?: string } }).experiment?.source;
  const next = "refeed resume writes it anew";
  const yaml = await readFile(join(directory, "experiment.yaml"), "utf8").catch((): null => null);
  if (yaml === null) yield createWarning("record", { what: "is missing", where: "experiment.yaml", next });
  else if (source !== undefined && yaml !== source) {
    const what = "is not what the run was made by";
    yield createWarning("record", { what, where: "experiment.yaml", next });
  }
  const text = await readFile(join(directory, "resolved.json"), "utf8").catch((): string => "");
  if (!isSame(text, resolved)) {
    yield createWarning("record", { what: "is not what the run goes by", where: "resolved.json", next });
  }
  const report = await readFile(join(directory, "report", "metrics.csv"), "utf8").catch((): null => null);
  if (isFinished && !report?.startsWith("arm,seed,generation,metric,value,low,high,items")) {
    const what = report === null ? "is missing" : "is damaged";
    yield createWarning("report", { what, where: "report/metrics.csv", next: "write it with refeed report" });
  }
}

function isSame(text: string, resolved: Json): boolean {
  try {
    return computeKey(JSON.parse(text)) === computeKey(resolved);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
