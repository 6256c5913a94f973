// What the models of generation 0 are: trained on real data, or hosted models as they stand; and whether they did what the
// models after them do. Models of two tasks are never held against one another.
// Records of older runs say nothing of it, and are read as runs that trained all of theirs.

import type { RunRecord, TeacherRecord } from "../domain/record.ts";

export type Beginning = "trained" | "hosted" | "both";

/** Of arms; reference lines tell of themselves. */
export function computeBeginning({ arms, teachers = [] }: Pick<RunRecord, "arms" | "teachers">): Beginning {
  const own = arms.filter((arm) => !arm.isLine);
  const hosted = own.filter((arm) => teachers.some((teacher) => teacher.arm === arm.id));
  if (hosted.length === 0) return "trained";
  return hosted.length === own.length ? "hosted" : "both";
}

/** Each hosted model that some arm begins with, once, with its arms. */
export function listTeacherArms({ arms, teachers = [] }: Pick<RunRecord, "arms" | "teachers">): readonly (Omit<
  TeacherRecord,
  "arm"
> & {
  readonly arms: readonly string[];
})[] {
  const own = new Set(arms.filter((arm) => !arm.isLine).map(({ id }) => id));
  const told = teachers.filter(({ arm }) => own.has(arm));
  return [...new Set(told.map(({ endpoint }) => endpoint))].map((endpoint) => {
    const of = told.filter((teacher) => teacher.endpoint === endpoint);
    return { endpoint, model: of[0]!.model, arms: of.map(({ arm }) => arm) };
  });
}

/** A model: of one arm, of one generation. */
interface Place {
  readonly arm: string;
  readonly generation: number;
}

type Task = Pick<RunRecord, "teachers" | "unprompted">;

/** True where a model wrote whole texts without a prompt, and was not asked to write the summary of an article. */
export function isUnprompted({ unprompted, teachers = [] }: Task, { arm, generation }: Place): boolean {
  if (unprompted !== "teachers") return unprompted === "all";
  return generation === 0 && teachers.some((teacher) => teacher.arm === arm);
}

/** True where two models of one run did the same task: numbers of different ones do not compare. */
export function isOneTask(task: Task, from: Place, to: Place): boolean {
  return isUnprompted(task, from) === isUnprompted(task, to);
}

/** Arms, no reference lines, whose generation 0 did another task than the generations after it. */
export function listApart(record: Task & Pick<RunRecord, "arms">): readonly string[] {
  return record.arms
    .filter(({ id, isLine, generations }) => {
      const [first, last] = [0, generations].map((generation) => ({ arm: id, generation }));
      return !isLine && !isOneTask(record, first!, last!);
    })
    .map(({ id }) => id);
}
