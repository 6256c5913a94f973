// A ledger that takes everything and keeps nothing.

import type { Ledger } from "../../src/domain/context.ts";

export const idleLedger: Ledger = {
  intend: async () => undefined,
  settle: async () => undefined,
  account: () => undefined,
  record: async () => undefined,
  recall: () => undefined,
};
