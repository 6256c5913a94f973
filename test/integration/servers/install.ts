// Makes the environments of servers ahead of the suite, which would make them itself: node install.ts llama-cpp mlx vllm

import { type EnvironmentName, prepareEnvironment } from "./environments.ts";
import { prepareTinyModel } from "./tiny-model.ts";

for (const name of process.argv.slice(2)) await prepareEnvironment(name as EnvironmentName, console.log);
for (const kind of ["plain", "bare", "other"] as const) console.log((await prepareTinyModel(kind, console.log)).folder);
