// The data inside the page, as the Rust side writes it, and operations as the page uses them.

import { Comparison } from "./comparison/data";
import { World } from "./diagram/data";

/** A level and what the judge says about it. */
export interface Ruling {
  level: string;
  word: "holds" | "violated" | "undecided";
  why: string | null;
  notes: string[];
  /** Places of operations among those shown. */
  clash: number[];
  clash_total: number;
  /** The cycle that they run in, if they do. */
  cycle: Link[];
  orders: Order[];
  orders_left_out: number;
}

/** One operation that must come before another, by their places among those shown. */
export interface Link {
  from: number;
  to: number;
  /** The name of the reason. */
  why: string;
  /** The reason in a sentence. */
  because: string;
}

/** An order that proves a level. */
export interface Order {
  client: string | null;
  total: number;
  /** The place of each operation in the whole order; null if none is missing. */
  places: number[] | null;
  operations: number[];
}

/** The latencies of one kind of operation at one level. */
export interface Latency {
  kind: number;
  level: string;
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  bins_per_decade: number;
  bins: [number, number][];
}

/** The final reads. */
export interface Finals {
  by: "server" | "client";
  answerers: string[];
  keys: number;
  differ: number;
  rows: { key: string; agree: boolean; answers: { value?: string | null }[] }[];
}

/** What a run set out to show, in words, and as a level that was to be violated. */
export interface Point {
  text: string | null;
  violates: string | null;
}

/** The whole document. */
export interface Document {
  candor_picture: number;
  version: string;
  title: string;
  promised: string | null;
  /** What a run set out to show. */
  point: Point | null;
  /** The one level that the judge was asked about, if it was not asked about all. */
  asked: string | null;
  seed: string | null;
  command: string;
  facts: [string, string][];
  troubles: string[];
  unit_ns: number;
  span: number;
  counts: Record<
    "total" | "asked" | "finals" | "shown" | "done" | "refused" | "unknown" | "clients" | "keys" | "servers",
    number
  >;
  windows: { from: number; to: number; count: number }[];
  operations: Record<string, number[]>;
  texts: string[];
  clients: string[];
  servers: string[];
  rulings: Ruling[];
  mixed_levels: boolean;
  /** For each level all others that it implies. */
  implies: Record<string, string[]>;
  latency: Latency[];
  finals: Finals | null;
  quiet: {
    agreed_after_ns: number | null;
    rounds: number;
    silent: [number, string][];
  } | null;
  /** What was done to the servers. */
  faults: { total: number; shown: Fault[] };
  /** Where servers stood, as they said when they were asked. */
  standings: Standings[];
}

/**
 * A stretch of time over which a server said where it stood, point by point; places are in the form
 * of `position`.
 */
export interface Standings {
  server: string;
  at: number[];
  height: number[];
  place: string[];
}

/** Something that was done to a server, or to all. */
export interface Fault {
  from: number;
  /** The same as `from` if it was over at once; null if it lasted to the end. */
  until: number | null;
  server: string | null;
  text: string;
}

/** What stands for "nothing there" and for "not known" in columns. */
const NOTHING = -1;
const UNKNOWN = -2;

export const WRITE = 0;
export const READ = 1;
export const CAS = 2;
export const KINDS = ["write", "read", "cas"];

export const DONE = 0;
export const REFUSED = 1;
export const FATES = ["done", "refused", "unknown"];

/** One operation. Times are nanoseconds since the first one began. */
export interface Operation {
  /** Its place among those shown, which are in the order of starts. */
  at: number;
  client: number;
  kind: number;
  key: string;
  /** A text, `null` for nothing there, `undefined` if not known. */
  value: string | null | undefined;
  from: string | null | undefined;
  start: number;
  /** Infinity if its outcome is unknown. */
  end: number;
  fate: number;
  ok: number;
  server: number;
  level: string | undefined;
  final: boolean;
  /** How far the replica had come; -2 if it did not say. */
  height: number;
  position: string | undefined;
  by: string | null | undefined;
  line: number;
}

/** Reads the document out of the page. */
export function readDocument(): Document | World | Comparison {
  return JSON.parse(document.getElementById("data")!.textContent!) as Document | World | Comparison;
}

/** Makes operations of the columns. */
export function operationsOf(data: Document): Operation[] {
  const columns = data.operations;
  const text = (number: number): string | null | undefined =>
    number === NOTHING ? null : number === UNKNOWN ? undefined : data.texts[number];
  return columns.start.map((start, at) => ({
    at,
    client: columns.client[at],
    kind: columns.kind[at],
    key: text(columns.key[at]) ?? "",
    value: text(columns.value[at]),
    from: text(columns.from[at]),
    start: start * data.unit_ns,
    end: columns.end[at] === UNKNOWN ? Infinity : columns.end[at] * data.unit_ns,
    fate: columns.fate[at],
    ok: columns.ok[at],
    server: columns.server[at],
    level: text(columns.level[at]) ?? undefined,
    final: columns.final[at] === 1,
    height: columns.position[at],
    position: text(columns.place[at]) ?? undefined,
    by: text(columns.by[at]),
    line: columns.line[at],
  }));
}

/** Whether an operation has an interval with a known end in which it ran, or may have. */
export function isOpen(operation: Operation): boolean {
  return operation.end === Infinity;
}
