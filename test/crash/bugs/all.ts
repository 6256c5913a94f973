// Slips that somebody could make.

import { commitBugs } from "./commits.ts";
import { diskBugs } from "./disk.ts";
import { guardBugs } from "./guards.ts";
import { hostedBugs } from "./hosted.ts";
import { ledgerBugs } from "./ledger.ts";
import { orderBugs } from "./order.ts";
import type { Bug } from "./plant.ts";
import { syncBugs } from "./syncs.ts";

export const bugs: readonly Bug[] = [
  ...ledgerBugs,
  ...commitBugs,
  ...orderBugs,
  ...guardBugs,
  ...syncBugs,
  ...diskBugs,
  ...hostedBugs,
];
