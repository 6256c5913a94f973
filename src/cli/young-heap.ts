// Keeps the heap's young generation at the size it starts with, and has it swept by the thread it belongs to. Left to
// itself it doubles up to 128 MB while texts stream by, which saves no time here: what streams is garbage a moment later,
// whatever the size. Of so small a one the helpers that are woken for each sweep take more than they save.

import { setFlagsFromString } from "node:v8";

/** For this process and the workers it starts from now on. The factor is read at each growth, so it counts at once. */
export function boundYoungHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-parallel-scavenge");
}
