// How any language experiment assembles and selects; pure functions, the same for every arm.

import { computeDoublingDraws } from "../../corpora/doubling.ts";
import { computeParts } from "../../corpora/parts.ts";
import { selectionReasons } from "../../selection/ranking.ts";
import { select } from "../../selection/select.ts";

export const policies = { computeParts, computeDraws: computeDoublingDraws, select, reasons: selectionReasons };
