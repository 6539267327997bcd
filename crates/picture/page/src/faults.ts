// What was done to the servers: bands above the lanes, one row for each server that was hit, and a
// list below.

import { Frame, toPixel } from "./bars";
import { Fault } from "./data";
import { h } from "./dom";
import { FONT, Palette } from "./palette";
import { State } from "./state";
import { count, counted, instant, span } from "./describe";

export const ROW_HEIGHT = 20;
/** So many servers have a row of their own; the others share the last. */
const ROWS_MAX = 8;
/** Where a name begins in its band. */
const NAME_INDENT = 8;
/** A band below this is a moment: its name stands behind it. */
const MOMENT = 10;
/** A name that is cut has at least so many pixels. */
const NAME_LEAST = 56;
/** How many faults the list tells at first. */
const LISTED_MAX = 200;

/** One row of bands. */
export interface FaultRow {
  name: string;
  short: string;
  faults: Fault[];
}

/** The rows, those that hit several servers first. */
export function rowsOf({ data }: State): FaultRow[] {
  const rows = new Map<string | null, FaultRow>();
  for (const fault of data.faults.shown) {
    const key = rows.size < ROWS_MAX || rows.has(fault.server) ? fault.server : [...rows.keys()].at(-1)!;
    const row = rows.get(key) ?? { name: key === null ? "faults" : `server ${key}`, short: key === null ? "all" : `s${key}`, faults: [] };
    row.faults.push(fault);
    rows.set(key, row);
  }
  const rank = (key: string | null): number => (key === null ? -1 : Number(key));
  return [...rows].sort(([a], [b]) => rank(a) - rank(b)).map(([, row]) => row);
}

/** When a fault began and ended, in nanoseconds; what lasted on ends with everything. */
export function spanOf(state: State, { from, until }: Fault): [number, number] {
  const unit = state.data.unit_ns;
  return [Math.max(0, from) * unit, until === null ? Math.max(state.span, from * unit) : until * unit];
}

/** Draws the rows from `top` on, and a light ground below each fault down to `bottom`. */
export function drawFaults(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  rows: FaultRow[],
  [top, bottom]: [number, number],
  colours: Palette,
): void {
  rows.forEach((row, at) => {
    const y = top + at * ROW_HEIGHT;
    row.faults.forEach((fault) => {
      const [from, to] = spanOf(state, fault);
      const x0 = toPixel(state, frame, state.axis.place(from));
      const x1 = Math.max(x0 + 3, fault.until === null ? frame.right + 2 : toPixel(state, frame, state.axis.place(to)));
      if (x1 < frame.left || x0 > frame.right) return;
      context.fillStyle = colours["doubt-wash"];
      context.globalAlpha = 0.55;
      context.fillRect(x0, y, x1 - x0, bottom - y);
      context.globalAlpha = 1;
      context.fillRect(x0, y + 1, x1 - x0, ROW_HEIGHT - 3);
      context.fillStyle = colours.doubt;
      context.fillRect(Math.round(x0), y + 1, 3, ROW_HEIGHT - 3);
      if (fault.until !== null && x1 - x0 > 6) context.fillRect(Math.round(x1) - 1, y + 1, 1, ROW_HEIGHT - 3);
    });
  });
  rows.forEach((row, at) => nameFaults(context, state, frame, row, top + (at + 0.5) * ROW_HEIGHT, colours));
}

/**
 * Writes what the faults of a row are, each inside its band, or behind one that is too short for
 * any word.
 */
function nameFaults(context: CanvasRenderingContext2D, state: State, frame: Frame, row: FaultRow, y: number, colours: Palette): void {
  context.font = `11px ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = colours.ink;
  const toX = (time: number): number => toPixel(state, frame, state.axis.place(time));
  let free = frame.left;
  row.faults.forEach((fault, place) => {
    const [from, to] = spanOf(state, fault).map(toX);
    const next = row.faults[place + 1];
    const end = Math.min(frame.right, next ? toX(spanOf(state, next)[0]) : Infinity);
    const left = Math.max(from + NAME_INDENT, free);
    const isMoment = to - from < MOMENT;
    const text = to < frame.left ? null : fitting(context, fault.text, (isMoment ? end : Math.min(end, to)) - left - NAME_INDENT / 2, isMoment);
    if (text === null) return;
    context.fillText(text, left, y);
    free = left + context.measureText(text).width + NAME_INDENT;
  });
}

/** As much of a text as has room, if that is enough to be read. */
function fitting(context: CanvasRenderingContext2D, text: string, room: number, whole: boolean): string | null {
  if (context.measureText(text).width <= room) return text;
  if (whole || room < NAME_LEAST) return null;
  let length = text.length;
  const cut = (): string => `${text.slice(0, length).trimEnd()}…`;
  while (context.measureText(cut()).width > room) length--;
  return cut();
}

/** When a fault began; a clock that runs before the first operation has no axis. */
const began = (ns: number): string => (ns < 0 ? `${span(-ns)} before the first operation` : instant(ns));

/** The faults as a list, closed at first; nothing if there were none. */
export function faultList(state: State): HTMLElement | null {
  const { total, shown } = state.data.faults;
  if (total === 0) return null;
  const unit = state.data.unit_ns;
  const row = (fault: Fault): HTMLElement => {
    const [from, to] = spanOf(state, fault);
    const lasted = fault.until === null ? "to the end" : fault.until > fault.from ? `for ${span(to - fault.from * unit)}` : "at once over";
    const reveal = (): void => state.revealTime(from, to);
    const server = `server ${fault.server}`;
    const who = fault.server === null || fault.text.startsWith(server) ? "" : `${server}: `;
    return h("li", {}, h("button", { type: "button", click: reveal }, h("span", {}, who + fault.text), h("small", {}, `${began(fault.from * unit)}, ${lasted}`)));
  };
  const more = total - Math.min(shown.length, LISTED_MAX);
  return h(
    "details",
    { class: "faults" },
    h("summary", {}, `What was done to the servers: ${counted(total, "fault")}`),
    h("ol", { class: "proof" }, ...shown.slice(0, LISTED_MAX).map(row)),
    more > 0 ? h("p", { class: "note" }, `${count(more)} more are not listed.`) : null,
  );
}
