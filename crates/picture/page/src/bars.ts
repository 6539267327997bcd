// Draws the operations as bars. A write is a full bar, a read a pale one with a firm edge, a cas is
// pale with a firm edge at both ends; a refused one is an empty dashed box, and one of unknown
// outcome runs on to the right, hatched, because nobody knows when or whether it happened.

import { CAS, isOpen, Operation, READ, REFUSED } from "./data";
import { line, Room } from "./labels";
import { Lane, firstFrom } from "./lanes";
import { FONT, Palette } from "./palette";
import { State } from "./state";
import { label } from "./describe";

/** The least width of a bar, so that none is ever invisible. */
const WIDTH_MIN = 3;
/** Below this width there is no use in trying to write. */
const LABEL_MIN = 24;
/**
 * Up to this width a bar is one plain stripe, and up to the next one a plain box: shapes cost time.
 */
const PALE_FROM = 6;
const SHAPED_FROM = 16;
/** How clear an operation is that the filter does not match. */
const DIM = 0.14;

/** Where bars are drawn: a rectangle of the canvas and the part of the axis that it shows. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  laneHeight: number;
  /** CSS pixels per nanosecond of the axis. */
  scale: number;
}

/** The x of a place on the axis. */
export function toPixel(state: State, frame: Frame, place: number): number {
  return frame.left + (place - state.x0) * frame.scale;
}

/** The height of bars in lanes of some height. */
export function barHeight(laneHeight: number): number {
  return Math.min(24, laneHeight - (laneHeight > 24 ? 12 : 6));
}

/** The sides of an operation's bar. */
export function sides(state: State, frame: Frame, operation: Operation): [number, number] {
  const from = toPixel(state, frame, state.axis.place(operation.start));
  if (isOpen(operation)) return [from, Math.max(from + WIDTH_MIN, frame.right)];
  const to = toPixel(state, frame, state.axis.place(operation.end));
  return [from, Math.max(from + WIDTH_MIN, to)];
}

/** Draws one lane; gives how many bars it took. */
export function drawLane(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  lane: Lane,
  middle: number,
  colours: Palette,
): number {
  const height = barHeight(frame.laneHeight);
  const y = middle - height / 2;
  let drawn = 0;
  const last = state.axis.time(state.x1);
  let covered = -Infinity;
  for (let at = firstFrom(lane, state.axis.time(state.x0)); at < lane.operations.length; at++) {
    const operation = lane.operations[at];
    if (operation.start > last) break;
    const [from, to] = sides(state, frame, operation);
    // Where bars are thinner than pixels, one of them stands for all.
    if (to <= covered && !isOpen(operation)) continue;
    covered = to <= from + WIDTH_MIN ? to : -Infinity;
    drawn++;
    context.globalAlpha = state.matches && !state.matches[operation.at] ? DIM : 1;
    drawBar(context, operation, Math.max(from, frame.left - 20), y, Math.min(to, frame.right + 20), height, colours);
  }
  context.globalAlpha = 1;
  return drawn;
}

/** Draws what stands on the bars of one lane, or behind them; over everything else. */
export function drawLabels(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  lane: Lane,
  middle: number,
  room: Room,
  colours: Palette,
  rims: boolean,
): void {
  const height = barHeight(frame.laneHeight);
  if (height < 12) return;
  const last = state.axis.time(state.x1);
  for (let at = firstFrom(lane, state.axis.time(state.x0)); at < lane.operations.length; at++) {
    const operation = lane.operations[at];
    if (operation.start > last) break;
    const next = lane.operations[at + 1];
    const from = Math.max(sides(state, frame, operation)[0], frame.left);
    const until = next ? sides(state, frame, next)[0] : frame.right;
    if (until - from < LABEL_MIN) continue;
    const to = Math.min(sides(state, frame, operation)[1], frame.right);
    context.globalAlpha = state.matches && !state.matches[operation.at] ? DIM : 1;
    drawLabel(context, operation, [from, to, until], middle, height, room, colours, rims);
  }
  context.globalAlpha = 1;
}

function drawBar(
  context: CanvasRenderingContext2D,
  operation: Operation,
  from: number,
  y: number,
  to: number,
  height: number,
  colours: Palette,
): void {
  const width = to - from;
  const radius = Math.min(4, width / 3);
  const [firm, pale] = coloursOf(operation, colours);
  if (operation.fate === REFUSED) {
    context.strokeStyle = colours.soft;
    context.lineWidth = 1.25;
    context.setLineDash([3, 2]);
    box(context, from + 0.5, y + 0.5, Math.max(2, width - 1), height - 1, radius);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  if (isOpen(operation) || operation.fate !== 0) return drawOpen(context, from, y, to, height, firm, pale);
  context.fillStyle = pale;
  if (width <= SHAPED_FROM) {
    context.fillStyle = width <= PALE_FROM ? firm : pale;
    context.fillRect(from, y, width, height);
    context.fillStyle = firm;
    if (pale !== firm && width > PALE_FROM) context.fillRect(from, y, 3, height);
    return;
  }
  box(context, from, y, width, height, radius);
  context.fill();
  if (pale === firm) return;
  context.fillStyle = firm;
  box(context, from, y, 4, height, [radius, 0, 0, radius]);
  context.fill();
  if (operation.kind === CAS) {
    box(context, to - 4, y, 4, height, [0, radius, radius, 0]);
    context.fill();
  }
}

/** An operation that may have run at any time after its start. */
function drawOpen(
  context: CanvasRenderingContext2D,
  from: number,
  y: number,
  to: number,
  height: number,
  firm: string,
  pale: string,
): void {
  context.save();
  context.beginPath();
  context.rect(from, y, to - from, height);
  context.clip();
  context.globalAlpha *= 0.55;
  if (pale !== firm) {
    context.fillStyle = pale;
    context.fillRect(from, y, to - from, height);
  }
  context.strokeStyle = firm;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = from - height; x < to; x += 9) {
    context.moveTo(x, y + height);
    context.lineTo(x + height, y);
  }
  context.stroke();
  context.restore();
  context.fillStyle = firm;
  context.fillRect(from, y, 3, height);
}

function coloursOf(operation: Operation, colours: Palette): [string, string] {
  if (operation.kind === READ) return [colours.read, colours["read-fill"]];
  if (operation.kind === CAS) return [colours.cas, colours["cas-fill"]];
  return [colours.write, colours.write];
}

/** The label stands inside the bar if it fits, else behind it if there is room. */
function drawLabel(
  context: CanvasRenderingContext2D,
  operation: Operation,
  [from, to, until]: [number, number, number],
  middle: number,
  height: number,
  room: Room,
  colours: Palette,
  rims: boolean,
): void {
  context.font = `${height >= 18 ? 12 : 11}px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const text = label(operation);
  if (text.length * 4 > Math.max(to, until) - from) return;
  const width = widthOf(context, text);
  const inside = width + 14 <= to - from;
  if (!inside && (isOpen(operation) || width + 10 > until - to)) return;
  const [firm, pale] = coloursOf(operation, colours);
  const full = inside && operation.kind === 0 && operation.fate === 0;
  const x = inside ? from + (isOpen(operation) ? 10 : 9) : to + 5;
  if (!room.take(line(x, middle, width))) return;
  // A rim in the colour of the ground keeps what is drawn over the bars away from the letters.
  context.strokeStyle = !inside || operation.fate !== 0 ? colours.card : full ? firm : pale;
  context.lineWidth = inside && isOpen(operation) ? 6 : 3;
  context.lineJoin = "round";
  if (rims || isOpen(operation)) context.strokeText(text, x, middle + 0.5);
  context.fillStyle = full ? colours.paper : colours.ink;
  context.fillText(text, x, middle + 0.5);
}

/**
 * Widths of labels in the font of the moment: measuring is dear, and labels come again and again.
 */
const widths = new Map<string, number>();
const WIDTHS_MAX = 20_000;

function widthOf(context: CanvasRenderingContext2D, text: string): number {
  const key = context.font + text;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size >= WIDTHS_MAX) widths.clear();
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** A path around a box. */
export function box(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number | number[],
): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}
