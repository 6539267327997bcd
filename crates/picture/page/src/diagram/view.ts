// What the reader of a diagram looks at: the stretch of time in view, what is chosen, what is
// drawn. Whoever draws is told when it changes, at most once a frame.

import { Axis, Busy } from "../axis";
import { calm } from "../dom";
import { Band, bandsOf, Call, callsOf, Judgement, Mark, marksOf, Message, messagesOf, Stay, staysOf, Thing, World } from "./data";

/** How far one may zoom in, in nanoseconds. */
const WIDTH_MIN = 5_000;
/** Empty room at both ends, as a share of the width. */
const MARGIN = 0.01;
const GLIDE_MS = 220;
/**
 * How many messages the page shows at first before what went wrong, and the most and the least time
 * that is.
 */
const BEFORE = 60;
const OPENING_MAX = 400e6;
const OPENING_MIN = 2e6;

export class View {
  readonly calls: Call[];
  readonly messages: Message[];
  readonly bands: Band[];
  readonly marks: Mark[];
  readonly stays: Stay[][];
  readonly end: number;
  axis: Axis;
  /** The part of the axis in view. */
  x0 = 0;
  x1 = 1;
  hovered: Thing | null = null;
  chosen: Thing | null = null;
  /** The clash that is framed. */
  clash: Judgement | null;
  /** Whether heartbeats and the like are drawn. */
  routine = false;
  /**
   * For each message the latest time at which it or one before it came: to find the first in view.
   */
  private readonly reach: Float64Array;
  private readonly listeners: (() => void)[] = [];
  private asked = false;
  private gliding = 0;

  constructor(readonly world: World) {
    this.calls = callsOf(world);
    this.messages = messagesOf(world);
    this.bands = bandsOf(world);
    this.marks = marksOf(world);
    this.stays = staysOf(world);
    this.end = Math.max(world.end_us * 1000, 1);
    let latest = 0;
    this.reach = Float64Array.from(this.messages, (message) => (latest = Math.max(latest, message.came ?? message.start)));
    this.axis = this.newAxis(true);
    const framed = world.framed === null ? undefined : world.judgements[world.framed];
    this.clash = framed?.clash.length ? framed : (this.clashes()[0] ?? null);
    this.open();
  }

  private newAxis(folds: boolean): Axis {
    const messages = this.messages.filter((message) => message.sort !== "routine");
    const travels = messages.map((message): Busy => ({ start: message.start, end: message.came ?? message.start }));
    const marks = this.marks.map(({ start }): Busy => ({ start, end: start }));
    const busy = [...travels, ...marks, ...this.calls].sort((a, b) => a.start - b.start);
    return new Axis(busy, this.end, [], folds);
  }

  /** Folds stretches in which nothing but heartbeats goes on, or shows them as they are. */
  setFolds(folds: boolean): void {
    const whole = this.isWhole();
    const middle = this.axis.time((this.x0 + this.x1) / 2);
    const share = (this.x1 - this.x0) / this.axis.length;
    this.axis = this.newAxis(folds);
    if (whole) return this.fit();
    const half = (share * this.axis.length) / 2;
    this.look(this.axis.place(middle) - half, this.axis.place(middle) + half);
  }

  /** Whether each replica writes to a log of its own; a leader then leads the agreed log alone. */
  get merged(): boolean {
    return this.world.facts.some(([name, value]) => name === "world" && value.startsWith("merged"));
  }

  /** The time in view. */
  get times(): [number, number] {
    return [this.axis.time(this.x0), this.axis.time(this.x1)];
  }

  /** The judgements that have a clash to frame. */
  clashes(): Judgement[] {
    return this.world.judgements.filter((one) => one.clash.length > 0);
  }

  /** The operations of the clash that is framed. */
  framed(): Call[] {
    return (this.clash?.clash ?? []).map((place) => this.calls[place]);
  }

  /**
   * Where the page opens: at the clash, else at what went wrong, else at the first fault, else at
   * everything.
   */
  private open(): void {
    const wrong = this.world.violated_us;
    if (this.framed().length > 0) return this.reveal(this.framed(), false);
    if (wrong !== null) {
      const at = wrong * 1000;
      const before = this.messages.filter((message) => message.start <= at && message.sort !== "routine");
      const first = before[Math.max(0, before.length - BEFORE)]?.start ?? 0;
      const place = this.axis.place(at);
      const width = Math.min(Math.max(place - this.axis.place(first), OPENING_MIN), OPENING_MAX);
      return this.look(place - width, place + width * 0.15);
    }
    const fault = this.bands[0];
    if (fault) {
      const place = this.axis.place(fault.start);
      return this.look(place - OPENING_MAX * 0.04, place + OPENING_MAX * 0.12);
    }
    this.fit();
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  changed(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      for (const listener of this.listeners) listener();
    });
  }

  isWhole(): boolean {
    return this.x1 - this.x0 >= this.axis.length;
  }

  fit(glide = false): void {
    const margin = this.axis.length * MARGIN;
    if (glide) this.glide(-margin, this.axis.length + margin);
    else this.look(-margin, this.axis.length + margin);
  }

  look(x0: number, x1: number): void {
    cancelAnimationFrame(this.gliding);
    const margin = this.axis.length * MARGIN;
    const width = Math.min(Math.max(x1 - x0, WIDTH_MIN), this.axis.length + 2 * margin);
    const start = Math.min(Math.max((x0 + x1 - width) / 2, -margin), this.axis.length + margin - width);
    this.x0 = start;
    this.x1 = start + width;
    this.changed();
  }

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

  zoom(factor: number, around = (this.x0 + this.x1) / 2): void {
    this.look(around - (around - this.x0) * factor, around + (this.x1 - around) * factor);
  }

  pan(share: number): void {
    const by = (this.x1 - this.x0) * share;
    this.look(this.x0 + by, this.x1 + by);
  }

  /** Brings operations into view, with room around. */
  reveal(calls: Call[], glide = true): void {
    if (calls.length === 0) return;
    const from = this.axis.place(Math.min(...calls.map((call) => call.start)));
    const to = this.axis.place(Math.max(...calls.map((call) => (call.end === Infinity ? call.start : call.end))));
    const room = Math.max((to - from) * 0.12, 1e6);
    if (glide) this.glide(from - room, to + room);
    else this.look(from - room, to + room);
  }

  /** Chooses something, and brings it into view if asked. */
  choose(thing: Thing | null, reveal = false): void {
    this.chosen = thing;
    const place = thing ? this.axis.place(thing.start) : 0;
    if (thing && reveal && (place < this.x0 || place > this.x1)) {
      const half = (this.x1 - this.x0) / 2;
      this.glide(place - half, place + half);
    }
    this.changed();
  }

  /** The messages of which some part is in view, in the order in which they were sent. */
  *inView(): Generator<Message> {
    const [from, to] = this.times;
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.reach[middle] < from) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < this.messages.length; at++) {
      const message = this.messages[at];
      if (message.start > to) return;
      if ((message.came ?? message.start) < from) continue;
      if (this.routine || message.sort !== "routine") yield message;
    }
  }

  /** All that begins in view, in the order of time. */
  things(): Thing[] {
    const [from, to] = this.times;
    const inside = (thing: Thing): boolean => thing.start >= from && thing.start <= to;
    const messages = [...this.inView()].filter(inside);
    const others = [...this.calls, ...this.bands, ...this.marks].filter(inside);
    return [...messages, ...others].sort((a, b) => a.start - b.start);
  }
}
