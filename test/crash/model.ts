// R17: what a user may do to a run, in any order, and the little that must hold after each step, whatever the steps before:
// what was finished stays finished, a changed experiment is refused until it is accepted, what is put out is what a new run
// of the same file puts out, and the books of the provider say nothing that the run's ledger does not.

import type { AsyncCommand } from "fast-check";
import type { Asked, Bench, End } from "./bench.ts";

export interface Model {
  /** The file as it is now. */
  asked: Asked;
  /** What the run was last told to do, and got as far as recording; null where there is none or nobody knows. */
  recorded: Asked | null;
  /** The last thing it was told to do is done. */
  isDone: boolean;
  /** Calls that may have been paid twice: those in flight at each kill. */
  mayRepeat: number;
}

export type Step = AsyncCommand<Model, Bench>;

/** Calls in flight at once, over all trials and both splits. */
export const mostInFlight = (asked: Asked): number => 2 * 4 * asked.arms * asked.seeds;

/** Nothing finished loses its place when there is only more of everything. */
function isMore(now: Asked, before: Asked): boolean {
  const parts = ["generations", "arms", "seeds"] as const;
  return now.keep === before.keep && parts.every((part) => now[part] >= before[part]);
}

function isSame(left: Asked, right: Asked): boolean {
  return isMore(left, right) && isMore(right, left);
}

function createStep(name: string, run: (model: Model, bench: Bench) => Promise<void>): Step {
  return {
    check: () => true,
    toString: () => name,
    async run(model, bench) {
      await run(model, bench);
      bench.check(model.mayRepeat);
    },
  };
}

export const createEdit = (change: Partial<Asked>): Step =>
  createStep(`edit ${JSON.stringify(change)}`, async (model, bench) => {
    model.asked = { ...model.asked, ...change };
    bench.write(model.asked);
  });

export const createLoss = (what: "model" | "report"): Step =>
  createStep(`delete ${what}`, async (_, bench) => (what === "model" ? bench.deleteModel() : bench.deleteReport()));

/** `run`: refused where it must be, and then accepted; it ends with everything there. */
export const createRun = (): Step => createStep("run", finish);

export async function finish(model: Model, bench: Bench): Promise<void> {
  const { asked, recorded } = model;
  const first = await bench.start({ accepts: false });
  const mustPass = recorded === null || isMore(asked, recorded);
  const mustStop = recorded !== null && model.isDone && !mustPass && asked.keep !== recorded.keep;
  if (first.code !== 0 && first.code !== 2) throw new Error(`run ended with ${first.code}: ${first.stderr}`);
  if (first.code === 2 && mustPass && model.recorded !== null) throw new Error(`run was refused: ${first.stderr}`);
  if (first.code === 0 && mustStop) throw new Error("run went on with a changed experiment");
  if (first.code === 2) {
    const second = await bench.start({ accepts: true });
    if (second.code !== 0) throw new Error(`accepted, run ended with ${second.code}: ${second.stderr}`);
  }
  Object.assign(model, { recorded: asked, isDone: true });
  await bench.compare(asked);
}

/** Stopped or killed on the way; nobody knows how far it came. */
export const createEnd = (end: End): Step =>
  createStep(`${end.signal} at ${end.at.toFixed(2)}`, async (model, bench) => {
    const { code, isKilled, stderr } = await bench.start({ accepts: true, end });
    if (isKilled && end.signal === "SIGKILL") model.mayRepeat += mostInFlight(model.asked);
    if (!isKilled && code !== 0 && code !== 130) throw new Error(`${end.signal} ended it with ${code}: ${stderr}`);
    Object.assign(model, code === 0 ? { recorded: model.asked, isDone: true } : { recorded: null, isDone: false });
  });

/** `resume` goes by the record: it ends well, or says that the file has changed or that there is nothing yet. */
export const createResume = (): Step =>
  createStep("resume", async (model, bench) => {
    const { code, stderr } = await bench.start({ accepts: false, resumes: true });
    const { recorded, asked } = model;
    if (code === 0) {
      if (recorded !== null && model.isDone && !isSame(asked, recorded))
        throw new Error("resume passed over an edited file");
      return;
    }
    const isTold = /changed since|holds no run yet|there is no (such )?run/.test(stderr);
    if (!isTold || (code !== 2 && code !== 5)) throw new Error(`resume ended with ${code}: ${stderr}`);
  });

/** Two at once: one works, the other works after it or is told who does. */
export const createTwo = (): Step =>
  createStep("two at once", async (model, bench) => {
    const ends = await bench.startTwo();
    for (const { code, stderr } of ends)
      if (code !== 0 && code !== 5) throw new Error(`of two at once one ended with ${code}: ${stderr}`);
    if (!ends.some(({ code }) => code === 0)) throw new Error("of two at once none worked");
    Object.assign(model, { recorded: model.asked, isDone: true });
  });
