// The levels: what each means in plain words, and which is stronger than which.

import { Document, Ruling } from "./data";

export interface Level {
  name: string;
  /** What the page calls it. */
  title: string;
  words: string;
  /** The levels right below it: what meets this one meets them too. */
  below: string[];
  /** Where it stands in the diagram: row and column. */
  row: number;
  column: number;
}

const LEVELS: Level[] = [
  { name: "linearizable", title: "linearizable", row: 0, column: 1, below: ["sequential"],
    words: "Every operation takes effect at one instant between question and answer: nobody reads a value older than one that was already acknowledged." },
  { name: "sequential", title: "sequential", row: 1, column: 1, below: ["causal", "cm"],
    words: "One order of all operations explains every read and keeps each client's own order, though not real time." },
  { name: "causal", title: "causal (ccv)", row: 2, column: 0, below: ["cc", "mr"],
    words: "Nobody sees an answer without its question, and one order of the writes settles what is newer." },
  { name: "cm", title: "cm", row: 2, column: 2, below: ["cc", "pram"],
    words: "Causal memory: for each client, one order of all it could know of explains all that it saw." },
  { name: "cc", title: "cc", row: 3, column: 0, below: ["ryw", "wfr", "mw"],
    words: "Weak causal consistency: nobody sees an answer without its question." },
  { name: "pram", title: "pram", row: 3, column: 2, below: ["ryw", "mr", "mw"],
    words: "Each client sees every other client's writes in the order in which they were made." },
  { name: "ryw", title: "ryw", row: 4, column: 0, below: [],
    words: "Read your writes: a client never misses what it wrote itself." },
  { name: "wfr", title: "wfr", row: 4, column: 1, below: [],
    words: "Writes follow reads: who sees a write also sees what its writer had seen." },
  { name: "mw", title: "mw", row: 4, column: 2, below: [],
    words: "Monotonic writes: who sees a write also sees its writer's earlier ones." },
  { name: "mr", title: "mr", row: 4, column: 3, below: [],
    words: "Monotonic reads: no client's view of a key goes back." },
  { name: "eventual", title: "eventual", row: 5, column: 1, below: [],
    words: "Only written values are read, and once nobody writes any more all servers agree. It asks for final reads, so no other level implies it." },
];

export type Word = "holds" | "violated" | "undecided" | "unchecked";

/** A level with what is known about it. */
export interface Standing {
  level: Level;
  word: Word;
  ruling: Ruling | null;
  /** The level from which it follows, if the judge was not asked. */
  from: string | null;
}

/** All levels with what is known about them, asked or implied. */
export function standings(data: Document): Standing[] {
  const ruled = new Map(data.rulings.map((ruling) => [ruling.level, ruling]));
  const others = data.rulings.filter((ruling) => !LEVELS.some((level) => level.name === ruling.level));
  const extra = others.map((ruling): Level => ({
    name: ruling.level, title: ruling.level, row: 0, column: 3, below: [], words: describe(ruling.level),
  }));
  return [...LEVELS, ...extra].map((level): Standing => {
    const ruling = ruled.get(level.name) ?? null;
    if (ruling) return { level, word: ruling.word, ruling, from: null };
    // Where reads ask for levels of their own, each level is judged by other reads: nothing follows.
    const find = (word: Word, related: (other: string) => boolean): string | undefined =>
      data.mixed_levels ? undefined : data.rulings.find((r) => r.word === word && related(r.level))?.level;
    const stronger = find("holds", (other) => below(other).has(level.name));
    if (stronger) return { level, word: "holds", ruling: null, from: stronger };
    const weaker = find("violated", (other) => below(level.name).has(other));
    if (weaker) return { level, word: "violated", ruling: null, from: weaker };
    return { level, word: "unchecked", ruling: null, from: null };
  });
}

/** All levels below one. */
function below(name: string): Set<string> {
  const found = new Set<string>();
  const todo = [name];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    for (const lower of LEVELS.find((level) => level.name === next)?.below ?? []) {
      if (!found.has(lower)) todo.push(lower);
      found.add(lower);
    }
  }
  return found;
}

function describe(name: string): string {
  if (!name.startsWith("bounded:")) return "";
  const ms = name.slice("bounded:".length);
  return `Linearizable once every read's start is moved ${ms} ms earlier: nobody reads what was out of date for longer.`;
}

/** The outcome in words. */
export function outcome(word: Word): string {
  return word === "unchecked" ? "not checked" : word;
}
