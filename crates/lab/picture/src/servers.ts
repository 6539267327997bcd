// The servers: how far each had applied the logs, where operations say so, and whether all agreed in
// the end.

import { Document, Finals } from "./data";
import { h, icon, section } from "./dom";
import { FONT, onTheme, palette, pen } from "./palette";
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

type Series = { name: string; points: { time: number; height: number }[] };

function seriesOf(state: State): Series[] {
  const series = state.data.servers.map((server): Series => ({ name: `server ${server}`, points: [] }));
  for (const operation of state.operations) {
    if (operation.height < 0 || operation.server < 0 || operation.end === Infinity) continue;
    series[operation.server].points.push({ time: operation.end, height: operation.height });
  }
  for (const { points } of series) points.sort((a, b) => a.time - b.time);
  return series.filter(({ points }) => points.length > 0);
}

function drawPositions(
  canvas: HTMLCanvasElement,
  width: number,
  state: State,
  timeline: Timeline,
  series: Series[],
  colours: ReturnType<typeof palette>,
): void {
  const context = pen(canvas, width, HEIGHT);
  const left = timeline.gutter;
  const scale = (width - left) / (state.x1 - state.x0);
  const toX = (time: number): number => left + (state.axis.place(time) - state.x0) * scale;
  const heights = inView(state, series);
  const low = heights.reduce((a, b) => Math.min(a, b), Infinity);
  const high = Math.max(low + 1, heights.reduce((a, b) => Math.max(a, b), 0));
  const toY = (height: number): number => HEIGHT - 16 - ((height - low) / (high - low)) * (HEIGHT - 34);
  const tints = [colours.write, colours.read, colours.cas, colours.doubt, colours.good, colours.soft];
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  context.fillStyle = colours.soft;
  context.textAlign = "right";
  for (const height of [low, high]) {
    context.fillText(count(height), left - 8, toY(height));
    context.fillStyle = colours.hair;
    context.fillRect(left, Math.round(toY(height)), width - left, 1);
    context.fillStyle = colours.soft;
  }
  context.textAlign = "left";
  series.forEach(({ name, points }, at) => {
    const x = left + 8 + at * 104;
    context.strokeStyle = context.fillStyle = tints[at % tints.length];
    context.lineWidth = 2;
    context.setLineDash(DASHES[at % DASHES.length]);
    context.beginPath();
    context.moveTo(x, 8);
    context.lineTo(x + 22, 8);
    context.stroke();
    context.fillText(name, x + 28, 8);
    context.save();
    context.beginPath();
    context.rect(left, 0, width - left, HEIGHT);
    context.clip();
    context.beginPath();
    points.forEach((point, index) => {
      const [px, py] = [toX(point.time), toY(point.height)];
      if (index === 0) context.moveTo(px, py);
      else {
        context.lineTo(px, toY(points[index - 1].height));
        context.lineTo(px, py);
      }
    });
    context.stroke();
    context.restore();
  });
  context.setLineDash([]);
}

/** The heights of the points in view, and of those right before it: they set the scale. */
function inView(state: State, series: Series[]): number[] {
  const [from, to] = [state.axis.time(state.x0), state.axis.time(state.x1)];
  const seen = series.flatMap(({ points }) => {
    const first = points.findIndex((point) => point.time >= from);
    const begin = Math.max(0, first < 0 ? points.length - 1 : first - 1);
    return points.slice(begin).filter((point, at) => at === 0 || point.time <= to);
  });
  return seen.map((point) => point.height);
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
