import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import Database from "better-sqlite3";
import { StoreError } from "../../src/errors.ts";
import { toStoreError } from "../../src/store/database.ts";
import { isPlainFault, toSystemFault } from "../../src/store/system-fault.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const tell = (error: unknown): string => {
  assert.ok(error instanceof StoreError);
  return `${error.what}; ${error.next}`;
};

test("every code that a full, limited or broken disk is told by becomes one line and what to do next", (context) => {
  const where = `${createTemporaryFolder(context)}/state.db`;
  const kept = "and resume the run; nothing committed is lost";
  const refused = `free some space (also within quota and ulimit -f) or mend the disk, ${kept}`;
  const told = (code: string): string => tell(toStoreError(new Database.SqliteError("refused", code), where));
  assert.equal(told("SQLITE_FULL"), `disk full; free some space ${kept}`);
  const codes = ["WRITE", "FSYNC", "DIR_FSYNC", "TRUNCATE", "DELETE", "SHMSIZE", "READ", "CORRUPTFS"];
  for (const code of codes.map((name) => `SQLITE_IOERR_${name}`))
    assert.equal(told(code), `the disk refused it (${code}); ${refused}`);
  assert.match(told("SQLITE_IOERR_SHORT_READ"), /^is damaged .*; see the way out with refeed doctor$/);
  assert.match(told("SQLITE_CANTOPEN"), /the free space of the disk$/);
  const plain = (code: string): string => tell(toSystemFault(Object.assign(new Error(code), { code }), where));
  assert.equal(plain("EIO"), `the disk failed (EIO); mend the disk ${kept}`);
  assert.equal(plain("EFBIG"), `may not grow (EFBIG); raise the limit of ulimit -f ${kept}`);
});

test("a quota that is used up has no name in Node and is told all the same", () => {
  const errno = -constants.errno.EDQUOT;
  const code = `Unknown system error ${errno}`;
  const error = Object.assign(new Error(code), { code, errno });
  assert.ok(isPlainFault(error));
  assert.match(tell(toSystemFault(error, "run")), /^disk full \(EDQUOT\); /);
});
