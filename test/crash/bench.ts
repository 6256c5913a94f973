// What the model of R17 sees of the real thing: a file that asks, a command line, files that can go missing, a judge.

/** What the experiment file asks for. */
export interface Asked {
  readonly keep: number;
  readonly generations: number;
  readonly arms: number;
  readonly seeds: number;
  readonly faults: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly isKilled: boolean;
  readonly stderr: string;
}

/** The real thing, behind what the model asks of it. */
export interface Bench {
  write(asked: Asked): void;
  start(line: { readonly accepts: boolean; readonly resumes?: boolean; readonly end?: End }): Promise<Ended>;
  startTwo(): Promise<readonly Ended[]>;
  deleteModel(): void;
  deleteReport(): void;
  /** Throws where what was closed was made again, or more was paid twice than may be. */
  check(mayRepeat: number): void;
  /** Throws unless the report is that of a new run of the same file, and the books agree. */
  compare(asked: Asked): Promise<void>;
}

export interface End {
  readonly signal: "SIGKILL" | "SIGINT";
  /** The moment, as a share of an uninterrupted run's time. */
  readonly at: number;
}
