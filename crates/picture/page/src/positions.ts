// How far each server had applied the logs, over time, where answers say so: the agreed log, or every merged log by
// itself and all of them together.

import { Operation } from "./data";
import { h } from "./dom";
import { FONT, onTheme, palette, Palette, pen } from "./palette";
import { State } from "./state";
import { Timeline } from "./timeline";
import { count, serverOfNode } from "./words";

const HEIGHT = 150;
/** A log of its own is less than the whole. */
const HEIGHT_SMALL = 104;
/** So many logs have a chart of their own. */
const LOGS_MAX = 8;
/** How large a dot is, and how far apart two at one height must be to be drawn both. */
const DOT = 3;
const DOT_ROOM = 4;

const UNKNOWN_BETWEEN = "Between two dots nobody heard of that server. The axis is that of the operations above.";

/** The charts, on the axis of the timeline; nothing if no answer says where it stands. */
export function positions(state: State, timeline: Timeline): HTMLElement | null {
  const all = seriesOf(state, (operation) => operation.height);
  if (all.length === 0) return null;
  const logs = logsOf(state);
  if (logs.length === 0) {
    const note = `Each dot is an answer: when it came, and which entry of the agreed log its server had applied. ${UNKNOWN_BETWEEN}`;
    return h("div", {}, h("p", { class: "note" }, note), chart(state, timeline, all, HEIGHT));
  }
  const note = `Each dot is an answer: when it came, and how many entries of all merged logs its server had applied (its vector, added up). ${UNKNOWN_BETWEEN}`;
  const own = logs.slice(0, LOGS_MAX).map(({ node, heightOf }) =>
    h("div", {}, h("h3", {}, `the log of ${serverOfNode(node)}`), chart(state, timeline, seriesOf(state, heightOf), HEIGHT_SMALL)),
  );
  const left = logs.length > LOGS_MAX ? `; ${logs.length - LOGS_MAX} logs are left out` : "";
  return h(
    "div",
    {},
    h("p", { class: "note" }, note),
    chart(state, timeline, all, HEIGHT),
    h("details", { class: "vectors", open: logs.length <= 4 }, h("summary", {}, `The vectors, log by log${left}`), ...own),
  );
}

/** One merged log, and how far an operation's server had applied it; -1 if it does not say. */
interface Log {
  node: number;
  heightOf: (operation: Operation) => number;
}

/** The merged logs that vectors name, in order. An index counts within a boot, so the boots before are added. */
function logsOf(state: State): Log[] {
  const vectors = state.operations.map(({ position }) => vectorOf(position));
  const boots = new Map<number, Map<number, number>>();
  for (const vector of vectors) {
    for (const [node, boot, index] of vector ?? []) {
      if (!boots.has(node)) boots.set(node, new Map());
      const known = boots.get(node)!;
      known.set(boot, Math.max(known.get(boot) ?? 0, index));
    }
  }
  const before = (node: number, boot: number): number => {
    let sum = 0;
    for (const [other, index] of boots.get(node)!) if (other < boot) sum += index;
    return sum;
  };
  return [...boots.keys()].sort((a, b) => a - b).map((node) => ({
    node,
    heightOf: ({ at }) => {
      const vector = vectors[at];
      if (!vector) return -1;
      const place = vector.find(([other]) => other === node);
      return place ? before(node, place[1]) + place[2] : 0;
    },
  }));
}

/** The places of a vector as node, boot, index; null if it is none, or was too long to be here in full. */
function vectorOf(position: string | undefined): [number, number, number][] | null {
  if (!position?.startsWith("{") || !position.endsWith("}")) return null;
  return [...position.matchAll(/(\d+)\.(\d+): (\d+)/g)].map(([, node, boot, index]) => [Number(node), Number(boot), Number(index)]);
}

/** A canvas with the series on it, drawn again when the view changes. */
function chart(state: State, timeline: Timeline, series: Series[], height: number): HTMLElement {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const box = h("div", { class: "positions" }, canvas);
  let colours = palette();
  const draw = (): void => {
    const width = box.clientWidth;
    if (width > 0) drawPositions(canvas, [width, height], state, timeline, series, colours);
  };
  state.onChange(draw);
  onTheme(() => {
    colours = palette();
    draw();
  });
  new ResizeObserver(draw).observe(box);
  return box;
}

/** What one server's answers said: times and heights, in the order of times. */
interface Series {
  name: string;
  times: Float64Array;
  heights: Float64Array;
}

function seriesOf(state: State, heightOf: (operation: Operation) => number): Series[] {
  const points = state.data.servers.map((): [number, number][] => []);
  for (const operation of state.operations) {
    const height = heightOf(operation);
    if (height < 0 || operation.server < 0 || operation.end === Infinity) continue;
    points[operation.server].push([operation.end, height]);
  }
  const series = points.map((list, at): Series => {
    list.sort(([a], [b]) => a - b);
    const [times, heights] = [list.map(([time]) => time), list.map(([, height]) => height)];
    return { name: `server ${state.data.servers[at]}`, times: Float64Array.from(times), heights: Float64Array.from(heights) };
  });
  return series.filter(({ times }) => times.length > 0);
}

/** Which points of a series are in view: they set the scale. */
function seen({ times }: Series, from: number, to: number): [number, number] {
  const first = times.findIndex((time) => time >= from);
  if (first < 0) return [0, 0];
  const after = times.findIndex((time, at) => at >= first && time > to);
  return [first, after < 0 ? times.length : after];
}

function drawPositions(
  canvas: HTMLCanvasElement,
  [width, full]: [number, number],
  state: State,
  timeline: Timeline,
  series: Series[],
  colours: Palette,
): void {
  const context = pen(canvas, width, full);
  const left = timeline.gutter;
  const [from, to] = [state.axis.time(state.x0), state.axis.time(state.x1)];
  const ranges = series.map((one) => seen(one, from, to));
  let [low, high] = [Infinity, 0];
  series.forEach(({ heights }, at) => {
    for (let point = ranges[at][0]; point < ranges[at][1]; point++) {
      low = Math.min(low, heights[point]);
      high = Math.max(high, heights[point]);
    }
  });
  if (low === Infinity) return;
  high = Math.max(high, low + 1);
  const toY = (height: number): number => full - 14 - ((height - low) / (high - low)) * (full - 34);
  drawScale(context, left, width, [low, high], toY, colours);
  const scale = (width - left) / (state.x1 - state.x0);
  const toX = (time: number): number => left + (state.axis.place(time) - state.x0) * scale;
  const tints = [colours.write, colours.read, colours.cas, colours.doubt, colours.good, colours.soft];
  series.forEach((one, at) => {
    context.strokeStyle = context.fillStyle = tints[at % tints.length];
    const room = Math.min(104, (width - left - 8) / series.length);
    drawKey(context, left + 8 + at * room, room < 90 ? one.name.replace("server ", "s") : one.name, at);
    context.save();
    context.beginPath();
    context.rect(left, 0, width - left, full);
    context.clip();
    drawDots(context, one, ranges[at], toX, toY, at);
    context.restore();
  });
}

function drawScale(
  context: CanvasRenderingContext2D,
  left: number,
  width: number,
  heights: number[],
  toY: (height: number) => number,
  colours: Palette,
): void {
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const height of heights) {
    context.fillStyle = colours.soft;
    context.fillText(count(height), left - 8, toY(height));
    context.fillStyle = colours.hair;
    context.fillRect(left, Math.round(toY(height)), width - left, 1);
  }
}

function drawKey(context: CanvasRenderingContext2D, x: number, name: string, shape: number): void {
  context.beginPath();
  dot(context, x + 4, 8, shape);
  context.fill();
  context.textAlign = "left";
  context.fillText(name, x + 12, 8);
}

/** The dots of one server; at one height at most one for each few pixels. */
function drawDots(
  context: CanvasRenderingContext2D,
  { times, heights }: Series,
  [begin, end]: [number, number],
  toX: (time: number) => number,
  toY: (height: number) => number,
  shape: number,
): void {
  context.beginPath();
  let [last, height] = [-Infinity, NaN];
  for (let at = begin; at < end; at++) {
    const x = toX(times[at]);
    if (heights[at] === height && x - last < DOT_ROOM) continue;
    dot(context, x, toY(heights[at]), shape);
    [last, height] = [x, heights[at]];
  }
  context.fill();
}

/** A dot whose shape tells servers apart where colours do not. */
function dot(context: CanvasRenderingContext2D, x: number, y: number, shape: number): void {
  const corners = [0, 4, 3, 4, 3, 6][shape % 6];
  const turn = [0, Math.PI / 4, -Math.PI / 2, 0, Math.PI / 2, 0][shape % 6];
  if (corners === 0) {
    context.moveTo(x + DOT, y);
    return context.arc(x, y, DOT, 0, 7);
  }
  const size = corners === 3 ? DOT * 1.35 : DOT * 1.2;
  for (let at = 0; at < corners; at++) {
    const angle = turn + (at * 2 * Math.PI) / corners;
    const [cx, cy] = [x + size * Math.cos(angle), y + size * Math.sin(angle)];
    if (at === 0) context.moveTo(cx, cy);
    else context.lineTo(cx, cy);
  }
  context.closePath();
}
