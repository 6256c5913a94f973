// What of a row a judge is shown beside the candidate. The reference only where the experiment says so.

import type { Row } from "../../domain/rows.ts";

export function createBlocks({ article, summary }: Row, hasReference: boolean): Readonly<Record<string, string>> {
  return hasReference ? { article, reference: summary } : { article };
}
