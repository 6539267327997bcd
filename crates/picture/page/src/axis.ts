// The time axis. Between operations a run often waits, hundreds of times longer than an operation
// takes; to scale, nothing could be seen. So stretches in which nothing runs are folded: they get a
// fixed small width and a mark. Where something runs, the scale is true and the same everywhere.

import { DONE, REFUSED } from "./data";

/**
 * Something that takes time; things come in the order of their starts. One without a known end
 * takes none.
 */
export interface Busy {
  start: number;
  end: number;
}

/**
 * Something refused that took so many times longer than what was done is folded but for its ends.
 */
const LONG_FROM = 3;

/**
 * When operations keep the axis busy. One that was refused after a long wait shows nothing while it
 * waits: only its ends count, each as long as an operation that was done takes.
 */
export function occupations(operations: (Busy & { fate: number })[]): Busy[] {
  const done = operations.filter(({ fate, end }) => fate === DONE && end !== Infinity);
  const mean = done.reduce((sum, { start, end }) => sum + end - start, 0) / Math.max(1, done.length);
  const occupy = ({ start, end, fate }: Busy & { fate: number }): Busy[] =>
    fate === REFUSED && done.length > 0 && end - start > LONG_FROM * mean
      ? [{ start, end: start + mean }, { start: end - mean, end }]
      : [{ start, end }];
  return operations.flatMap(occupy).sort((a, b) => a.start - b.start);
}

/** A stretch of time on the axis: `x` is linear in `t` within it. */
export interface Stretch {
  t0: number;
  t1: number;
  x0: number;
  x1: number;
  /** Shorter on the axis than in truth. */
  folded: boolean;
  /** Operations that began here are not in the page. */
  cut: boolean;
}

/** A gap is folded if it is so many times wider than it would be when folded. */
const FOLD_FROM = 2.5;
/** The width of a fold, in widths of the average busy stretch. */
const FOLD_WIDTH = 0.45;
/** And in widths of all that is busy. */
const FOLD_MOST = 0.08;

/** Maps times to places, both in nanoseconds; places are what zoom and pan work on. */
export class Axis {
  readonly stretches: Stretch[] = [];
  /** The place where everything ends. */
  readonly length: number;

  constructor(
    things: Busy[],
    span: number,
    cuts: { from: number; to: number }[],
    readonly folds: boolean,
  ) {
    const busy = busyStretches(things);
    const total = busy.reduce((sum, [from, to]) => sum + (to - from), 0);
    const mean = Math.max(total / Math.max(1, busy.length), span / 2000, 1);
    const fold = Math.min(mean * FOLD_WIDTH, Math.max(total, mean) * FOLD_MOST);
    let x = 0;
    let t = 0;
    const push = (t1: number, width: number, folded: boolean, cut: boolean): void => {
      if (t1 <= t && width <= 0) return;
      this.stretches.push({ t0: t, t1, x0: x, x1: x + width, folded, cut });
      x += width;
      t = t1;
    };
    for (const [from, to] of busy) {
      const gap = from - t;
      if (gap > 0) {
        const cut = cuts.some((cut) => cut.from < from && cut.to > t);
        const folded = folds && (cut || gap > fold * FOLD_FROM);
        push(from, folded ? fold : gap, folded, cut);
      }
      push(to, to - Math.max(t, from), false, false);
    }
    if (span > t) {
      const cut = cuts.some((cut) => cut.to > t);
      const folded = folds && (cut || span - t > fold * FOLD_FROM);
      push(span, folded ? fold : span - t, folded, cut);
    }
    this.length = Math.max(x, 1);
  }

  /** Whether anything is folded. */
  get hasFolds(): boolean {
    return this.stretches.some((stretch) => stretch.folded);
  }

  /** The place of a time. */
  place(t: number): number {
    const stretch = this.find((candidate) => candidate.t1 < t);
    if (!stretch) return t;
    if (t > stretch.t1) return stretch.x1;
    const share = stretch.t1 > stretch.t0 ? (t - stretch.t0) / (stretch.t1 - stretch.t0) : 0;
    return stretch.x0 + Math.max(0, share) * (stretch.x1 - stretch.x0);
  }

  /** The time of a place. */
  time(x: number): number {
    const stretch = this.find((candidate) => candidate.x1 < x);
    if (!stretch) return x;
    const share = stretch.x1 > stretch.x0 ? (x - stretch.x0) / (stretch.x1 - stretch.x0) : 0;
    return stretch.t0 + Math.min(1, Math.max(0, share)) * (stretch.t1 - stretch.t0);
  }

  /** The first stretch that does not end before what is sought, or the last. */
  private find(endsBefore: (stretch: Stretch) => boolean): Stretch | undefined {
    let low = 0;
    let high = this.stretches.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endsBefore(this.stretches[middle])) low = middle + 1;
      else high = middle;
    }
    return this.stretches[low];
  }
}

/** The stretches in which something is known to run, ascending and apart. */
function busyStretches(things: Busy[]): [number, number][] {
  const busy: [number, number][] = [];
  for (const thing of things) {
    const end = thing.end === Infinity ? thing.start : thing.end;
    const last = busy[busy.length - 1];
    if (last && thing.start <= last[1]) last[1] = Math.max(last[1], end);
    else busy.push([thing.start, end]);
  }
  return busy;
}

/** Round steps for the labels of an axis, at least `least` long. */
export function step(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  for (const factor of [1, 2, 5, 10]) if (factor * power >= least) return factor * power;
  return 10 * power;
}
