// fast-check as the tests use it: the same cases on every machine, so that what passed here passes there.
// REFEED_PROPERTY_SEED has others drawn, as .ci/full does.

import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.REFEED_PROPERTY_SEED ?? 1) });

export default fc;
