// What is drawn over the bars: the witness order as a line through them, or the clash as frames
// with numbers and arrows from writes to the reads that returned them.

import { DONE, isOpen, Link, Operation, READ } from "./data";
import { barHeight, box, Frame, sides, toPixel } from "./bars";
import { around, Box, Room } from "./labels";
import { Bar, block, drawLinks } from "./links";
import { FONT, Palette } from "./palette";
import { State } from "./state";

/** With fewer pixels for each of its points the line would be a smear; then it is left out. */
const LINE_STEP = 6;
/** With so many it is a firm line, else a thin one. */
const FIRM_STEP = 14;
/** How far above a bar's edge its number stands, clear of what is written in the bar. */
const BADGE_LIFT = 3;
/** How far apart two dots in one lane must be. */
const DOT_ROOM = 7;

/** The vertical middle of a client's lane. */
export type Middle = (operation: Operation) => number;

/**
 * Where in its bar each operation of an order took effect: times that never go back, if such times
 * exist. Each lies between the latest start so far and the earliest end from here on; the middle of
 * the two is as good as any, and never goes back either.
 */
export function effects(order: Operation[]): number[] {
  const least: number[] = [];
  let latest = -Infinity;
  for (const operation of order) least.push((latest = Math.max(latest, operation.start)));
  const most: number[] = new Array(order.length);
  let earliest = Infinity;
  for (let at = order.length - 1; at >= 0; at--) {
    most[at] = earliest = Math.min(earliest, order[at].end);
  }
  return order.map((operation, at) => {
    const [from, to] = [least[at], most[at]];
    if (from <= to) return to === Infinity ? from : (from + to) / 2;
    // The order is not that of real time: the operation stands where it was.
    return isOpen(operation) ? operation.start : (operation.start + operation.end) / 2;
  });
}

/**
 * Draws an order along its places on the axis; false if it has too many points in view to be drawn.
 */
export function drawOrder(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  order: Operation[],
  places: Float64Array,
  numbers: number[] | null,
  middle: Middle,
  room: Room,
  colours: Palette,
): boolean {
  let seen = 0;
  for (const place of places) if (place >= state.x0 && place <= state.x1) seen++;
  const step = (frame.right - frame.left) / Math.max(1, seen);
  if (step < LINE_STEP) return false;
  const xs = places.map((place) => toPixel(state, frame, place));
  const inView = (x: number): boolean => x >= frame.left - 2 && x <= frame.right + 2;
  // Along the upper edges of the bars, so that their labels stay readable.
  const edge = barHeight(frame.laneHeight) / 2;
  const y = (operation: Operation): number => middle(operation) - edge;
  context.lineJoin = "round";
  context.strokeStyle = colours.order;
  for (const backwards of [false, true]) {
    context.lineWidth = step < FIRM_STEP ? 1 : 1.75;
    context.setLineDash(backwards ? [4, 3] : []);
    context.beginPath();
    for (let at = 1; at < order.length; at++) {
      const [a, b] = [xs[at - 1], xs[at]];
      if (b < a !== backwards || (!inView(a) && !inView(b) && (a < frame.left) === (b < frame.left))) continue;
      context.moveTo(a, y(order[at - 1]));
      context.lineTo(b, y(order[at]));
    }
    context.stroke();
  }
  context.setLineDash([]);
  const roomy = frame.laneHeight >= 34;
  const dotted = new Map<number, number>();
  for (let at = 0; at < order.length; at++) {
    if (!inView(xs[at])) continue;
    const [x, lane] = [xs[at], order[at].client];
    const number = String((numbers ? numbers[at] : at) + 1);
    // A number that would lie on another is a dot, and dots that would cover each other are one.
    if (roomy && badge(context, x, y(order[at]) - BADGE_LIFT, number, room, colours.order, colours.card)) dotted.set(lane, x + DOT_ROOM);
    else if (Math.abs(x - (dotted.get(lane) ?? -Infinity)) >= DOT_ROOM) {
      drawDot(context, x, y(order[at]), colours);
      dotted.set(lane, x);
    }
  }
  return true;
}

function drawDot(context: CanvasRenderingContext2D, x: number, y: number, colours: Palette): void {
  context.fillStyle = colours.order;
  context.strokeStyle = colours.card;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, 3.2, 0, 7);
  context.fill();
  context.stroke();
}

/** Draws a small number on a coloured ground, if there is room; tells whether there was. */
export function badge(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  text: string,
  room: Room,
  ground: string,
  ink: string,
): boolean {
  context.font = `600 10px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = Math.max(15, context.measureText(text).width + 8);
  if (!room.take(around(x, y, width + 1, 15))) return false;
  context.fillStyle = ground;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  box(context, x - width / 2, y - 7.5, width, 15, 7.5);
  context.fill();
  context.stroke();
  context.fillStyle = ink;
  context.fillText(text, x, y + 0.5);
  return true;
}

/** Numbers a frame: at its first corner that is free. */
export function numberFrame(context: CanvasRenderingContext2D, frame: Box, number: number, room: Room, colours: Palette): void {
  const corners = [[frame.x0 + 2, frame.y0], [frame.x1 - 2, frame.y0], [frame.x0 + 2, frame.y1], [frame.x1 - 2, frame.y1]];
  corners.some(([x, y]) => badge(context, x, y, String(number), room, colours.bad, colours.paper));
}

/** The band of time that a clash covers, behind the bars. */
export function drawClashBand(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  clash: Operation[],
  bottom: number,
  colours: Palette,
): void {
  const spans = clash.map((operation) => sides(state, frame, operation));
  const from = Math.min(...spans.map(([a]) => a)) - 8;
  const to = Math.max(...spans.map(([a, b], at) => (isOpen(clash[at]) ? a : b))) + 8;
  context.fillStyle = colours["bad-wash"];
  context.fillRect(from, frame.top, to - from, bottom - frame.top);
}

/** Frames the operations of a clash. */
export function drawClash(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  clash: Operation[],
  cycle: Link[],
  middle: Middle,
  room: Room,
  colours: Palette,
): void {
  const height = barHeight(frame.laneHeight) + 6;
  const bar = (place: number): Bar => {
    const [x0, x1] = sides(state, frame, state.operations[place]);
    return { x0, x1: isOpen(state.operations[place]) ? x0 + 24 : x1, y: middle(state.operations[place]) };
  };
  // Who saw whose value, where no link of the cycle says it.
  const linked = (write: Operation, read: Operation): boolean => cycle.some(({ from, to }) => from === write.at && to === read.at);
  context.globalAlpha = cycle.length === 0 ? 1 : 0.55;
  for (const [write, read] of seen(clash)) if (!linked(write, read)) drawArrow(context, state, frame, write, read, middle, colours);
  context.globalAlpha = 1;
  const small = frame.laneHeight < 34;
  const frames: [Box, number][] = [];
  clash.forEach((operation, at) => {
    const [from, to] = sides(state, frame, operation);
    if (to < frame.left - 20 || from > frame.right + 20) return;
    const y = middle(operation);
    context.strokeStyle = colours.bad;
    context.lineWidth = small ? 2 : 2.5;
    const framed = { x0: from - 3, y0: y - height / 2, x1: Math.min(to, frame.right + 40) + 3, y1: y + height / 2 };
    box(context, framed.x0, framed.y0, framed.x1 - framed.x0, height, 6);
    context.stroke();
    if (!small) frames.push([framed, at + 1]);
  });
  // Over all frames, since some overlap.
  for (const [framed, number] of frames) numberFrame(context, framed, number, room, colours);
  const bars = clash.map((operation) => block(bar(operation.at)));
  const links = cycle.map(({ from, to, why }) => ({ from: bar(from), to: bar(to), why }));
  drawLinks(context, links, height / 2, colours, frame, bars, room);
}

/** Who saw whose value, where only one operation of the clash can have written it. */
function seen(clash: Operation[]): [Operation, Operation][] {
  const pairs: [Operation, Operation][] = [];
  for (const read of clash) {
    const value = read.kind === READ ? read.value : read.kind === 2 && read.ok === 1 ? read.from : undefined;
    if (value === undefined || value === null) continue;
    const writers = clash.filter(
      (w) => w !== read && w.kind !== READ && w.fate !== 1 && w.key === read.key && w.value === value && !(w.kind === 2 && w.ok === 0),
    );
    if (writers.length === 1 && read.fate === DONE) pairs.push([writers[0], read]);
  }
  return pairs;
}

function drawArrow(
  context: CanvasRenderingContext2D,
  state: State,
  frame: Frame,
  write: Operation,
  read: Operation,
  middle: Middle,
  colours: Palette,
): void {
  const half = barHeight(frame.laneHeight) / 2 + 4;
  const [y0, y1] = [middle(write), middle(read)];
  const down = y1 > y0 ? 1 : y1 < y0 ? -1 : 0;
  const [w0, w1] = sides(state, frame, write);
  const [r0, r1] = sides(state, frame, read);
  // Between lanes from edge to edge; within one lane in an arc below it.
  const from = { x: isOpen(write) ? w0 + 2 : (w0 + w1) / 2, y: y0 + (down || 1) * half };
  const to = { x: (r0 + r1) / 2, y: y1 - (down || -1) * half };
  context.strokeStyle = context.fillStyle = colours.bad;
  context.lineWidth = 1.5;
  const lift = down === 0 ? frame.laneHeight * 0.4 : down * Math.min(30, Math.abs(to.y - from.y) * 0.5);
  const [c0, c1] = [{ x: from.x, y: from.y + lift }, { x: to.x, y: to.y - (down === 0 ? -lift : lift) }];
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(c0.x, c0.y, c1.x, c1.y, to.x, to.y);
  context.stroke();
  const angle = Math.atan2(to.y - c1.y, to.x - c1.x || 0.001);
  context.beginPath();
  context.moveTo(to.x, to.y);
  for (const side of [-0.45, 0.45]) {
    context.lineTo(to.x - 9 * Math.cos(angle + side), to.y - 9 * Math.sin(angle + side));
  }
  context.fill();
}
