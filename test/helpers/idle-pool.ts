// A program that uses a pool and forgets to close it; it must end all the same.

import { createPool } from "../../src/embedded/pool.ts";

const pool = createPool({ workers: 2, address: new URL("./broken-worker.ts", import.meta.url) });
const rows = [{ prompt: "fine", completion: "" }];
await pool.run({ kind: "score", model: { file: "", digest: "" }, rows }, { signal: new AbortController().signal });
console.log("done");
