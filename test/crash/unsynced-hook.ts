// Loaded with --import: the log is copied back without a sync, and starts again as if the database were on the disk. The
// control of R3 for a log that is copied beside the writer.

import { registerHooks } from "node:module";

const before = "return openChecked(file, { readonly: false });";
const after =
  'const copier = openChecked(file, { readonly: false });\n  copier.pragma("synchronous = OFF");\n  return copier;';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/src/store/database.ts")) return loaded;
    const source = String(loaded.source);
    if (source.split(before).length !== 2) throw new Error(`there is no one ${before} to be changed`);
    return { ...loaded, source: source.replace(before, after) };
  },
});
