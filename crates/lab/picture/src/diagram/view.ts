// What the reader of a diagram looks at: the stretch of time in view, what is chosen, what is drawn. Whoever draws is
// told when it changes, at most once a frame.

import { calm } from "../dom";
import { Band, bandsOf, Call, callsOf, Judgement, Mark, marksOf, Message, messagesOf, Stay, staysOf, Thing, World } from "./data";

/** How far one may zoom in, in nanoseconds. */
const WIDTH_MIN = 5_000;
/** Empty room at both ends, as a share of the width. */
const MARGIN = 0.01;
const GLIDE_MS = 220;
/** How many messages the page shows at first before what went wrong, and the most and the least time that is. */
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
  x0 = 0;
  x1 = 1;
  hovered: Thing | null = null;
  chosen: Thing | null = null;
  /** The clash that is framed. */
  clash: Judgement | null;
  /** Whether heartbeats and the like are drawn. */
  routine = false;
  /** For each message the latest time at which it or one before it came: to find the first in view. */
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
    this.end = Math.max(world.end * 1000, 1);
    let latest = 0;
    this.reach = Float64Array.from(this.messages, (message) => (latest = Math.max(latest, message.came ?? message.start)));
    // A circle tells most.
    this.clash = this.clashes().find((one) => one.circle.length > 0) ?? this.clashes()[0] ?? null;
    this.open();
  }

  /** The judgements that have a clash to frame. */
  clashes(): Judgement[] {
    return this.world.judgements.filter((one) => one.clash.length > 0);
  }

  /** The operations of the clash that is framed. */
  framed(): Call[] {
    return (this.clash?.clash ?? []).map((place) => this.calls[place]);
  }

  /** Where the page opens: at the clash, else at what went wrong, else at the first fault, else at everything. */
  private open(): void {
    const wrong = this.world.violated;
    if (this.framed().length > 0) return this.reveal(this.framed(), false);
    if (wrong !== null) {
      const at = wrong * 1000;
      const before = this.messages.filter((message) => message.start <= at && message.sort !== "routine");
      const first = before[Math.max(0, before.length - BEFORE)]?.start ?? 0;
      const width = Math.min(Math.max(at - first, OPENING_MIN), OPENING_MAX);
      return this.look(at - width, at + width * 0.15);
    }
    const fault = this.bands[0];
    if (fault) return this.look(fault.start - 60e6, fault.start + 140e6);
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
    return this.x1 - this.x0 >= this.end;
  }

  fit(glide = false): void {
    const margin = this.end * MARGIN;
    if (glide) this.glide(-margin, this.end + margin);
    else this.look(-margin, this.end + margin);
  }

  look(x0: number, x1: number): void {
    cancelAnimationFrame(this.gliding);
    const margin = this.end * MARGIN;
    const width = Math.min(Math.max(x1 - x0, WIDTH_MIN), this.end + 2 * margin);
    const start = Math.min(Math.max((x0 + x1 - width) / 2, -margin), this.end + margin - width);
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
    const from = Math.min(...calls.map((call) => call.start));
    const to = Math.max(...calls.map((call) => (call.end === Infinity ? call.start : call.end)));
    const room = Math.max((to - from) * 0.12, 1e6);
    if (glide) this.glide(from - room, to + room);
    else this.look(from - room, to + room);
  }

  /** Chooses something, and brings it into view if asked. */
  choose(thing: Thing | null, reveal = false): void {
    this.chosen = thing;
    if (thing && reveal && (thing.start < this.x0 || thing.start > this.x1)) {
      const half = (this.x1 - this.x0) / 2;
      this.glide(thing.start - half, thing.start + half);
    }
    this.changed();
  }

  /** The messages of which some part is in view, in the order in which they were sent. */
  *inView(): Generator<Message> {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.reach[middle] < this.x0) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < this.messages.length; at++) {
      const message = this.messages[at];
      if (message.start > this.x1) return;
      if ((message.came ?? message.start) < this.x0) continue;
      if (this.routine || message.sort !== "routine") yield message;
    }
  }

  /** All that begins in view, in the order of time. */
  things(): Thing[] {
    const inside = (thing: Thing): boolean => thing.start >= this.x0 && thing.start <= this.x1;
    const messages = [...this.inView()].filter(inside);
    const others = [...this.calls, ...this.bands, ...this.marks].filter(inside);
    return [...messages, ...others].sort((a, b) => a.start - b.start);
  }
}
