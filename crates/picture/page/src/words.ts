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

/** The shortest form, for inside a bar. */
export function label(operation: Operation): string {
  const key = shown(operation.key);
  if (operation.kind === CAS) {
    return `${key}: ${shown(operation.from)}→${shown(operation.value)}${operation.ok === 0 ? " ✗" : ""}`;
  }
  if (operation.kind === READ) return `${key} → ${shown(operation.value)}`;
  return operation.value === null ? `delete ${key}` : `${key} = ${shown(operation.value)}`;
}

/** A sentence, such as `client 3 read a and got 5`. */
export function sentence(operation: Operation, client: string): string {
  const key = shown(operation.key);
  const who = `client ${client}`;
  const asks = operation.fate === DONE ? "" : ` (${FATES[operation.fate]})`;
  switch (operation.kind) {
    case READ:
      return operation.value === undefined
        ? `${who} read ${key}, without an answer${asks}`
        : `${who} read ${key} and got ${shown(operation.value)}${asks}`;
    case CAS: {
      const what = `${who} set ${key} from ${shown(operation.from)} to ${shown(operation.value)}`;
      return operation.ok === 0 ? `${what}: it was something else` : what + asks;
    }
    default:
      return operation.value === null
        ? `${who} deleted ${key}${asks}`
        : `${who} wrote ${key} = ${shown(operation.value)}${asks}`;
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
