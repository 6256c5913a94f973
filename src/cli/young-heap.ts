// Keeps the heap's young generation at a size that suits what the process does, and has it swept by the thread it belongs
// to. Left to itself it doubles up to 128 MB while texts stream by, which saves no time here: what streams is garbage a
// moment later, whatever the size. Of so small a one the helpers that are woken for each sweep take more than they save.

import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** For this process and the workers it starts from now on. The factor is read at each growth, so it counts at once. */
export function boundYoungHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-parallel-scavenge");
}

/**
 * The same where servers are waited for: what hangs on half a thousand requests under way outlives a young generation of
 * 4 MB, and is copied twice to die among the old a moment later. Of 16 MB most of it dies where it was born, and the old
 * generation, which then grows slowly, is swept each time it has grown by 60 %.
 */
export function widenYoungHeap(): void {
  boundYoungHeap();
  const firstBytes = readYoungBytes();
  setFlagsFromString("--semi-space-growth-factor=4");
  setFlagsFromString("--heap-growing-percent=60");
  const observer = new PerformanceObserver(() => {
    if (readYoungBytes() <= firstBytes) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

const readYoungBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
