// The timeline: lanes of bars under a time axis, and what is drawn over them.

import { drawLabels, drawLane, Frame, sides } from "./bars";
import { Axis } from "./axis";
import { Operation, Ruling } from "./data";
import { h } from "./dom";
import { drawFaults, FaultRow, ROW_HEIGHT, rowsOf } from "./faults";
import { Room } from "./labels";
import { Lane, laneHeight, lanesOf } from "./lanes";
import { drawClash, drawClashBand, drawOrder, effects } from "./overlay";
import { FONT, onTheme, palette, Palette, pen } from "./palette";
import { AXIS_HEIGHT, drawFolds, drawRuler } from "./ruler";
import { State } from "./state";

/** Room between the axis, or the faults below it, and the first lane. */
const HEAD_ROOM = 6;
/** Up to so many bars their labels get rims; more would take too long. */
const RIMS_MAX = 150;
/** How much of the window the lanes may fill before they scroll. */
const HEIGHT_MAX = 560;

export class Timeline {
  readonly element: HTMLElement;
  /** Where the lanes scroll; what gestures and keys act on. */
  readonly stage: HTMLElement;
  readonly lanes: Lane[];
  /** What the reader should know about what is not drawn. */
  readonly hint = h("p", { class: "hint", role: "status" });
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly laneOf = new Map<number, number>();
  private readonly laneHeight: number;
  private readonly faults: FaultRow[];
  /** Where the first lane begins. */
  private readonly head: number;
  private colours: Palette = palette();
  private width = 0;
  private cached: { ruling: Ruling; order: number; axis: Axis; places: Float64Array } | null = null;

  constructor(private readonly state: State) {
    this.lanes = lanesOf(state);
    this.lanes.forEach((lane, at) => this.laneOf.set(lane.operations[0].client, at));
    this.laneHeight = laneHeight(this.lanes.length, state.data.rulings.some((ruling) => ruling.cycle.length > 0));
    this.faults = rowsOf(state);
    this.head = AXIS_HEIGHT + HEAD_ROOM + this.faults.length * ROW_HEIGHT;
    const total = this.head + this.lanes.length * this.laneHeight + 16;
    const spacer = h("div", { class: "spacer" });
    spacer.style.height = `${total}px`;
    this.stage = h(
      "div",
      {
        class: "stage",
        tabindex: 0,
        role: "application",
        "aria-label": "Operations over time, one lane for each client",
        "aria-describedby": "keys",
      },
      this.canvas,
      spacer,
    );
    this.stage.style.height = `${Math.min(total, HEIGHT_MAX)}px`;
    this.element = h("div", { class: "timeline" }, this.stage, this.hint);
    this.stage.addEventListener("scroll", () => state.changed(), { passive: true });
    state.onChange(() => this.draw());
    onTheme(() => {
      this.colours = palette();
      state.changed();
    });
    new ResizeObserver(() => this.resize()).observe(this.stage);
  }

  private resize(): void {
    this.width = this.stage.clientWidth;
    this.draw();
  }

  /** The room for names at the left. */
  get gutter(): number {
    return this.width < 560 ? 44 : 104;
  }

  /** Where bars are drawn. */
  get frame(): Frame {
    const [left, right] = [this.gutter, this.width];
    const scale = (right - left) / (this.state.x1 - this.state.x0);
    return { left, right, top: AXIS_HEIGHT, laneHeight: this.laneHeight, scale };
  }

  /** The place on the axis under a pixel of the stage. */
  placeAt(x: number): number {
    return this.state.x0 + (x - this.frame.left) / this.frame.scale;
  }

  /** The operation under a pixel of the stage; a bar may be missed by a little. */
  at(x: number, y: number): Operation | null {
    const lane = this.lanes[Math.floor((y - this.head + this.stage.scrollTop) / this.laneHeight)];
    if (!lane || y < AXIS_HEIGHT || x < this.gutter) return null;
    const frame = this.frame;
    let best: Operation | null = null;
    let least = 6;
    for (const operation of lane.operations) {
      const [from, to] = sides(this.state, frame, operation);
      const miss = x < from ? from - x : x > to ? x - to : 0;
      if (miss < least) [best, least] = [operation, miss];
      if (from > x + least) break;
    }
    return best;
  }

  /** The middle of an operation's bar in the coordinates of the stage. */
  readonly middle = (operation: Operation): number => {
    const lane = this.laneOf.get(operation.client) ?? 0;
    return this.head + (lane + 0.5) * this.laneHeight - this.stage.scrollTop;
  };

  /** Scrolls until the lane of an operation is seen. */
  scrollTo(operation: Operation): void {
    const y = this.middle(operation);
    const height = this.stage.clientHeight;
    if (y < AXIS_HEIGHT + this.laneHeight || y > height - this.laneHeight / 2) {
      this.stage.scrollTop += y - height / 2;
    }
  }

  private draw(): void {
    if (this.width === 0) return;
    const height = this.stage.clientHeight;
    const context = pen(this.canvas, this.width, height);
    const { state, frame, colours } = this;
    const overlaid = state.overlaid();
    const isClash = state.overlay?.ruling.word === "violated";
    context.save();
    context.beginPath();
    context.rect(frame.left, 0, frame.right - frame.left, height);
    context.clip();
    if (isClash && overlaid.length > 0) drawClashBand(context, state, frame, overlaid, height, colours);
    this.drawGrid(context, frame, height);
    drawFaults(context, state, frame, this.faults, [AXIS_HEIGHT + 2 - this.stage.scrollTop, height], colours);
    let bars = 0;
    this.eachLane(height, (lane, middle) => (bars += drawLane(context, state, frame, lane, middle, colours)));
    const room = new Room();
    const drawn = this.drawOverlay(context, frame, overlaid, isClash, room);
    this.eachLane(height, (lane, middle) => drawLabels(context, state, frame, lane, middle, room, colours, bars <= RIMS_MAX));
    this.drawMarked(context, frame);
    context.restore();
    this.drawNames(context, height);
    drawRuler(context, state, frame, this.width, colours);
    this.tell(drawn);
  }

  private eachLane(height: number, draw: (lane: Lane, middle: number) => void): void {
    for (const lane of this.lanes) {
      const middle = this.middle(lane.operations[0]);
      if (middle > AXIS_HEIGHT - this.laneHeight && middle < height + this.laneHeight) draw(lane, middle);
    }
  }

  private drawOverlay(
    context: CanvasRenderingContext2D,
    frame: Frame,
    operations: Operation[],
    isClash: boolean,
    room: Room,
  ): boolean {
    const { state, colours } = this;
    const overlay = state.overlay;
    if (!overlay || operations.length === 0) return true;
    if (isClash) {
      drawClash(context, state, frame, operations, overlay.ruling.cycle, this.middle, room, colours);
      return true;
    }
    const { ruling, order } = overlay;
    if (this.cached?.ruling !== ruling || this.cached.order !== order || this.cached.axis !== state.axis) {
      const places = Float64Array.from(effects(operations), (time) => state.axis.place(time));
      this.cached = { ruling, order, axis: state.axis, places };
    }
    const numbers = ruling.orders[order]?.places ?? null;
    return drawOrder(context, state, frame, operations, this.cached.places, numbers, this.middle, room, colours);
  }

  /** Rings around the operations under the pointer and the chosen one. */
  private drawMarked(context: CanvasRenderingContext2D, frame: Frame): void {
    const { state, colours } = this;
    for (const operation of [state.hovered, state.chosen]) {
      if (!operation) continue;
      const [from, to] = sides(state, frame, operation);
      const height = Math.min(30, this.laneHeight - 4);
      const right = Math.min(to, frame.right + 9);
      context.strokeStyle = colours.ink;
      context.lineWidth = operation === state.chosen ? 2 : 1;
      context.beginPath();
      context.roundRect(from - 2.5, this.middle(operation) - height / 2, right - from + 5, height, 6);
      context.stroke();
    }
  }

  private drawGrid(context: CanvasRenderingContext2D, frame: Frame, height: number): void {
    const { state, colours } = this;
    context.strokeStyle = colours.hair;
    context.lineWidth = 1;
    context.beginPath();
    this.eachLane(height, (_, middle) => {
      const y = Math.round(middle + this.laneHeight / 2) - 0.5;
      context.moveTo(frame.left, y);
      context.lineTo(frame.right, y);
    });
    context.stroke();
    drawFolds(context, state, frame, [AXIS_HEIGHT, height], colours);
  }

  private drawNames(context: CanvasRenderingContext2D, height: number): void {
    const { colours, gutter } = this;
    const narrow = gutter < 60;
    context.textBaseline = "middle";
    context.textAlign = "left";
    this.faults.forEach((row, at) => {
      const y = AXIS_HEIGHT + 2 + (at + 0.5) * ROW_HEIGHT - this.stage.scrollTop;
      if (y < AXIS_HEIGHT + 4) return;
      context.font = `11px ${FONT}`;
      context.fillStyle = colours.doubt;
      context.fillText(narrow ? row.short : row.name, 2, y, gutter - 8);
    });
    this.eachLane(height, (lane, middle) => {
      if (middle < AXIS_HEIGHT + 4) return;
      const two = this.laneHeight >= 34 && lane.note !== "";
      context.fillStyle = colours.ink;
      context.font = `${this.laneHeight >= 26 ? 13 : 11}px ${FONT}`;
      context.fillText(narrow || (lane.final && !two) ? lane.short : lane.name, 2, two ? middle - 7 : middle, gutter - 8);
      if (!two) return;
      context.fillStyle = colours.faint;
      context.font = `11px ${FONT}`;
      context.fillText(narrow ? lane.note.replace("server ", "s") : lane.note, 2, middle + 9, gutter - 8);
    });
  }

  private tell(drawn: boolean): void {
    const text = drawn ? "" : "Zoom in to see the order: there is no room for a line through so many operations.";
    if (this.hint.textContent !== text) this.hint.textContent = text;
  }
}
