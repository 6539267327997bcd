// Where the things of a diagram lie on its canvas.

import { Call, Message } from "./data";
import { Lane, Lanes, middle } from "./lanes";

/** Where things are drawn. */
export interface Frame {
  left: number;
  right: number;
  height: number;
  /** Pixels per nanosecond. */
  scale: number;
  x0: number;
  /** The place of a time on the axis. */
  place: (time: number) => number;
  lanes: Lanes;
  /** How far the lanes are scrolled. */
  scrolled: number;
}

export const toX = (frame: Frame, time: number): number => frame.left + (frame.place(time) - frame.x0) * frame.scale;
/** The middle of a lane on the canvas. */
export const toY = (frame: Frame, lane: Lane): number => middle(lane) - frame.scrolled;

/** A line from where something was said to where it was heard, or got lost. */
export interface Segment {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** The line of a message. One that never came ends half-way. */
export function segment(frame: Frame, message: Message): Segment {
  const [from, to] = [toY(frame, frame.lanes.node(message.from)), toY(frame, frame.lanes.node(message.to))];
  const down = to > from ? 1 : -1;
  const [x0, y0, y1] = [toX(frame, message.start), from + down * 9, to - down * 9];
  if (message.came !== null) return { x0, y0, x1: toX(frame, message.came), y1 };
  const reach = Math.min(46, Math.abs(y1 - y0) * 0.5);
  return { x0, y0, x1: x0 + 9, y1: y0 + down * reach };
}

/** The bar of a call. */
export function bar(frame: Frame, call: Call): { x0: number; x1: number; y: number } | null {
  const lane = frame.lanes.client(call.client);
  if (!lane) return null;
  const x0 = toX(frame, call.start);
  const x1 = call.end === Infinity ? frame.right + 20 : Math.max(x0 + 3, toX(frame, call.end));
  return { x0, x1, y: toY(frame, lane) };
}
