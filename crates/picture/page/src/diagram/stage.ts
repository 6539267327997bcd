// The stage of a diagram: lanes under a time axis, and what lies under the pointer.

import { h } from "../dom";
import { FONT, onTheme, palette, Palette, pen } from "../palette";
import { AXIS_HEIGHT, drawRuler } from "../ruler";
import { Message, Thing } from "./data";
import { draw } from "./draw";
import { bar, Frame, segment, toX, toY } from "./frame";
import { Lanes } from "./lanes";
import { View } from "./view";

const HEIGHT_MAX = 760;
/** How far the pointer may miss. */
const MISS = 6;

export class Stage {
  readonly element: HTMLElement;
  readonly stage: HTMLElement;
  readonly lanes: Lanes;
  /** What the reader should know about what is not drawn. */
  readonly hint = h("p", { class: "hint", role: "status" });
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private colours: Palette = palette();
  private width = 0;

  constructor(private readonly view: View) {
    this.lanes = new Lanes(view);
    const spacer = h("div", { class: "spacer" });
    spacer.style.height = `${this.lanes.height}px`;
    this.stage = h(
      "div",
      { class: "stage", tabindex: 0, role: "application", "aria-label": "Messages over time, one lane for each node and client", "aria-describedby": "keys" },
      this.canvas,
      spacer,
    );
    this.stage.style.height = `${Math.min(this.lanes.height, HEIGHT_MAX)}px`;
    this.element = h("div", { class: "timeline" }, this.stage, this.hint);
    this.stage.addEventListener("scroll", () => view.changed(), { passive: true });
    view.onChange(() => this.draw());
    onTheme(() => {
      this.colours = palette();
      view.changed();
    });
    new ResizeObserver(() => {
      this.width = this.stage.clientWidth;
      this.draw();
    }).observe(this.stage);
  }

  get gutter(): number {
    return this.width < 560 ? 34 : 78;
  }

  get frame(): Frame {
    const [left, right] = [this.gutter, this.width];
    const scale = (right - left) / (this.view.x1 - this.view.x0);
    return { left, right, height: this.stage.clientHeight, scale, x0: this.view.x0, place: (time) => this.view.axis.place(time), lanes: this.lanes, scrolled: this.stage.scrollTop };
  }

  placeAt(x: number): number {
    return this.view.x0 + (x - this.gutter) / this.frame.scale;
  }

  /**
   * What lies under a pixel: a mark or an operation first, then the nearest message, then a fault.
   */
  at(x: number, y: number): Thing | null {
    if (y < AXIS_HEIGHT || x < this.gutter) return null;
    const { view, frame } = this;
    const near = (from: number, to: number): boolean => x >= from - MISS && x <= to + MISS;
    for (const mark of view.marks) {
      const lane = this.lanes.of(mark);
      if (lane && near(toX(frame, mark.start), toX(frame, mark.start)) && Math.abs(y - toY(frame, lane)) < 10) return mark;
    }
    for (const call of view.calls) {
      const found = bar(frame, call);
      if (found && near(found.x0, found.x1) && Math.abs(y - found.y) < 12) return call;
    }
    return this.message(x, y) ?? this.band(x, y);
  }

  private message(x: number, y: number): Message | null {
    let best: Message | null = null;
    let least = MISS;
    for (const message of this.view.inView()) {
      const { x0, y0, x1, y1 } = segment(this.frame, message);
      if (y < Math.min(y0, y1) - MISS || y > Math.max(y0, y1) + MISS) continue;
      const [dx, dy] = [x1 - x0, y1 - y0];
      const share = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)));
      const miss = Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
      if (miss < least) [best, least] = [message, miss];
    }
    return best;
  }

  private band(x: number, y: number): Thing | null {
    const { view, frame } = this;
    const under = (band: View["bands"][number]): boolean => {
      const lane = this.lanes.of(band);
      const top = lane ? lane.top - frame.scrolled : 0;
      return lane !== null && y > top && y < top + lane.height && x >= toX(frame, band.start) && x <= Math.max(toX(frame, band.end), toX(frame, band.start) + 4);
    };
    return view.bands.findLast(under) ?? null;
  }

  /** Scrolls until the lane of something is seen. */
  scrollTo(thing: Thing): void {
    const lane = thing.is === "call" ? this.lanes.client(thing.client) : thing.is === "message" ? this.lanes.node(thing.from) : this.lanes.of(thing);
    if (!lane) return;
    const y = toY(this.frame, lane);
    if (y < AXIS_HEIGHT + 20 || y > this.stage.clientHeight - 20) this.stage.scrollTop += y - this.stage.clientHeight / 2;
  }

  private draw(): void {
    if (this.width === 0) return;
    const { frame, colours, view } = this;
    const context = pen(this.canvas, this.width, frame.height);
    context.save();
    context.beginPath();
    context.rect(frame.left, 0, frame.right - frame.left, frame.height);
    context.clip();
    const left = draw(context, view, frame, colours);
    context.restore();
    this.drawNames(context, frame);
    drawRuler(context, view, frame, this.width, colours);
    const text = left > 0 ? `${left} messages in view are not drawn: zoom in to see every one.` : "";
    if (this.hint.textContent !== text) this.hint.textContent = text;
  }

  private drawNames(context: CanvasRenderingContext2D, frame: Frame): void {
    const narrow = this.gutter < 60;
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const lane of this.lanes.all) {
      const y = toY(frame, lane);
      if (y < AXIS_HEIGHT + 4) continue;
      context.font = `${lane.is === "node" ? 600 : 400} 13px ${FONT}`;
      context.fillStyle = lane.is === "world" ? this.colours.soft : this.colours.ink;
      context.fillText(narrow ? lane.short : lane.name, 2, y, this.gutter - 6);
    }
  }
}
