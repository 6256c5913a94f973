// A ledger that takes everything and keeps nothing.

export { noLedger as idleLedger } from "../../src/domain/context.ts";
