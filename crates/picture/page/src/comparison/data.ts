// The data of a page that sets levels side by side, as the Rust side writes it. What is a text
// there is what the terminal printed.

export type Word = "broken" | "shown" | "nothing" | "undecided";

/** A run, and the way to its own picture. */
export interface Run {
  run: number;
  /** A directory beside this page, and a file in it. */
  picture: [string, string];
}

/** What a level showed that it, or a stronger one, forbids. */
export interface Showing {
  /** The level that forbids it. */
  level: string;
  word: Word;
  text: string;
  exhibit: { run: Run; operations: Part[]; left_out: number } | null;
}

/** An operation of a clash; nanoseconds since the start of the run. */
export interface Part {
  text: string;
  when: string;
  from: number;
  /** Null if nobody knows. */
  to: number | null;
}

/** Operations of one kind. */
export interface Kind {
  name: string;
  done: number;
  refused: number;
  unknown: number;
  longest_gap: string;
  figures: { name: string; text: string; ns: number | null }[];
  bins_per_decade: number;
  bins: [number, number][];
}

/** A scenario at a level. */
export interface Column {
  name: string;
  file: string;
  level: string;
  word: "holds" | "violated" | "undecided" | "not run";
  held: string;
  throughput: { text: string; per_s: number | null; slept_percent: number | null };
  kinds: Kind[];
  showings: Showing[];
  run_count: number;
  runs: Run[];
}

export interface Comparison {
  candor_comparison: number;
  version: string;
  title: string;
  word: "holds" | "violated" | "undecided";
  headline: string;
  sentence: string;
  facts: [string, string][];
  seed: string;
  command: string;
  troubles: string[];
  /** Whether some reads ask for levels of their own. */
  own_levels: boolean;
  columns: Column[];
}
