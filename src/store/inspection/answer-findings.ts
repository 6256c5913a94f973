// What a run keeps of outside answers: those that are no rows of their own, and the evidence of its endpoints.

import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { createOk, createProblem, type Finding } from "./finding.ts";

/** The schema since which there are such tables. */
const firstVersion = 2;

/** Rows read between two turns of the event loop. */
const turnRows = 1000;

export async function* inspectAnswers(connection: Connection, signal: AbortSignal): AsyncGenerator<Finding> {
  if (Number(connection.pragma("user_version", { simple: true })) < firstVersion) return;
  const isDamaged = ({ value, digest }: Kept): boolean => computeDigest(value) !== digest;
  const page = connection.prepare<[number], Kept & { readonly id: number }>(
    `SELECT attempt_id AS id, value, value_sha256 AS digest FROM answer WHERE attempt_id > ? ORDER BY attempt_id
     LIMIT ${turnRows}`,
  );
  let [last, count, damagedCount] = [-1, 0, 0];
  for (let rows = page.all(last); rows.length > 0; rows = page.all(last)) {
    signal.throwIfAborted();
    last = rows.at(-1)?.id as number;
    count += rows.length;
    damagedCount += rows.filter(isDamaged).length;
    await new Promise(setImmediate);
  }
  if (damagedCount > 0) {
    const next = "restore the folder from a copy, or run its experiment.yaml into a new folder: --run <folder>";
    yield createProblem("answers", { what: `${damagedCount} of ${count} kept answers are damaged`, next });
  } else if (count > 0) yield createOk("answers", `${count} kept answers are as they were written`);
  const endpoints = connection
    .prepare<[], Kept & { readonly name: string }>(
      "SELECT name, evidence AS value, evidence_sha256 AS digest FROM endpoint ORDER BY name",
    )
    .all();
  for (const endpoint of endpoints) {
    if (!isDamaged(endpoint)) continue;
    const next = "refeed resume <folder> --accept-changes proves it anew, and asks again for what is unfinished there";
    const what = `the evidence of endpoint ${endpoint.name} is damaged: a changed model could not be told by it`;
    yield createProblem("endpoints", { what, next });
  }
  if (endpoints.length > 0 && !endpoints.some(isDamaged)) {
    yield createOk("endpoints", `the evidence of ${endpoints.map(({ name }) => name).join(", ")} is as it was written`);
  }
}

interface Kept {
  readonly value: string;
  readonly digest: string;
}
