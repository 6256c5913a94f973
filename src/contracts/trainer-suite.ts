// The contract of a Trainer: a job that ends with a whole file, counts what it saw, and can be stopped.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Job, Trainer, TrainResult } from "../domain/ports.ts";
import type { Example } from "../domain/rows.ts";
import type { Json } from "../keys/canonical.ts";
import { type ContractCase, createRecordingContext, createStream, type RecordingContext } from "./case.ts";

export interface TrainerSubject {
  readonly trainer: Trainer;
  readonly params: Json;
  /** At least 8 examples. */
  readonly examples: readonly Example[];
  /** A path for a file that does not exist, another at each call; its folder exists. */
  createFile(): string;
  /** True where the same examples and seed give the same bytes. */
  readonly isDeterministic: boolean;
}

export function createTrainerSuite(subject: TrainerSubject): ContractCase[] {
  const { trainer, params, examples, createFile } = subject;
  const begin = (context: RecordingContext, given = examples, file = createFile()): Promise<Job> => {
    const request = { start: null, params, seed: "0/0", exampleCount: given.length, file };
    return trainer.train(createStream(given), request, context);
  };
  const train = async (given = examples): Promise<{ readonly bytes: Buffer; readonly result: TrainResult }> => {
    const file = createFile();
    const result = await (await begin(createRecordingContext("stage"), given, file)).result();
    return { bytes: await readFile(file), result };
  };

  const cases: ContractCase[] = [
    {
      name: "a finished job has written its file and counted every row",
      async run() {
        const { bytes, result } = await train();
        assert.ok(bytes.length > 0);
        assert.equal(result.rows, examples.length);
        assert.ok(result.steps >= 1 && result.tokens >= examples.length && Number.isFinite(result.loss));
      },
    },
    {
      name: "a finished job polls as done",
      async run() {
        const job = await begin(createRecordingContext("stage"));
        await job.result();
        assert.equal(await job.poll(), "done");
      },
    },
    {
      name: "other rows make another model",
      async run() {
        const half = examples.slice(0, examples.length / 2);
        assert.notDeepEqual((await train()).bytes, (await train(half)).bytes);
      },
    },
    {
      name: "a cancelled job rejects",
      async run() {
        const job = await begin(createRecordingContext("stage"));
        const result = assert.rejects(job.result());
        await job.cancel();
        await result;
      },
    },
    {
      name: "an aborted signal ends it with an error",
      async run() {
        const context = createRecordingContext("stage");
        context.abort();
        await assert.rejects(async () => (await begin(context)).result());
      },
    },
  ];
  if (!subject.isDeterministic) return cases;
  const same: ContractCase = {
    name: "the same rows and seed make the same bytes",
    async run() {
      assert.deepEqual((await train()).bytes, (await train()).bytes);
    },
  };
  return [...cases, same];
}
