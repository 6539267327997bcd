// The servers: how far each had applied the logs, where operations say so, and whether all agreed in
// the end.

import { Document, Finals } from "./data";
import { h, icon, section } from "./dom";
import { FONT, onTheme, palette, Palette, pen } from "./palette";
import { State } from "./state";
import { Timeline } from "./timeline";
import { count, counted, shown, span } from "./words";

/** The section; nothing if the history tells neither. */
export function servers(state: State, timeline: Timeline): HTMLElement | null {
  const { data } = state;
  const parts = [positions(state, timeline), convergence(data)].filter((part) => part !== null);
  return parts.length > 0 ? section("servers", "Servers", ...parts) : null;
}

const HEIGHT = 150;
/** Up to so many points a line is dashed. */
const DASHED_MAX = 300;
/** Dashes tell servers apart where colours do not. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [1, 2]];

/** How far each server had applied the logs, on the axis of the timeline. */
function positions(state: State, timeline: Timeline): HTMLElement | null {
  const series = seriesOf(state);
  if (series.length === 0) return null;
  const merged = state.operations.some((operation) => operation.position?.startsWith("{"));
  const canvas = h("canvas", { "aria-hidden": "true" });
  const box = h("div", { class: "positions" }, canvas);
  let colours = palette();
  const draw = (): void => {
    const width = box.clientWidth;
    if (width > 0) drawPositions(canvas, width, state, timeline, series, colours);
  };
  state.onChange(draw);
  onTheme(() => {
    colours = palette();
    draw();
  });
  new ResizeObserver(draw).observe(box);
  const what = merged ? "how many entries of all merged logs" : "which entry of the agreed log";
  return h(
    "div",
    {},
    h("p", { class: "note" }, `When each answer came, ${what} its server had applied. The axis is that of the operations above.`),
    box,
  );
}

/** What one server's answers said: times and heights, in the order of times. */
interface Series {
  name: string;
  times: Float64Array;
  heights: Float64Array;
}

function seriesOf(state: State): Series[] {
  const points = state.data.servers.map((): [number, number][] => []);
  for (const operation of state.operations) {
    if (operation.height < 0 || operation.server < 0 || operation.end === Infinity) continue;
    points[operation.server].push([operation.end, operation.height]);
  }
  const series = points.map((list, at): Series => {
    list.sort(([a], [b]) => a - b);
    const [times, heights] = [list.map(([time]) => time), list.map(([, height]) => height)];
    return { name: `server ${state.data.servers[at]}`, times: Float64Array.from(times), heights: Float64Array.from(heights) };
  });
  return series.filter(({ times }) => times.length > 0);
}

/** Which points of a series are in view, with the one right before: they set the scale. */
function seen({ times }: Series, from: number, to: number): [number, number] {
  const first = times.findIndex((time) => time >= from);
  const begin = Math.max(0, first < 0 ? times.length - 1 : first - 1);
  const after = times.findIndex((time, at) => at > begin && time > to);
  return [begin, after < 0 ? times.length : after + 1];
}

function drawPositions(
  canvas: HTMLCanvasElement,
  width: number,
  state: State,
  timeline: Timeline,
  series: Series[],
  colours: Palette,
): void {
  const context = pen(canvas, width, HEIGHT);
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
  high = Math.max(high, low + 1);
  const toY = (height: number): number => HEIGHT - 16 - ((height - low) / (high - low)) * (HEIGHT - 34);
  drawScale(context, left, width, [low, high], toY, colours);
  const scale = (width - left) / (state.x1 - state.x0);
  const toX = (time: number): number => left + (state.axis.place(time) - state.x0) * scale;
  const tints = [colours.write, colours.read, colours.cas, colours.doubt, colours.good, colours.soft];
  series.forEach((one, at) => {
    context.strokeStyle = context.fillStyle = tints[at % tints.length];
    context.lineWidth = 2;
    const dashes = DASHES[at % DASHES.length];
    drawKey(context, left + 8 + at * 104, one.name, dashes);
    // Dashes on a line of many corners cost too much time, and could not be told apart anyway.
    context.setLineDash(ranges[at][1] - ranges[at][0] <= DASHED_MAX ? dashes : []);
    context.save();
    context.beginPath();
    context.rect(left, 0, width - left, HEIGHT);
    context.clip();
    drawSteps(context, one, ranges[at], toX, toY);
    context.restore();
  });
  context.setLineDash([]);
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

function drawKey(context: CanvasRenderingContext2D, x: number, name: string, dashes: number[]): void {
  context.setLineDash(dashes);
  context.beginPath();
  context.moveTo(x, 8);
  context.lineTo(x + 22, 8);
  context.stroke();
  context.textAlign = "left";
  context.fillText(name, x + 28, 8);
}

/** A line that keeps its height until the next answer; at most one corner for each pixel. */
function drawSteps(
  context: CanvasRenderingContext2D,
  { times, heights }: Series,
  [begin, end]: [number, number],
  toX: (time: number) => number,
  toY: (height: number) => number,
): void {
  context.beginPath();
  let last = -Infinity;
  for (let at = begin; at < end; at++) {
    const [x, y] = [toX(times[at]), toY(heights[at])];
    if (x - last < 1 && at < end - 1) continue;
    if (at === begin) context.moveTo(x, y);
    else {
      context.lineTo(x, toY(heights[at - 1]));
      context.lineTo(x, y);
    }
    last = x;
  }
  context.stroke();
}

/** Whether all servers gave the same last answers. */
function convergence(data: Document): HTMLElement | null {
  const { finals, quiet } = data;
  if (!finals && !quiet) return null;
  const nodes: Node[] = [h("p", { class: "agreed" }, icon(agreed(data) ? "holds" : "violated"), h("span", {}, story(data)))];
  for (const [server, why] of quiet?.silent ?? []) {
    nodes.push(h("p", { class: "agreed" }, icon("violated"), h("span", {}, `server ${server} did not answer: ${why}`)));
  }
  if (finals) nodes.push(table(finals));
  return h("div", { class: "convergence" }, ...nodes);
}

function agreed({ finals, quiet }: Document): boolean {
  return quiet ? quiet.agreed_after_ns !== null : finals!.differ === 0;
}

function story({ finals, quiet }: Document): string {
  const keys = finals ? counted(finals.keys, "key") : "";
  const who = finals ? counted(finals.answerers.length, finals.by) : "the servers";
  if (quiet?.agreed_after_ns != null) {
    const rounds = quiet.rounds === 1 ? "when first asked" : `in round ${quiet.rounds} of asking`;
    return `All agreed on ${keys || "every key"} ${span(quiet.agreed_after_ns)} after the last write, ${rounds}.`;
  }
  if (quiet) return `The servers had not agreed after ${counted(quiet.rounds, "round")} of asking.`;
  return finals!.differ === 0
    ? `The final reads of ${who} agree on ${keys}.`
    : `The final reads of ${who} differ on ${finals!.differ} of ${keys}.`;
}

function table(finals: Finals): HTMLElement {
  const head = h("tr", {}, h("th", { scope: "col" }, "key"), ...finals.answerers.map((who) => h("th", { scope: "col" }, `${finals.by} ${who}`)), h("th", { scope: "col" }, "agree"));
  const rows = finals.rows.map((row) =>
    h(
      "tr",
      { class: row.agree ? "" : "differ" },
      h("th", { scope: "row" }, shown(row.key)),
      ...row.answers.map((answer) => h("td", {}, "value" in answer ? shown(answer.value) : "–")),
      h("td", {}, icon(row.agree ? "holds" : "violated"), h("span", { class: "sr" }, row.agree ? "agree" : "differ")),
    ),
  );
  const more = finals.keys - finals.rows.length;
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Final reads" },
    h("table", {}, h("caption", { class: "sr" }, "Final reads by key"), h("thead", {}, head), h("tbody", {}, ...rows)),
    more > 0 ? h("p", { class: "note" }, `${count(more)} more keys, of which those that differ come first.`) : null,
  );
}
