// How far each server had applied the logs, over time, where answers say so, or the server itself
// when it was asked: the agreed log, or every merged log by itself and all of them together.

import { Standings } from "./data";
import { h } from "./dom";
import { FONT, onTheme, palette, Palette, pen } from "./palette";
import { State } from "./state";
import { Timeline } from "./timeline";
import { count, serverOfNode } from "./describe";

const HEIGHT = 150;
/** A log of its own is less than the whole. */
const HEIGHT_SMALL = 104;
/** So many logs have a chart of their own. */
const LOGS_MAX = 8;
/** How large a dot is, and how far apart two at one height must be to be drawn both. */
const DOT = 3;
const DOT_ROOM = 4;

/** So long after a server was heard last a line ends. */
const SILENCE_NS = 400e6;

/** What a place in the logs is known by: how high it is, and its text. */
interface Told {
  height: number;
  position: string | undefined;
}

/** The charts, on the axis of the timeline; nothing if no answer says where it stands. */
export function positions(state: State, timeline: Timeline): HTMLElement | null {
  const all = seriesOf(state, (told) => told.height);
  if (all.length === 0) return null;
  const logs = logsOf(state);
  const what = logs.length === 0 ? "which entry of the agreed log its server had applied" : "how many entries of all merged logs its server had applied (its vector, added up)";
  const lines = all.every((one) => one.lines.length === 0)
    ? "Between two dots nobody heard of that server."
    : "Lines join them, and what each server said of itself when it was asked now and then; where a line is missing, it was not heard.";
  const note = h("p", { class: "note" }, `Each dot is an answer: when it came, and ${what}. ${lines} The axis is that of the operations above.`);
  if (logs.length === 0) return h("div", {}, note, chart(state, timeline, all, HEIGHT));
  const own = logs.slice(0, LOGS_MAX).map(({ node, heightOf }) =>
    h("div", {}, h("h3", {}, `the log of ${serverOfNode(node)}`), chart(state, timeline, seriesOf(state, heightOf), HEIGHT_SMALL)),
  );
  const left = logs.length > LOGS_MAX ? `; ${logs.length - LOGS_MAX} logs are left out` : "";
  return h(
    "div",
    {},
    note,
    chart(state, timeline, all, HEIGHT),
    h("details", { class: "vectors", open: logs.length <= 4 }, h("summary", {}, `The vectors, log by log${left}`), ...own),
  );
}

/** One merged log, and how far a server had applied it; -1 if it does not say. */
interface Log {
  node: number;
  heightOf: (told: Told) => number;
}

/**
 * The merged logs that vectors name, in order. An index counts within a boot, so the boots before
 * are added.
 */
function logsOf(state: State): Log[] {
  const places = [...state.operations.map(({ position }) => position), ...state.data.standings.flatMap(({ place }) => place)];
  const vectors = new Map(places.map((place) => [place, vectorOf(place)]));
  const boots = new Map<number, Map<number, number>>();
  for (const vector of vectors.values()) {
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
    heightOf: ({ position }) => {
      const vector = vectors.get(position);
      if (!vector) return -1;
      const place = vector.find(([other]) => other === node);
      return place ? before(node, place[1]) + place[2] : 0;
    },
  }));
}

/**
 * The places of a vector as node, boot, index; null if it is none, or was too long to be here in
 * full.
 */
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

/** Times and heights, in the order of times. */
interface Points {
  times: Float64Array;
  heights: Float64Array;
}

/** A time and a height. */
type Point = [number, number];

/**
 * What one server's answers said, and what it said when it was asked: each line is a stretch
 * without silence.
 */
interface Series extends Points {
  name: string;
  lines: Points[];
}

function seriesOf({ data, operations }: State, heightOf: (told: Told) => number): Series[] {
  const names = [...new Set([...data.servers, ...data.standings.map(({ server }) => server)])].sort((a, b) => Number(a) - Number(b));
  const dots = new Map(names.map((name): [string, Point[]] => [name, []]));
  for (const operation of operations) {
    const height = heightOf(operation);
    if (height < 0 || operation.server < 0 || operation.end === Infinity) continue;
    dots.get(data.servers[operation.server])!.push([operation.end, height]);
  }
  const lineOf = ({ server, at, height, place }: Standings): Points => {
    const told = at.map((time, point): Point => [time * data.unit_ns, heightOf({ height: height[point], position: place[point] })]);
    return pointsOf(through(told, dots.get(server)!));
  };
  const series = names.map((name): Series => ({
    name: `server ${name}`,
    ...pointsOf(dots.get(name)!),
    lines: data.standings.filter(({ server, at }) => server === name && at.length > 1).map(lineOf),
  }));
  return series.filter(({ times, lines }) => times.length > 0 || lines.length > 0);
}

/**
 * What a server said of itself, and its answers meanwhile; an answer that was long on its way would
 * only draw it back.
 */
function through(told: Point[], answers: Point[]): Point[] {
  const inside = answers.filter(([time]) => time > told[0][0] && time < told.at(-1)![0] + SILENCE_NS);
  const all = [...told.map((point) => ({ point, own: true })), ...inside.map((point) => ({ point, own: false }))];
  all.sort((a, b) => a.point[0] - b.point[0]);
  let height = -Infinity;
  const kept = all.filter(({ point, own }) => {
    if (!own && point[1] < height) return false;
    height = point[1];
    return true;
  });
  return kept.map(({ point }) => point);
}

function pointsOf(list: Point[]): Points {
  list.sort(([a], [b]) => a - b);
  return { times: Float64Array.from(list, ([time]) => time), heights: Float64Array.from(list, ([, height]) => height) };
}

/** Which points of a series are in view: they set the scale. */
function seen({ times }: Points, from: number, to: number): [number, number] {
  const first = times.findIndex((time) => time >= from);
  if (first < 0) return [0, 0];
  const after = times.findIndex((time, at) => at >= first && time > to);
  return [first, after < 0 ? times.length : after];
}

/** The points of a line that are in view, and one on each side to which it leads out of it. */
function crossing(line: Points, from: number, to: number): [number, number] {
  const { times } = line;
  if (times[times.length - 1] < from || times[0] > to) return [0, 0];
  const first = times.findIndex((time) => time >= from);
  const after = times.findIndex((time) => time > to);
  return [Math.max(0, first - 1), after < 0 ? times.length : after + 1];
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
  let [low, high] = [Infinity, 0];
  const scale = (heights: Float64Array): void =>
    heights.forEach((height) => ([low, high] = [Math.min(low, height), Math.max(high, height)]));
  for (const one of series) {
    scale(one.heights.subarray(...seen(one, from, to)));
    for (const line of one.lines) scale(line.heights.subarray(...crossing(line, from, to)));
  }
  if (low === Infinity) return;
  high = Math.max(high, low + 1);
  const toY = (height: number): number => full - 14 - ((height - low) / (high - low)) * (full - 34);
  drawScale(context, left, width, [low, high], toY, colours);
  const zoom = (width - left) / (state.x1 - state.x0);
  const toX = (time: number): number => left + (state.axis.place(time) - state.x0) * zoom;
  const tints = [colours.write, colours.read, colours.cas, colours.doubt, colours.good, colours.soft];
  series.forEach((one, at) => {
    context.strokeStyle = context.fillStyle = tints[at % tints.length];
    const room = Math.min(104, (width - left - 8) / series.length);
    drawKey(context, left + 8 + at * room, room < 90 ? one.name.replace("server ", "s") : one.name, at);
    context.save();
    context.beginPath();
    context.rect(left, 0, width - left, full);
    context.clip();
    for (const line of one.lines) drawLine(context, line, toX, toY);
    drawDots(context, one, seen(one, from, to), toX, toY, at);
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

/** A line through what a server said, from point to point. */
function drawLine(context: CanvasRenderingContext2D, { times, heights }: Points, toX: (time: number) => number, toY: (height: number) => number): void {
  context.beginPath();
  times.forEach((time, at) => context.lineTo(toX(time), toY(heights[at])));
  context.lineWidth = 1.5;
  context.stroke();
}

/** The dots of one server; at one height at most one for each few pixels. */
function drawDots(
  context: CanvasRenderingContext2D,
  { times, heights }: Points,
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
