// Keeps the heap's young generation at the size it starts with. Left to itself it doubles up to 128 MB while texts stream
// by, which saves no time here: what streams is garbage a moment later, whatever the size.

import { setFlagsFromString } from "node:v8";

/** For this process and the workers it starts from now on. The factor is read at each growth, so it counts at once. */
export function boundYoungHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
