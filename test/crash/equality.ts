// R15: the same run under other widths, orders, batches, threads, time zones, languages, masks, folders, file systems and
// versions of Node puts out the same rows and the same files, to the byte.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, type Random } from "../../src/math/random.ts";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { createLineBaseline, findDifferences, findStack, type LineBaseline, type LineName, startLine } from "./line.ts";
import { installNode, otherNodes } from "./nodes.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, type StartOptions, start } from "./processes.ts";
import type { PipelineSettings } from "./settings.ts";

const settings: Partial<PipelineSettings> = { arms: 2, seeds: [0, 1] };

const widths = [1, 8, 64];
const gatherings = [0, 20];
const delays = [0, 3];
const threads = ["1", "4", "16"];
const zones = ["UTC", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Australia/Lord_Howe"];
const languages = ["C", "tr_TR.UTF-8", "de_DE.UTF-8", "ar_EG.UTF-8", "ja_JP.eucJP"];
const masks = ["022", "077", "000", "027"];
/** Memory instead of a disk, where there is such a file system. */
const memory = "/dev/shm";

/** One way of running it; every part is drawn by itself, so that few runs meet all values. */
interface Way {
  readonly settings: Partial<PipelineSettings>;
  readonly start: StartOptions;
  readonly isInMemory: boolean;
  readonly name: string;
}

/** `count` is of runs of the pipeline; a third as many again go through the real command line. */
export async function runEquality(options: LaboratoryOptions): Promise<LaboratoryResult> {
  const { folder, seed, count = 38 } = options;
  const nodes = [process.execPath, ...otherNodes.map(installNode)];
  const elsewhere = join(folder, "another place");
  mkdirSync(elsewhere);
  const { expected } = await createBaseline(folder, settings);
  const lines = {} as Record<LineName, LineBaseline>;
  for (const name of ["newswire", "gaussian"] as const) lines[name] = await createLineBaseline(folder, name);
  const violations: string[] = [];
  const lineCount = Math.ceil(count / 3);
  const createWay = (index: number): Way =>
    drawWay(index, createRandom(computeSeed("equality", seed, index)), { nodes, cwd: elsewhere });

  await runAll(Array.from({ length: count }), async (_, index) => {
    const way = createWay(index);
    await within(way, folder, async (root) => {
      const place = createPlace(root, `run-${index}`);
      const { env, ...rest } = way.start;
      const given = { ...rest, settings: { ...settings, ...way.settings }, env: { ...options.start?.env, ...env } };
      const { code, stderr } = await start(place, { nodeArguments: options.start?.nodeArguments ?? [], ...given });
      const found = code === 0 ? findViolations(place, expected) : [`ended with ${code}: ${stderr}`];
      violations.push(...found.filter((text) => !isOrder(way, text)).map((text) => `${way.name}: ${text}`));
    });
  });
  await runAll(Array.from({ length: lineCount }), async (_, index) => {
    // The command line meets every Node there is.
    const way = createWay(index);
    const name = index % 4 === 3 ? "gaussian" : "newswire";
    await within(way, folder, async (root) => {
      const run = join(root, `line-${index}`);
      const outcome = await startLine({ name, run }, { ...options.start, ...way.start });
      const found =
        outcome.code === 0
          ? [...compareLines(way, run, lines[name]), ...findStack(outcome)]
          : [`ended with ${outcome.code}: ${outcome.stderr}`];
      violations.push(...found.map((text) => `refeed run ${name}, ${way.name}: ${text}`));
    });
  });
  return { runs: count + lineCount, kills: 0, faults: 0, violations };
}

function drawWay(
  index: number,
  random: Random,
  { nodes, cwd }: { readonly nodes: readonly string[]; readonly cwd: string },
): Way {
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(items.length)] as Item;
  const node = nodes[index % nodes.length] as string;
  const told = {
    width: pick(widths),
    gatherMs: pick(gatherings),
    delayMs: pick(delays),
    isReversed: random.integer(2) === 1,
  };
  const language = pick(languages);
  const env = { UV_THREADPOOL_SIZE: pick(threads), TZ: pick(zones), LANG: language, LC_ALL: language };
  const mask = pick(masks);
  const isInMemory = random.integer(2) === 1 && existsSync(memory);
  // A shell sets the mask and becomes the process.
  const prefix = ["/bin/sh", "-c", `umask ${mask}; exec "$@"`, "sh"];
  const isElsewhere = random.integer(2) === 1;
  const name = JSON.stringify({ ...told, ...env, mask, isInMemory, isElsewhere, node });
  return { settings: told, start: { env, prefix, node, ...(isElsewhere && { cwd }) }, isInMemory, name };
}

/** What the order of arms is part of: the list of arms, and who asked first for what several ask for. */
function isOrder({ settings: { isReversed } }: Way, violation: string): boolean {
  return isReversed === true && /^tables: (arm|turn) /.test(violation);
}

/** A run records where it was started; beside that, it records the same. */
function compareLines({ start: { cwd } }: Way, run: string, { run: whole, expected }: LineBaseline): readonly string[] {
  const found = findDifferences(run, expected);
  if (cwd === undefined) return found;
  const others = found.filter((text) => !/^(tables: run|files: resolved\.json) /.test(text));
  const isSame = isDeepStrictEqual(readPlaceless(run), readPlaceless(whole));
  return isSame ? others : [...others, "what is recorded of the experiment is another"];
}

function readPlaceless(run: string): unknown {
  const names: ReadonlySet<string> = new Set(["file", "setFolder"]);
  return JSON.parse(readFileSync(join(run, "resolved.json"), "utf8"), (name, value) =>
    names.has(name) ? null : value,
  );
}

async function within({ isInMemory }: Way, folder: string, work: (root: string) => Promise<void>): Promise<void> {
  if (!isInMemory) return work(folder);
  const root = mkdtempSync(join(memory, "refeed-equality-"));
  try {
    await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
