// The levels: what each means in plain words, and which is stronger than which.

import { Document, Ruling } from "./data";

export interface Level {
  name: string;
  /** What the page calls it. */
  title: string;
  words: string;
  /** What its short name stands for; nothing if it is none. */
  full: string;
  /** Where its middle stands in the diagram, which is four places wide; and in which row. */
  x: number;
  row: number;
}

const LEVELS: Level[] = [
  { name: "linearizable", full: "", title: "linearizable", x: 1.75, row: 0,
    words: "Every operation takes effect at one instant between question and answer: nobody reads a value older than one that was already acknowledged." },
  { name: "sequential", full: "", title: "sequential", x: 1.75, row: 1,
    words: "One order of all operations explains every read and keeps each client's own order, though not real time." },
  { name: "causal", full: "causal convergence", title: "causal (ccv)", x: 0.9, row: 2,
    words: "Nobody sees an answer without its question, and one order of the writes settles what is newer." },
  { name: "cm", full: "causal memory", title: "cm", x: 2.6, row: 2,
    words: "Causal memory: for each client, one order of all it could know of explains all that it saw." },
  { name: "pram", full: "pipelined memory", title: "pram", x: 1.5, row: 3,
    words: "Each client sees every other client's writes in the order in which they were made." },
  { name: "cc", full: "weak causal consistency", title: "cc", x: 2.6, row: 3,
    words: "Weak causal consistency: nobody sees an answer without its question." },
  { name: "wfr", full: "writes follow reads", title: "wfr", x: 3.5, row: 3,
    words: "Writes follow reads: who sees a write also sees what its writer had seen." },
  { name: "mr", full: "monotonic reads", title: "mr", x: 0.32, row: 4,
    words: "Monotonic reads: no client's view of a key goes back." },
  { name: "mw", full: "monotonic writes", title: "mw", x: 1.15, row: 4,
    words: "Monotonic writes: who sees a write also sees its writer's earlier ones." },
  { name: "ryw", full: "read your writes", title: "ryw", x: 2.1, row: 4,
    words: "Read your writes: a client never misses what it wrote itself." },
  { name: "eventual", full: "", title: "eventual", x: 3.4, row: 4,
    words: "Only written values are read, and once nobody writes any more all servers agree. It asks for final reads, so no other level implies it." },
];
/** How many places and rows the diagram has. */
export const PLACES = 4;
export const ROWS = 5;

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
  const extra = others.map((ruling, at): Level => ({
    name: ruling.level, full: "", title: ruling.level, x: 3.4, row: Math.min(at, 2), words: describe(ruling.level),
  }));
  return [...LEVELS, ...extra].map((level): Standing => {
    const ruling = ruled.get(level.name) ?? null;
    if (ruling) return { level, word: ruling.word, ruling, from: null };
    // Where reads ask for levels of their own, each level is judged by other reads: nothing
    // follows.
    const find = (word: Word, related: (other: string) => boolean): string | undefined =>
      data.mixed_levels ? undefined : data.rulings.find((r) => r.word === word && related(r.level))?.level;
    const stronger = find("holds", (other) => data.implies[other]?.includes(level.name) ?? false);
    if (stronger) return { level, word: "holds", ruling: null, from: stronger };
    const weaker = find("violated", (other) => data.implies[level.name]?.includes(other) ?? false);
    if (weaker) return { level, word: "violated", ruling: null, from: weaker };
    return { level, word: "unchecked", ruling: null, from: null };
  });
}

/** The levels right below one: those that it implies, but not by way of another. */
export function below(data: Document, name: string): string[] {
  const implied = data.implies[name] ?? [];
  return implied.filter((lower) => !implied.some((between) => data.implies[between]?.includes(lower)));
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
