// What the reader of the page looks at: the zoom, the chosen operation, the filter, the order that
// is drawn. One place holds it, and whoever draws is told when it changes, at most once a frame.

import { Axis, occupations } from "./axis";
import { calm } from "./dom";
import { Document, Operation, operationsOf, Ruling } from "./data";

/** What is drawn over the operations: the orders or the clash of one level. */
export interface Overlay {
  ruling: Ruling;
  /** Which of its orders, if it has any. */
  order: number;
}

/** How far one may zoom in: the least width of the view, in nanoseconds of the axis. */
const WIDTH_MIN = 200;
/** Empty room at both ends, as a share of the width. */
const MARGIN = 0.02;
/** How long a movement of the view lasts. */
const GLIDE_MS = 220;

export class State {
  readonly operations: Operation[];
  readonly span: number;
  axis: Axis;
  /** The part of the axis in view. */
  x0 = 0;
  x1 = 1;
  hovered: Operation | null = null;
  chosen: Operation | null = null;
  overlay: Overlay | null = null;
  /** The sentence about a level that stands beside the levels. */
  said: string | null = null;
  /** Which operations match the filter; null if all do. */
  matches: Uint8Array | null = null;
  private readonly listeners: (() => void)[] = [];
  private asked = false;
  private gliding = 0;

  constructor(readonly data: Document) {
    this.operations = operationsOf(data);
    this.span = data.span * data.unit_ns;
    this.axis = this.newAxis(true);
    this.fit();
  }

  private newAxis(folds: boolean): Axis {
    const unit = this.data.unit_ns;
    const windows = this.data.windows;
    const edges = [0, ...windows.flatMap((w) => [w.from, w.to]), this.data.span].map((t) => t * unit);
    const cuts = windows.length > 0 ? edges.flatMap((from, at) => (at % 2 === 0 ? [{ from, to: edges[at + 1] }] : [])) : [];
    return new Axis(occupations(this.operations), this.span, cuts, folds);
  }

  /** Calls back after every change, once a frame. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Something has changed. */
  changed(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      for (const listener of this.listeners) listener();
    });
  }

  /** Folds quiet stretches, or shows them as they are; what is in the middle stays there. */
  setFolds(folds: boolean): void {
    const middle = this.axis.time((this.x0 + this.x1) / 2);
    const all = this.isWhole();
    const share = (this.x1 - this.x0) / this.axis.length;
    this.axis = this.newAxis(folds);
    if (all) return this.fit();
    const width = share * this.axis.length;
    const place = this.axis.place(middle);
    this.look(place - width / 2, place + width / 2);
  }

  /** Whether the whole axis is in view. */
  isWhole(): boolean {
    return this.x1 - this.x0 >= this.axis.length;
  }

  /** Shows everything. */
  fit(glide = false): void {
    const margin = this.axis.length * MARGIN;
    if (glide) this.glide(-margin, this.axis.length + margin);
    else this.look(-margin, this.axis.length + margin);
  }

  /** Shows this part of the axis, as far as there is one. */
  look(x0: number, x1: number): void {
    cancelAnimationFrame(this.gliding);
    const margin = this.axis.length * MARGIN;
    const widest = this.axis.length + 2 * margin;
    const width = Math.min(Math.max(x1 - x0, WIDTH_MIN), widest);
    const middle = (x0 + x1) / 2;
    const least = -margin;
    const start = Math.min(Math.max(middle - width / 2, least), least + widest - width);
    this.x0 = start;
    this.x1 = start + width;
    this.changed();
  }

  /** Moves there, in a blink, or at once if movement is unwelcome. */
  glide(x0: number, x1: number): void {
    if (calm()) return this.look(x0, x1);
    const [a0, a1] = [this.x0, this.x1];
    const begin = performance.now();
    const next = (now: number): void => {
      const share = Math.min(1, Math.max(0, (now - begin) / GLIDE_MS));
      const eased = 1 - (1 - share) ** 3;
      this.look(a0 + (x0 - a0) * eased, a1 + (x1 - a1) * eased);
      if (share < 1) this.gliding = requestAnimationFrame(next);
    };
    cancelAnimationFrame(this.gliding);
    this.gliding = requestAnimationFrame(next);
  }

  /** Zooms by a factor around a place; false if there is nothing more to zoom. */
  zoom(factor: number, around = (this.x0 + this.x1) / 2): boolean {
    const before = this.x1 - this.x0;
    this.look(around - (around - this.x0) * factor, around + (this.x1 - around) * factor);
    return this.x1 - this.x0 !== before;
  }

  /** Moves the view by a share of its width. */
  pan(share: number): void {
    const by = (this.x1 - this.x0) * share;
    this.look(this.x0 + by, this.x1 + by);
  }

  /** Chooses an operation, and brings it into view if asked. */
  choose(operation: Operation | null, reveal = false): void {
    this.chosen = operation;
    if (operation && reveal) {
      const [a, b] = this.extent(operation);
      const width = this.x1 - this.x0;
      const middle = (a + b) / 2;
      if (a < this.x0 || b > this.x1) this.glide(middle - width / 2, middle + width / 2);
    }
    this.changed();
  }

  /** Where an operation lies on the axis; an open one counts as far as it is known. */
  extent(operation: Operation): [number, number] {
    const from = this.axis.place(operation.start);
    return [from, operation.end === Infinity ? from : this.axis.place(operation.end)];
  }

  /** Brings a set of operations into view, with room around. */
  reveal(operations: Operation[], glide = true): void {
    if (operations.length === 0) return;
    const extents = operations.map((operation) => this.extent(operation));
    const from = Math.min(...extents.map(([a]) => a));
    const to = Math.max(...extents.map(([, b]) => b));
    const room = Math.max((to - from) * 0.15, WIDTH_MIN);
    if (glide) this.glide(from - room, to + room);
    else this.look(from - room, to + room);
  }

  /** Brings a stretch of time into view, with room around. */
  revealTime(from: number, to: number): void {
    const [a, b] = [this.axis.place(from), this.axis.place(to)];
    const room = Math.max((b - a) * 0.15, this.axis.length * 0.02, WIDTH_MIN);
    this.glide(a - room, b + room);
  }

  /** Shows only what has this key clearly; the empty text means all. */
  filter(text: string): number {
    const exact = this.data.texts.includes(text);
    const fits = (key: string): boolean => (exact ? key === text : key.includes(text));
    this.matches = text === "" ? null : Uint8Array.from(this.operations, (o) => (fits(o.key) ? 1 : 0));
    this.changed();
    return this.matches ? this.matches.reduce((sum, one) => sum + one, 0) : this.operations.length;
  }

  /** The operations of what is drawn over the others. */
  overlaid(): Operation[] {
    if (!this.overlay) return [];
    const { ruling, order } = this.overlay;
    const places = ruling.word === "violated" ? ruling.clash : (ruling.orders[order]?.operations ?? []);
    return places.map((place) => this.operations[place]);
  }
}
