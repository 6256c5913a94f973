// What the loop tells whoever watches it; a watcher never changes what the loop does.

import type { StageRequest } from "../domain/records.ts";

export type LoopEvent =
  | { readonly kind: "stage-reused" | "stage-started" | "stage-finished"; readonly request: StageRequest }
  | {
      readonly kind: "stage-progress";
      readonly request: StageRequest;
      readonly doneCount: number;
      readonly totalCount: number;
    };
