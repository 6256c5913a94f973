// R3: a run is recorded, and the disk rebuilt as a power cut may leave it, at every sync and at everything it said was
// saved; then the run goes on from there. How a disk loses things: disk-image.ts.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, createShuffled, type Random } from "../../src/math/random.ts";
import { readBills } from "../../src/providers/scripted/service.ts";
import { createDisk, type Disk, type Way, ways } from "./disk-image.ts";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, type Place, start } from "./processes.ts";
import { type Operation, recordRun } from "./recording.ts";
import { findLost, readSaved } from "./saved.ts";

export interface PowerResult extends LaboratoryResult {
  readonly cutCount: number;
  /** Violations that are the loss of acknowledged work. */
  readonly lostCount: number;
}

/** The power goes when operation `position` is due, or has just been done. */
interface Cut {
  readonly position: number;
  readonly name: string;
}

const standardOutput = 1;

/** `count` is of images; each is one cut in one of four ways. */
export async function runPower(options: LaboratoryOptions): Promise<PowerResult> {
  const { folder, seed, isBrief = false } = options;
  const { expected } = await createBaseline(folder);
  const recorded = createPlace(folder, "recorded");
  const operations = await recordRun(recorded, options.start ?? {});
  assertWholeRecording(operations, recorded, createPlace(folder, "replayed"));
  const cuts = listCuts(operations, recorded);
  const images = cuts.flatMap((cut) => ways.map((way) => ({ cut, way })));
  const chosen = createShuffled(images, createRandom(computeSeed("power", seed))).slice(0, options.count);
  const violations: string[] = [];
  let lostCount = 0;
  let runs = 0;
  await runAll(chosen, async ({ cut, way }, index) => {
    if (isBrief && violations.length > 0) return;
    runs += 1;
    const place = createPlace(folder, `image-${index}`);
    const random = createRandom(computeSeed("power", seed, index));
    const said = writeImage({ operations, recorded, cut }, place, { way, random });
    const before = readBills(place.books).length;
    const resumed = await start(place, options.start ?? {});
    const tell = (violation: string): unknown => violations.push(`${cut.name}, ${way}: ${violation}`);
    if (resumed.code !== 0) tell(`the resume ended with ${resumed.code ?? resumed.signal}: ${resumed.stderr}`);
    else {
      const lost = findLost(place, readSaved(said, recorded.run), { before, all: readBills(place.books) });
      lostCount += lost.length;
      for (const violation of [...lost, ...findViolations(place, expected)]) tell(violation);
    }
    rmSync(join(place.run, ".."), { recursive: true });
  });
  return { runs, kills: runs, faults: 0, violations, cutCount: cuts.length, lostCount };
}

function createRecordedDisk({ run }: Place): Disk {
  return createDisk(join(run, ".."), "books");
}

/** The instrument is checked first: replayed to its end, a recording gives every file of the run as it is, byte for byte. */
function assertWholeRecording(operations: readonly Operation[], recorded: Place, replayed: Place): void {
  const disk = createRecordedDisk(recorded);
  for (const operation of operations) disk.apply(operation);
  disk.writeImage(join(replayed.run, ".."), { way: "kept", random: createRandom(computeSeed("kept")) });
  for (const name of ["run", "books"] as const) {
    const [were, are] = [readFiles(recorded[name]), readFiles(replayed[name])];
    assert.deepEqual([...are.keys()], [...were.keys()], `the replayed ${name} has other files`);
    for (const [path, content] of were) assert.ok(are.get(path)?.equals(content), `${path} is replayed as another`);
  }
}

function readFiles(folder: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Every sync of the run, the moment before it takes effect, and every line it said, the moment after. */
function listCuts(operations: readonly Operation[], recorded: Place): readonly Cut[] {
  const disk = createRecordedDisk(recorded);
  const cuts: Cut[] = [];
  for (const [position, operation] of operations.entries()) {
    if (operation.kind === "sync" && disk.has(operation.handle)) cuts.push({ position, name: `sync ${cuts.length}` });
    disk.apply(operation);
    if (readSaid(operation) !== "") cuts.push({ position: position + 1, name: `saved ${cuts.length}` });
  }
  return cuts;
}

function readSaid(operation: Operation): string {
  const isSaid = operation.kind === "write" && operation.handle === standardOutput;
  return isSaid ? operation.bytes.toString() : "";
}

/** Writes the image into a place and returns what had been said until then. */
function writeImage(
  history: { readonly operations: readonly Operation[]; readonly recorded: Place; readonly cut: Cut },
  place: Place,
  choice: { readonly way: Way; readonly random: Random },
): string {
  const disk = createRecordedDisk(history.recorded);
  const done = history.operations.slice(0, history.cut.position);
  for (const operation of done) disk.apply(operation);
  disk.writeImage(join(place.run, ".."), choice);
  mkdirSync(place.books, { recursive: true });
  return done.map(readSaid).join("");
}
