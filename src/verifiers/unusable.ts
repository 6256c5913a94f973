// Why a candidate need not be asked about: it holds no text that anybody could judge. A cut one does.

import type { Candidate } from "../domain/rows.ts";

export function findUnusable({ finish, reason, completion }: Candidate): string | null {
  if (finish === "refused") return reason ?? "refused";
  if (reason === "unparsable" || reason === "marker") return reason;
  return completion.trim() === "" ? "empty" : null;
}
