// The cycle of a clash: an arrow from each operation to the one that it must come before, with the
// reason on it.

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

/** An arrow between two bars, and the reason on it. */
export interface Link {
  from: Bar;
  to: Bar;
  why: string;
}

interface Point {
  x: number;
  y: number;
}

/**
 * Draws arrows between bars of some half height, then their reasons, each near the middle of its
 * own, clear of the bars and of all other words.
 */
export function drawLinks(
  context: CanvasRenderingContext2D,
  links: Link[],
  height: number,
  colours: Palette,
  frame: { left: number; right: number },
  bars: Box[],
  room: Room,
): void {
  const curves = links.map(({ from, to }) => curve(from, to, height));
  context.strokeStyle = context.fillStyle = colours.bad;
  context.lineWidth = 1.5;
  for (const points of curves) drawArrow(context, points);
  context.font = `600 11px ${FONT}`;
  links.forEach(({ why }, at) => {
    const width = context.measureText(why).width + 10;
    const pill = ({ x, y }: Point): Box => around(x, y, width, 17);
    const fits = (box: Box): boolean => box.x0 > frame.left && box.x1 < frame.right && !bars.some((bar) => meet(bar, box));
    const along = SHARES.map((share) => on(curves[at], share));
    const places = ASIDE.flatMap((dy) => along.map(({ x, y }) => ({ x, y: y + dy })));
    // Where there is no place, the list below the drawing tells it.
    const place = places.find((place) => fits(pill(place)) && room.take(pill(place)));
    if (place) drawPill(context, place, width, why, colours);
  });
}

/**
 * The four points of the curve from one bar to the other: within one lane an arc below it, between
 * lanes from edge to edge.
 */
function curve(from: Bar, to: Bar, height: number): [Point, Point, Point, Point] {
  const down = to.y > from.y + 1 ? 1 : to.y < from.y - 1 ? -1 : 0;
  const side = down || 1;
  const later = to.x0 + to.x1 >= from.x0 + from.x1;
  const start = { x: down === 0 ? (later ? from.x1 - 4 : from.x0 + 4) : middle(from), y: from.y + side * height };
  const end = { x: down === 0 ? (later ? to.x0 + 4 : to.x1 - 4) : middle(to), y: to.y - (down === 0 ? -height : side * height) };
  const lift = down === 0 ? 16 : side * Math.min(34, Math.abs(end.y - start.y) * 0.5);
  return [start, { x: start.x, y: start.y + lift }, { x: end.x, y: end.y - (down === 0 ? -lift : lift) }, end];
}

function drawArrow(context: CanvasRenderingContext2D, [start, c0, c1, end]: [Point, Point, Point, Point]): void {
  context.beginPath();
  context.moveTo(start.x, start.y);
  context.bezierCurveTo(c0.x, c0.y, c1.x, c1.y, end.x, end.y);
  context.stroke();
  const angle = Math.atan2(end.y - c1.y, end.x - c1.x || 0.001);
  context.beginPath();
  context.moveTo(end.x, end.y);
  for (const turn of [-0.45, 0.45]) context.lineTo(end.x - 9 * Math.cos(angle + turn), end.y - 9 * Math.sin(angle + turn));
  context.fill();
}

function drawPill(context: CanvasRenderingContext2D, { x, y }: Point, width: number, text: string, colours: Palette): void {
  context.fillStyle = colours["bad-wash"];
  context.strokeStyle = colours.bad;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x - width / 2, y - 8, width, 16, 8);
  context.fill();
  context.stroke();
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colours.bad;
  context.fillText(text, x, y + 0.5);
}

/** The room that a bar takes. */
export const block = (bar: Bar): Box => around(middle(bar), bar.y, bar.x1 - bar.x0, 17);

const middle = ({ x0, x1 }: Bar): number => (x0 + x1) / 2;

/** The point of a curve at a share of its way. */
function on([a, b, c, d]: [Point, Point, Point, Point], share: number): Point {
  const rest = 1 - share;
  const mix = (of: (point: Point) => number): number =>
    rest ** 3 * of(a) + 3 * rest ** 2 * share * of(b) + 3 * rest * share ** 2 * of(c) + share ** 3 * of(d);
  return { x: mix(({ x }) => x), y: mix(({ y }) => y) };
}
