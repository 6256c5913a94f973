// The contract suites that ship as `refeed/contracts`: put your own system, sampler, scorer, trainer or verifier to them.

export type { ContractCase } from "./case.ts";
export { createSamplerSuite, type SamplerSubject } from "./sampler-suite.ts";
export { createScorerSuite, type ScorerSubject } from "./scorer-suite.ts";
export { createSystemSuite, type SystemSubject } from "./system-suite.ts";
export { createTrainerSuite, type TrainerSubject } from "./trainer-suite.ts";
export { createVerifierSuite, type VerifierSubject } from "./verifier-suite.ts";
