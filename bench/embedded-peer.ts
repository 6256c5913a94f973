// The embedded model's train step in Python's JAX (XLA on the CPU, one thread): the same arithmetic, compiled whole,
// in an environment of its own under .cache/, made once for its pinned version.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const pin = "jax[cpu]==0.10.2";
const folder = new URL("../.cache/jax-cpu-0.10.2/", import.meta.url).pathname;
const ready = `${folder}ready`;

export const peerName = `the same step in Python's JAX (${pin}), one thread`;

export interface PeerRequest {
  readonly shape: Readonly<Record<string, number>>;
  readonly ids: Readonly<Record<string, number>>;
  /** Name, rows and columns of each parameter, and its values one after the other. */
  readonly parameters: readonly (readonly [string, number, number])[];
  readonly values: Float32Array;
  /** Tokens and targets of each batch. */
  readonly batches: readonly { readonly tokens: readonly number[]; readonly targets: readonly number[] }[];
  readonly rates: readonly number[];
}

export interface PeerResult {
  /** Loss of every step. */
  readonly losses: readonly number[];
  /** Wall milliseconds a step over the second half of the steps. */
  readonly stepMs: number;
}

const script = `
import json, os, sys, time
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
import jax, jax.numpy as np, numpy
request = json.load(open(sys.argv[1]))
shape, ids = request["shape"], request["ids"]
A, C, D, H, O = shape["article"], shape["completion"], shape["width"], shape["heads"], ids["outputCount"]
flat, start, parameters = numpy.fromfile(sys.argv[2], "float32"), 0, {}
for name, rows, columns in request["parameters"]:
    parameters[name] = np.array(flat[start:start + rows * columns].reshape(rows, columns)); start += rows * columns

def norm(x):
    return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + 1e-5)

def loss_of(p, tokens, targets):
    B = tokens.shape[0]
    x = p["embedding"][tokens] + p["position"]
    shift = lambda k: np.pad(x, ((0, 0), (k, 0), (0, 0)))[:, :x.shape[1]]
    y = x + sum(p["convolution"][k] * shift(k) for k in range(3))
    h = norm(y)
    y = y[:, A:]
    query = (norm(y) * p["attendGain"] @ p["query"]).reshape(B, C, H, D)
    at, i = np.arange(A + C), np.arange(C)
    there = np.where(at < A, tokens != ids["padding"], True)[:, None] & (at <= A + i[:, None])[None]
    scores = np.einsum("bqhd,bkd->bqhk", query, h) / D ** 0.5 + np.where(there, 0, -1e9)[:, :, None]
    attended = np.einsum("bqhk,bkd->bqhd", jax.nn.softmax(scores), h).reshape(B, C, H * D)
    y = y + attended @ p["output"]
    y = y + jax.nn.silu(norm(y) * p["hiddenGain"] @ p["widen"]) @ p["narrow"]
    z = norm(y) * p["finalGain"]
    article = tokens[:, :A]
    copyable = (article != ids["padding"]) & (article != ids["unknown"])
    pointer = np.einsum("bqd,bkd->bqk", z @ p["copy"], h[:, :A]) / D ** 0.5 + np.where(copyable, 0, -1e9)[:, None]
    copied = np.sum(jax.nn.softmax(pointer) * (article[:, None] == targets[..., None]), -1)
    words = jax.nn.log_softmax(z @ p["embedding"][:O].T)
    word = np.exp(np.take_along_axis(words, np.minimum(targets, O - 1)[..., None], -1)[..., 0]) * (targets < O)
    gate = jax.nn.sigmoid(z @ p["gate"])[..., 0]
    weights = targets != ids["padding"]
    return -np.sum(np.log(gate * word + (1 - gate) * copied + 1e-20) * weights) / np.sum(weights)

@jax.jit
def step(p, m, v, time, rate, tokens, targets):
    loss, g = jax.value_and_grad(loss_of)(p, tokens, targets)
    total = np.sqrt(sum(np.sum(x * x) for x in g.values()))
    g = {k: x * np.minimum(1, 1 / total) for k, x in g.items()}
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in g}
    v = {k: 0.99 * v[k] + 0.01 * g[k] ** 2 for k in g}
    move = lambda k: rate * (m[k] / (1 - 0.9 ** time)) / (np.sqrt(v[k] / (1 - 0.99 ** time)) + 1e-8)
    return {k: p[k] - move(k) for k in p}, m, v, loss

m = {k: np.zeros_like(x) for k, x in parameters.items()}
v = {k: np.zeros_like(x) for k, x in parameters.items()}
batches = [(numpy.array(b["tokens"], "int32").reshape(-1, A + C), numpy.array(b["targets"], "int32").reshape(-1, C)) for b in request["batches"]]
losses, half = [], len(request["rates"]) // 2
for index, rate in enumerate(request["rates"]):
    if index == half:
        began = time.perf_counter()
    tokens, targets = batches[index % len(batches)]
    parameters, m, v, loss = step(parameters, m, v, index + 1.0, rate, tokens, targets)
    losses.append(float(loss))
stepMs = (time.perf_counter() - began) * 1000 / (len(request["rates"]) - half)
print(json.dumps({"losses": losses, "stepMs": stepMs}))
`;

/** Trains with the peer; throws an error of one line where it cannot be had. */
export function trainWithPeer({ values, ...request }: PeerRequest): PeerResult {
  prepare();
  const work = mkdtempSync(join(tmpdir(), "refeed-peer-"));
  try {
    const [asked, floats] = [join(work, "request.json"), join(work, "values.bin")];
    writeFileSync(asked, JSON.stringify(request));
    writeFileSync(floats, values);
    return JSON.parse(run(`${folder}bin/python`, ["-c", script, asked, floats])) as PeerResult;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function prepare(): void {
  if (existsSync(ready)) return;
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder]);
  run(`${folder}bin/pip`, ["install", "--quiet", "--disable-pip-version-check", pin]);
  writeFileSync(ready, "");
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status === 0) return stdout;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new Error(`the peer ${pin} cannot be run (python3 with venv and pip is needed): ${reason}`);
}
