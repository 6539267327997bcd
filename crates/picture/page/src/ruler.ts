// The time axis at the head of a stage: ticks where something runs, and how long each fold is.

import { Axis, step } from "./axis";
import { FONT, Palette } from "./palette";
import { instant, span } from "./describe";

export const AXIS_HEIGHT = 26;

/** The part of an axis in view. */
export interface Sight {
  axis: Axis;
  x0: number;
  x1: number;
}

/** Where it is seen: a stretch of pixels, and how many there are for a nanosecond of the axis. */
interface Pixels {
  left: number;
  right: number;
  scale: number;
}

const toPixel = (sight: Sight, pixels: Pixels, place: number): number => pixels.left + (place - sight.x0) * pixels.scale;

/** Shades the folds. */
export function drawFolds(context: CanvasRenderingContext2D, sight: Sight, pixels: Pixels, [top, bottom]: [number, number], colours: Palette): void {
  for (const stretch of sight.axis.stretches) {
    if (!stretch.folded || stretch.x1 < sight.x0 || stretch.x0 > sight.x1) continue;
    const from = toPixel(sight, pixels, stretch.x0);
    const width = (stretch.x1 - stretch.x0) * pixels.scale;
    if (width < 3) continue;
    context.fillStyle = colours.hair;
    context.globalAlpha = stretch.cut ? 1 : 0.55;
    context.fillRect(from, top, width, bottom);
    context.globalAlpha = 1;
  }
}

/** Draws the axis over the head of the stage. */
export function drawRuler(context: CanvasRenderingContext2D, sight: Sight, pixels: Pixels, width: number, colours: Palette): void {
  context.fillStyle = colours.card;
  context.fillRect(0, 0, width, AXIS_HEIGHT - 1);
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  let free = pixels.left;
  const put = (x: number, text: string, colour: string, room = Infinity): void => {
    const half = context.measureText(text).width / 2 + 4;
    if (x - half < free || x + half > pixels.right + 4 || half * 2 > room) return;
    context.fillStyle = colour;
    context.fillText(text, x, 11);
    free = x + half;
  };
  const tick = (x: number): void => {
    context.fillStyle = colours.line;
    context.fillRect(Math.round(x), AXIS_HEIGHT - 6, 1, 5);
  };
  const every = step(90 / pixels.scale);
  let fold = 0;
  for (const stretch of sight.axis.stretches) {
    if (stretch.x1 < sight.x0 || stretch.x0 > sight.x1) continue;
    const [from, to] = [toPixel(sight, pixels, stretch.x0), toPixel(sight, pixels, stretch.x1)];
    if (stretch.folded) {
      const length = span(stretch.t1 - stretch.t0);
      put((from + to) / 2, stretch.cut ? `cut ${length}` : `⋯ ${length}`, colours.faint, to - from);
      fold = stretch.t1 - stretch.t0;
      continue;
    }
    const first = Math.max(stretch.t0, sight.axis.time(sight.x0));
    const last = Math.min(stretch.t1, sight.axis.time(sight.x1));
    // After a fold the time is another: it is told even where no round one follows.
    if (fold > 0 && Math.ceil(first / every) * every > last && from >= pixels.left) {
      tick(from);
      put(from, instant(stretch.t0, Math.max(every / 10, fold / 100)), colours.soft);
    }
    fold = 0;
    for (let t = Math.ceil(first / every) * every; t <= last; t += every) {
      const x = toPixel(sight, pixels, sight.axis.place(t));
      tick(x);
      put(x, instant(t, every), colours.soft);
    }
  }
  context.fillStyle = colours.line;
  context.fillRect(pixels.left, AXIS_HEIGHT - 1, pixels.right - pixels.left, 1);
}
