import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPathAdvice } from "../../../src/text/input/path-advice.ts";

test("paths of Windows and paths that a shell would complete are told as such", () => {
  const wsl = "that is a path of Windows; under WSL it is";
  const written = "write the path out: ~ and $NAME are left as they stand";
  const cases: Readonly<Record<string, string | undefined>> = {
    "C:\\data\\news.jsonl": `${wsl} /mnt/c/data/news.jsonl`,
    "d:/news.jsonl": `${wsl} /mnt/d/news.jsonl`,
    "data\\news.jsonl": "write the path with /, not with \\",
    "~/news.jsonl": written,
    "$HOME/news.jsonl": written,
    "data/${SPLIT}.jsonl": written,
    "data/news.jsonl": undefined,
    "a:b.jsonl": undefined,
    "costs-$5.jsonl": undefined,
  };
  for (const [path, advice] of Object.entries(cases)) assert.equal(renderPathAdvice(path), advice, path);
});
