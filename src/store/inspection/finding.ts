// What one look at a run found.

export interface Finding {
  /** What was looked at: folder, lock, database, record, stages, .. */
  readonly check: string;
  /** `warning`: nothing is lost and nothing wrong, but worth knowing. `problem`: damage. */
  readonly state: "ok" | "warning" | "problem";
  readonly what: string;
  /** File or stage; null for the whole folder. */
  readonly where: string | null;
  /** The way out; null where none is needed. */
  readonly next: string | null;
}

export interface Trouble {
  readonly what: string;
  readonly where?: string;
  readonly next: string;
}

export function createOk(check: string, what: string): Finding {
  return { check, state: "ok", what, where: null, next: null };
}

export function createProblem(check: string, { what, where, next }: Trouble): Finding {
  return { check, state: "problem", what, where: where ?? null, next };
}

export function createWarning(check: string, { what, where, next }: Trouble): Finding {
  return { check, state: "warning", what, where: where ?? null, next };
}
