// The instance cache: one instance for a module and its memory, and results unchanged.

import assert from "node:assert/strict";
import { test } from "node:test";
import { init, jit, numpy as np } from "@jax-js/jax";
import { installInstanceCache } from "../../../src/embedded/thread/instances.ts";

test("compiled functions give the same bits with the cache as without", async () => {
  await init("wasm");
  const compiled = jit((x: np.Array, y: np.Array) => np.matmul(x, np.exp(y)));
  const run = (): unknown => {
    const x = np.array(
      Float32Array.from({ length: 64 }, (_, i) => i / 7),
      { shape: [8, 8] },
    );
    const y = np.array(
      Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
      { shape: [8, 8] },
    );
    return Array.from(compiled(x, y).dataSync());
  };
  const before = run();
  const { WebAssembly: assembly } = globalThis as unknown as {
    WebAssembly: { Instance: new (...given: unknown[]) => object };
  };
  const Original = assembly.Instance;
  let madeCount = 0;
  assembly.Instance = function count(...given: unknown[]) {
    madeCount++;
    return new Original(...given);
  } as unknown as typeof Original;
  try {
    run();
    const kernelCount = madeCount;
    assert.ok(kernelCount >= 1);
    installInstanceCache();
    for (let time = 0; time < 3; time++) assert.deepEqual(run(), before);
    // The first run under the cache makes each kernel's instance, the others none.
    assert.equal(madeCount, 2 * kernelCount);
  } finally {
    assembly.Instance = Original;
  }
});
