// Numbers and operations in words.

import { CAS, DONE, FATES, KINDS, Operation, READ, REFUSED } from "./data";

/** A span of time, such as `1.92 ms`. */
export function span(ns: number): string {
  if (!Number.isFinite(ns)) return "unknown";
  const sign = ns < 0 ? "−" : "";
  const size = Math.abs(ns);
  const units: [number, string][] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const [scale, unit] = units.find(([scale]) => size >= scale) ?? [1, "ns"];
  const number = size / scale;
  const digits = unit === "ns" || number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return `${sign}${trim(number.toFixed(digits))} ${unit}`;
}

/** An instant, such as `162.384 ms`: to the microsecond, or to the step of an axis. */
export function instant(ns: number, step = 1): string {
  if (!Number.isFinite(ns)) return "unknown";
  if (ns === 0) return "0";
  const [scale, unit]: [number, string] = ns >= 1e9 ? [1e9, "s"] : ns >= 1e6 ? [1e6, "ms"] : ns >= 1e3 ? [1e3, "µs"] : [1, "ns"];
  const finest = unit === "s" ? 6 : unit === "ns" ? 0 : 3;
  const needed = Math.ceil(Math.log10(scale / step) - 1e-9);
  return `${trim((ns / scale).toFixed(Math.max(0, Math.min(step === 1 ? finest : 9, needed))))} ${unit}`;
}

function trim(number: string): string {
  return number.includes(".") ? number.replace(/\.?0+$/, "") : number;
}

/** A count with thin spaces between thousands. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A count and its noun. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A key or value as it is shown: bare if it is a plain word, else in quotes. */
export function shown(text: string | null | undefined): string {
  if (text === null) return "nothing";
  if (text === undefined) return "?";
  return /^[\p{L}\p{N}_.:/+@#{}-]+$/u.test(text) ? text : JSON.stringify(text);
}

/** A key or value inside a sentence: always in quotes, since it may be any word. */
export function quoted(text: string | null | undefined): string {
  return text === null || text === undefined ? shown(text) : JSON.stringify(text);
}

/**
 * A server by both its names: runs and pages count servers from 0, its own log and INFO say which
 * node it is, from 1.
 */
export const serverOfNode = (node: number): string => `server ${node - 1} (node ${node})`;

/**
 * A place in logs in words: `[5, 0]` in the agreed log, `[2.1, 7, 0]` in a merged one, `{1.1: 3,
 * 2.1: 5}` in all.
 */
export function placeInWords(place: string): string {
  const merged = place.match(/^\[(\d+)\.(\d+), (\d+), (\d+)\]$/);
  if (merged) return `entry ${merged[3]} of ${serverOfNode(Number(merged[1]))}${ordinal(Number(merged[4]))}${boot(merged[2])}`;
  const agreed = place.match(/^\[(\d+), (\d+)\]$/);
  if (agreed) return `entry ${agreed[1]} of the agreed log${ordinal(Number(agreed[2]))}`;
  return place.replace(/[{}]/g, "").replace(/(\d+)\.(\d+): (\d+)/g, (_, node, life, index) => `${serverOfNode(Number(node))}: ${index}${boot(life)}`);
}

const ordinal = (offset: number): string => (offset > 0 ? `, write ${offset + 1} in it` : "");
const boot = (life: string): string => (life === "1" ? "" : ` of boot ${life}`);

/** The shortest form, for inside a bar. */
export function label(operation: Operation): string {
  const key = shown(operation.key);
  if (operation.kind === CAS) {
    return `${key}: ${shown(operation.from)}→${shown(operation.value)}${operation.ok === 0 ? " ✗" : ""}`;
  }
  if (operation.kind === READ) return `${key} → ${shown(operation.value)}`;
  return operation.value === null ? `delete ${key}` : `${key} = ${shown(operation.value)}`;
}

/** A sentence, such as `client 3 read "a" and got "5"`. */
export function sentence(operation: Operation, client: string): string {
  const key = quoted(operation.key);
  const who = `client ${client}`;
  const asks = operation.fate === DONE ? "" : ` (${FATES[operation.fate]})`;
  switch (operation.kind) {
    case READ:
      return operation.value === undefined
        ? `${who} read ${key}, without an answer${asks}`
        : `${who} read ${key} and got ${quoted(operation.value)}${asks}`;
    case CAS: {
      const what = `${who} set ${key} from ${quoted(operation.from)} to ${quoted(operation.value)}`;
      return operation.ok === 0 ? `${what}: it was something else` : what + asks;
    }
    default:
      return operation.value === null
        ? `${who} deleted ${key}${asks}`
        : `${who} wrote ${key} = ${quoted(operation.value)}${asks}`;
  }
}

/** The name of a kind. */
export function kindName(operation: Operation): string {
  if (operation.kind === 0 && operation.value === null) return "delete";
  return KINDS[operation.kind] + (operation.final ? " of the quiet end" : "");
}

/** What came of an operation, in words. */
export function fateName(operation: Operation): string {
  if (operation.fate === REFUSED) return "refused: it certainly did not run";
  if (operation.fate !== DONE) return "unknown: it may have run at any later time, or never";
  return operation.kind === CAS && operation.ok === 0 ? "done; the key held something else" : "done";
}
