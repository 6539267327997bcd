// What is written in a diagram: in bars, beside messages, and what waits until all shapes are
// drawn.

import { Box, line as lineBox, meet, Room } from "../labels";
import { FONT, Palette } from "../palette";
import { Call, Message } from "./data";
import { bar, Frame, segment, toY } from "./frame";
import { label } from "./describe";

/** Where along a line its words may stand. */
const SHARES = [0.5, 0.35, 0.65, 0.2, 0.8];

/** Words that wait until all shapes are drawn. */
export interface Text {
  text: string;
  x: number;
  y: number;
  ink: string;
  /** 0: it comes before the labels of operations. */
  rank: number;
}

/** Writes, if there is room; tells whether there was. */
export function write(context: CanvasRenderingContext2D, { text, x, y, ink }: Text, room: Room, colours: Palette): boolean {
  context.font = `11px ${FONT}`;
  if (!room.take(lineBox(x, y, context.measureText(text).width))) return false;
  put(context, text, x, y, ink, colours.card);
  return true;
}

/** What messages say, beside their middles, where there is room. */
export function drawWords(context: CanvasRenderingContext2D, frame: Frame, messages: Message[], room: Room, colours: Palette): void {
  const lines = frame.lanes.all.filter((lane) => lane.is === "node").map((lane) => toY(frame, lane));
  context.font = `11px ${FONT}`;
  for (const message of messages) {
    const { x0, y0, x1, y1 } = segment(frame, message);
    const text = message.text.length > 46 ? `${message.text.slice(0, 45)}…` : message.text;
    const width = context.measureText(text).width;
    // The first place along the line that is free, and not on the line of a node that it passes.
    for (const share of SHARES) {
      const [x, y] = [x0 + (x1 - x0) * share + 7, y0 + (y1 - y0) * share];
      if (lines.some((line) => Math.abs(line - y) < 9)) continue;
      if (x < frame.left || x + width > frame.right) continue;
      const ink = message.received ? colours.ink : colours.bad;
      if (write(context, { text, x, y, ink, rank: 1 }, room, colours)) break;
    }
  }
}

/** Where the words of a call may stand: from its bar's left end, for so many pixels. */
interface Place {
  call: Call;
  x0: number;
  x1: number;
  y: number;
  until: number;
}

/**
 * What stands in a bar, or behind it if there is room until the next one. A bar that is framed
 * holds no words but its own.
 */
export function drawLabels(context: CanvasRenderingContext2D, frame: Frame, calls: Call[], framed: Call[], room: Room, colours: Palette): void {
  context.font = `11px ${FONT}`;
  const places = placesOf(frame, calls, framed);
  const bars = places.filter(({ call }) => framed.includes(call));
  for (const place of bars) drawLabel(context, frame, place, [], room, colours);
  const kept = bars.map(({ x0, x1, y }): Box => ({ x0, y0: y - 10, x1, y1: y + 10 }));
  for (const place of places) if (!bars.includes(place)) drawLabel(context, frame, place, kept, room, colours);
}

/** The places of the calls in view, the last call first. */
function placesOf(frame: Frame, calls: Call[], framed: Call[]): Place[] {
  const next = new Map<number, number>();
  return [...calls].reverse().flatMap((call) => {
    const found = bar(frame, call);
    if (!found) return [];
    const x0 = Math.max(found.x0, frame.left);
    const free = (next.get(call.client) ?? frame.right) - x0;
    next.set(call.client, found.x0);
    // What is framed lies over whatever its client asked for meanwhile.
    const until = framed.includes(call) ? Math.max(free, found.x1 - x0) : free;
    return [{ call, x0, x1: found.x1, y: found.y, until }];
  });
}

/**
 * Writes the words of a call, if there is room and they would not lie in what is kept for others.
 */
function drawLabel(context: CanvasRenderingContext2D, frame: Frame, place: Place, kept: Box[], room: Room, colours: Palette): void {
  const { call, x0, x1, y, until } = place;
  const text = label(call);
  if (until < 26 || text.length * 4 > until) return;
  const width = context.measureText(text).width;
  const inside = width + 14 <= Math.min(x1, frame.right) - x0;
  if (!inside && width + 12 > until - (x1 - x0)) return;
  const x = inside ? x0 + 8 : x1 + 4;
  const box = lineBox(x, y, width);
  if (kept.some((other) => meet(box, other)) || !room.take(box)) return;
  if (!(inside && call.writes && call.fate === "done")) {
    put(context, text, x, y, colours.ink, inside && !call.writes ? colours["read-fill"] : colours.card);
    return;
  }
  context.fillStyle = colours.paper;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}

/** Writes with a rim that keeps lines away from the letters; gives the width. */
function put(context: CanvasRenderingContext2D, text: string, x: number, y: number, ink: string, rim: string): number {
  context.font = `11px ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.strokeStyle = rim;
  context.lineWidth = 3.5;
  context.lineJoin = "round";
  context.strokeText(text, x, y + 0.5);
  context.fillStyle = ink;
  context.fillText(text, x, y + 0.5);
  return context.measureText(text).width;
}
