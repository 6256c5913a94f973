// What the models of generation 0 are: trained on real data, or hosted models as they stand.
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
