// What is written in a diagram: in bars, beside messages, and what waits until all shapes are drawn.

import { line as lineBox, Room } from "../labels";
import { FONT, Palette } from "../palette";
import { Call, Message } from "./data";
import { bar, Frame, segment, toY } from "./frame";
import { label } from "./words";

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

/** What stands in a bar, or behind it if there is room until the next one. */
export function drawLabels(context: CanvasRenderingContext2D, frame: Frame, calls: Call[], room: Room, colours: Palette): void {
  const next = new Map<number, number>();
  context.font = `11px ${FONT}`;
  for (const call of [...calls].reverse()) {
    const found = bar(frame, call);
    if (!found) continue;
    const x0 = Math.max(found.x0, frame.left);
    const until = (next.get(call.client) ?? frame.right) - x0;
    next.set(call.client, found.x0);
    const text = label(call);
    if (until < 26 || text.length * 4 > until) continue;
    const width = context.measureText(text).width;
    const inside = width + 14 <= Math.min(found.x1, frame.right) - x0;
    if (!inside && width + 12 > until - (found.x1 - x0)) continue;
    const full = inside && call.writes && call.fate === 0;
    const x = inside ? x0 + 8 : found.x1 + 4;
    if (!room.take(lineBox(x, found.y, width))) continue;
    if (full) {
      context.fillStyle = colours.paper;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText(text, x, found.y + 0.5);
    } else put(context, text, x, found.y, colours.ink, inside && !call.writes ? colours["read-fill"] : colours.card);
  }
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
