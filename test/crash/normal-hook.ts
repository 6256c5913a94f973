// Loaded with --import: the database is opened with synchronous=NORMAL, as better-sqlite3 is compiled, and nobody
// notices. The control of R3: a laboratory that does not see what this loses sees nothing.

import { registerHooks } from "node:module";

const edits = [
  ['connection.pragma("synchronous = FULL")', 'connection.pragma("synchronous = NORMAL")'],
  ['assertPragma(connection, "synchronous", 2, file)', 'assertPragma(connection, "synchronous", 1, file)'],
] as const;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/src/store/database.ts")) return loaded;
    let source = String(loaded.source);
    for (const [before, after] of edits) {
      if (!source.includes(before)) throw new Error(`there is no ${before} to be changed`);
      source = source.replace(before, after);
    }
    return { ...loaded, source };
  },
});
