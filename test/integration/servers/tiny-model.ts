// The model that the servers of the suite serve, made by tiny.py, and what it holds true: log-probabilities by a direct
// forward pass over its files, in forward.py. Knows no server.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, type PythonEnvironment, prepareEnvironment } from "./environments.ts";

export interface TinyModel {
  /** Hugging Face's files, and model.gguf. */
  readonly folder: string;
  readonly gguf: string;
  /** Asks the forward pass. */
  compute(texts: readonly Asked[]): readonly Truth[];
}

/** A text, or one that is to be continued greedily. */
export type Asked = string | { readonly text: string; readonly maxTokens: number };

export interface Truth {
  /** Token ids; a token that the tokenizer begins every text with included. */
  readonly tokens: readonly number[];
  /** Of each given what stands before it; null for the first. */
  readonly logProbabilities: readonly (number | null)[];
  /** Of one that is continued: ids, end token included, their log-probabilities, and the text without the end token. */
  readonly continuation?: readonly number[];
  readonly continued?: readonly number[];
  readonly continuationText?: string;
}

const script = (name: string): string => new URL(`./python/${name}`, import.meta.url).pathname;

/** plain: the tokenizer begins every text with a token of its own. bare: it does not. other: as plain, with other layers. */
export type TinyKind = "plain" | "bare" | "other";

const flags: Readonly<Record<TinyKind, readonly string[]>> = {
  plain: ["--bos"],
  bare: [],
  other: ["--bos", "--other"],
};

export async function prepareTinyModel(kind: TinyKind, say: (line: string) => void): Promise<TinyModel> {
  const { python, digest }: PythonEnvironment = await prepareEnvironment("llama-cpp", say);
  const hash = createHash("sha256")
    .update(digest)
    .update(readFileSync(script("tiny.py")));
  const folder = join(cacheFolder, `tiny-${hash.digest("hex").slice(0, 12)}-${kind}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    run(python, [script("tiny.py"), draft, ...flags[kind]]);
    if (existsSync(folder)) rmSync(draft, { recursive: true });
    else renameSync(draft, folder);
  }
  return {
    folder,
    gguf: join(folder, "model.gguf"),
    compute: (texts) => JSON.parse(run(python, [script("forward.py"), folder], JSON.stringify(texts))) as Truth[],
  };
}

function run(python: string, args: readonly string[], input = ""): string {
  // One thread: what is small is slower on several, and there are servers beside it.
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };
  const { status, stdout, stderr } = spawnSync(python, args, { input, env, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}
