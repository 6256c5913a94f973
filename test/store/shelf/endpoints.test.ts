// The evidence of endpoints in a real run folder: kept over processes, replaced whole, and not believed when damaged.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { StoreError } from "../../../src/errors.ts";
import { openRunFolder } from "../../../src/store/run-folder.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

test("evidence is read back as it was written last, by a later process too", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const options = { clock: systemClock, holder: { pid: process.pid } };
  const first = await openRunFolder(directory, options);
  assert.equal(first.endpoints.read("teacher"), undefined);
  await first.endpoints.write("teacher", { version: 1, terms: [-0.25, -1.5] });
  await first.endpoints.write("judge", { version: 1 });
  await first.endpoints.write("teacher", { version: 1, terms: [-0.5] });
  await first.close();
  const second = await openRunFolder(directory, options);
  assert.deepEqual(second.endpoints.read("teacher"), { version: 1, terms: [-0.5] });
  assert.deepEqual(second.endpoints.read("judge"), { version: 1 });
  await second.close();
});

test("damaged evidence is an error: a changed model could not be told from it", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const options = { clock: systemClock, holder: { pid: process.pid } };
  const first = await openRunFolder(directory, options);
  await first.endpoints.write("teacher", { terms: [-0.25] });
  await first.close();
  const connection = new Database(join(directory, "state.db"));
  connection.exec("UPDATE endpoint SET evidence = replace(evidence, '0.25', '0.26')");
  connection.close();
  const second = await openRunFolder(directory, options);
  assert.throws(() => second.endpoints.read("teacher"), StoreError);
  await second.endpoints.write("teacher", { terms: [-0.26] });
  assert.deepEqual(second.endpoints.read("teacher"), { terms: [-0.26] });
  await second.close();
});
