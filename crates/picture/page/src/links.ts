// The circle of a clash: an arrow from each operation to the one that it must come before, with the reason on it.

import { around, Box, meet, Room } from "./labels";
import { FONT, Palette } from "./palette";

/** A bar: its sides and its middle. */
export interface Bar {
  x0: number;
  x1: number;
  y: number;
}

/** Along an arrow, and above or below it, where its words may stand. */
const SHARES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9];
const ASIDE = [0, 17, -17, 34, -34];

/** Draws one arrow between bars of some half height; its words lie near its middle, where nothing else does. */
export function drawLink(
  context: CanvasRenderingContext2D,
  from: Bar,
  to: Bar,
  why: string,
  height: number,
  colours: Palette,
  frame: { left: number; right: number },
  bars: Box[],
  room: Room,
): void {
  const down = to.y > from.y + 1 ? 1 : to.y < from.y - 1 ? -1 : 0;
  // Within one lane in an arc below it; between lanes from edge to edge.
  const side = down || 1;
  const later = to.x0 + to.x1 >= from.x0 + from.x1;
  const start = { x: down === 0 ? (later ? from.x1 - 4 : from.x0 + 4) : middle(from), y: from.y + side * height };
  const end = { x: down === 0 ? (later ? to.x0 + 4 : to.x1 - 4) : middle(to), y: to.y - (down === 0 ? -height : side * height) };
  const lift = down === 0 ? 16 : side * Math.min(34, Math.abs(end.y - start.y) * 0.5);
  const c0 = { x: start.x, y: start.y + lift };
  const c1 = { x: end.x, y: end.y - (down === 0 ? -lift : lift) };
  context.strokeStyle = context.fillStyle = colours.bad;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(start.x, start.y);
  context.bezierCurveTo(c0.x, c0.y, c1.x, c1.y, end.x, end.y);
  context.stroke();
  const angle = Math.atan2(end.y - c1.y, end.x - c1.x || 0.001);
  context.beginPath();
  context.moveTo(end.x, end.y);
  for (const turn of [-0.45, 0.45]) context.lineTo(end.x - 9 * Math.cos(angle + turn), end.y - 9 * Math.sin(angle + turn));
  context.fill();
  context.font = `600 11px ${FONT}`;
  const width = context.measureText(why).width;
  const on = (share: number): { x: number; y: number } => ({
    x: bezier(share, start.x, c0.x, c1.x, end.x),
    y: bezier(share, start.y, c0.y, c1.y, end.y),
  });
  const pill = ({ x, y }: { x: number; y: number }): Box => around(x, y, width + 10, 17);
  const fits = (box: Box): boolean => box.x0 > frame.left && box.x1 < frame.right && !bars.some((bar) => meet(bar, box));
  const places = ASIDE.flatMap((dy) => SHARES.map(on).map(({ x, y }) => ({ x, y: y + dy })));
  // Where there is no place, the list below the drawing tells it.
  const at = places.find((place) => fits(pill(place)) && room.take(pill(place)));
  if (!at) return;
  context.fillStyle = colours["bad-wash"];
  context.strokeStyle = colours.bad;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(at.x - width / 2 - 5, at.y - 8, width + 10, 16, 8);
  context.fill();
  context.stroke();
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colours.bad;
  context.fillText(why, at.x, at.y + 0.5);
}

/** The room that a bar takes. */
export const block = (bar: Bar): Box => around(middle(bar), bar.y, bar.x1 - bar.x0, 17);

const middle = ({ x0, x1 }: Bar): number => (x0 + x1) / 2;

function bezier(share: number, a: number, b: number, c: number, d: number): number {
  const rest = 1 - share;
  return rest ** 3 * a + 3 * rest ** 2 * share * b + 3 * rest * share ** 2 * c + share ** 3 * d;
}
