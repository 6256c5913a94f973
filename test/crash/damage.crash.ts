// A stopped run is damaged: a bit flipped anywhere, a file cut short, taken away or exchanged for another. A resume then
// ends like the run that nothing happened to, or stops with one line and exit code 5, and doctor names the damage.
// What nothing reads again may stay as it is, if doctor names it; what is made anew never differs.
// REFEED_DAMAGE sets the number of damages, REFEED_CRASH_SEED which ones.

import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { RefeedError } from "../../src/errors.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, type Random } from "../../src/math/random.ts";
import { toStoreError } from "../../src/store/database.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { type RunDump, readDump } from "./dump.ts";
import { goOn, inspect, makeStopped } from "./small-run.ts";

const damageCount = Number(process.env.REFEED_DAMAGE ?? 40);
const seed = Number(process.env.REFEED_CRASH_SEED ?? 0);
/** Runs spend their time waiting for group commits: many go on at once. */
const concurrency = 16;

interface Damage {
  readonly image: string;
  readonly what: string;
  apply(directory: string): void;
}

/** Files of a stopped run that a damage may meet, the database most often. */
function listTargets(image: string): readonly string[] {
  const artifacts = readdirSync(join(image, "artifacts")).map((name) => `artifacts/${name}`);
  const database = ["state.db", "state.db", "state.db", "state.db-wal", "state.db-wal", "state.db-shm"];
  const others = ["experiment.yaml", "resolved.json", "lock.json"];
  return [...database, ...database, ...artifacts, ...others].filter((name) => {
    const path = join(image, name);
    return existsSync(path) && statSync(path).size > 0;
  });
}

function drawDamage(random: Random, images: Readonly<Record<string, string>>): Damage {
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(items.length)] as Item;
  const image = pick(["closed", "closed", "killed", "copied"]);
  const source = images[image] as string;
  const target = pick(listTargets(source));
  const size = statSync(join(source, target)).size;
  const way = random.integer(100);
  const [first, second] = readdirSync(join(source, "artifacts"));
  const offset = random.integer(size);
  const bit = 1 << random.integer(8);
  if (way < 48)
    return {
      image,
      what: `bit ${bit} of ${target} at ${offset} flipped`,
      apply: (folder) => flip(join(folder, target), offset, bit),
    };
  if (way < 96)
    return {
      image,
      what: `${target} cut at ${offset} of ${size}`,
      apply: (folder) => truncateSync(join(folder, target), offset),
    };
  if (way < 98 && first !== undefined && second !== undefined) {
    return { image, what: "two artifacts swapped", apply: (folder) => swap(join(folder, "artifacts"), first, second) };
  }
  const gone = pick(["state.db-wal", "state.db-shm", target]);
  return { image, what: `${gone} deleted`, apply: (folder) => rmSync(join(folder, gone), { force: true }) };
}

function flip(file: string, offset: number, bit: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ bit, offset);
  writeFileSync(file, bytes);
}

function swap(folder: string, first: string, second: string): void {
  renameSync(join(folder, first), join(folder, "held"));
  renameSync(join(folder, second), join(folder, first));
  renameSync(join(folder, "held"), join(folder, second));
}

/** Tables whose finished rows may be read by nobody again, as may the files of models. */
const resting: ReadonlySet<string> = new Set([
  "candidate",
  "score",
  "selection",
  "corpus_part",
  "stage",
  "attempt",
  "dataset",
]);

type Outcome = "same" | "refused" | "told";

/** What became of one damaged run; throws where it broke the promise. */
async function judge(directory: string, expected: RunDump, what: string): Promise<Outcome> {
  const before = await inspect(directory);
  const isNamed = before.some(({ state }) => state === "problem");
  try {
    await goOn(directory);
  } catch (error) {
    const told = toStoreError(error, directory);
    assert.ok(told instanceof RefeedError, `${what}: ${error instanceof Error ? error.stack : String(error)}`);
    assert.equal(told.exitCode, 5, `${what}: ${told.message}`);
    assert.ok(!told.message.includes("\n") && told.next, `${what}: ${told.message}`);
    assert.ok(isNamed, `${what}: doctor found nothing, resume said: ${told.message}`);
    return "refused";
  }
  const after = await readDumpOrProblem(directory);
  if (typeof after !== "string") {
    const tables = Object.keys(expected.tables).filter((table) => expected.tables[table] !== after.tables[table]);
    const files = Object.keys({ ...expected.files, ...after.files }).filter(
      (file) => expected.files[file] !== after.files[file],
    );
    if (tables.length + files.length === 0) return "same";
    const isResting = (name: string): boolean => resting.has(name) || name.startsWith("artifacts/");
    const made = [...tables, ...files].filter((name) => !isResting(name));
    assert.ok(made.length === 0, `${what}: made another ${made.join(", ")}`);
  }
  const isStillNamed = (await inspect(directory)).some(({ state }) => state === "problem");
  assert.ok(
    isNamed && isStillNamed,
    `${what}: went on with ${typeof after === "string" ? after : "other rows"} unnoticed`,
  );
  return "told";
}

async function readDumpOrProblem(directory: string): Promise<RunDump | string> {
  try {
    return readDump(directory);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const shared = mkdtempSync(join(tmpdir(), "refeed-damage-"));
const stopped = makeStopped(shared);
after(() => rmSync(shared, { recursive: true, force: true }));

test(`${damageCount} damages of a stopped run: mended, refused or named, never passed on`, async (context) => {
  const folder = createTemporaryFolder(context);
  const images = await stopped;
  const expected = readDump(images.whole as string);
  const random = createRandom(computeSeed("damage", seed));
  const damages = Array.from({ length: damageCount }, () => drawDamage(random, images));
  const outcomes: Record<Outcome, number> = { same: 0, refused: 0, told: 0 };
  const broken: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < damages.length; index = next++) {
      const { image, what, apply } = damages[index] as Damage;
      const directory = join(folder, `run-${index}`);
      cpSync(images[image] as string, directory, { recursive: true });
      apply(directory);
      try {
        outcomes[await judge(directory, expected, `${image}: ${what}`)] += 1;
      } catch (error) {
        broken.push(error instanceof Error ? error.message : String(error));
      }
      rmSync(directory, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  context.diagnostic(
    `${damageCount} damages: ${outcomes.same} ended the same, ${outcomes.refused} refused, ${outcomes.told} named by doctor and read by nobody`,
  );
  assert.deepEqual(broken, []);
  assert.ok(outcomes.same > 0 && outcomes.refused > 0, "the damages meet too little");
});

test("the folder of a stopped run, copied to another path, goes on to the same end", async (context) => {
  const folder = createTemporaryFolder(context);
  const { whole, ...images } = await stopped;
  for (const [image, source] of Object.entries(images)) {
    const elsewhere = join(folder, "another place", image);
    cpSync(source, elsewhere, { recursive: true });
    await goOn(elsewhere);
    assert.deepEqual(readDump(elsewhere), readDump(whole as string), image);
  }
});
