// How long operations took: for each kind and level a histogram over one logarithmic scale, with
// the share of operations that were at least as quick as a line over it.

import { Document, KINDS, Latency } from "./data";
import { h, responsive, s, section } from "./dom";
import { counted, span } from "./describe";

const HEIGHT = 66;
/** About how wide a character of the scale is, and how far apart its names are at least. */
const CHARACTER = 6.6;
const BETWEEN = 5;
const CLASSES = ["write", "read", "cas"];

/** The section; nothing if no operation has a known end. */
export function latencies(data: Document): HTMLElement | null {
  if (data.latency.length === 0) return null;
  const [low, high] = scale(data.latency);
  const rows = data.latency.map((group) => row(group, low, high));
  const note = h(
    "p",
    { class: "note" },
    "Bars: how many took how long. Line: the share that was at least as quick. Reads of the quiet end do not count.",
  );
  return section("latency", "Latency", h("div", { class: "latencies" }, ...rows), note);
}

/** What a histogram is drawn from. */
export type Spread = Pick<Latency, "count" | "bins" | "bins_per_decade">;

/** The powers of ten, in nanoseconds, between which everything lies. */
export function scale(groups: Pick<Spread, "bins" | "bins_per_decade">[]): [number, number] {
  const bins = groups.flatMap((group) => group.bins.map(([bin]) => bin / group.bins_per_decade));
  const low = Math.max(0, Math.floor(Math.min(...bins) - 0.05));
  const high = Math.ceil(Math.max(...bins) + 0.1);
  return [low, Math.max(high, low + 1)];
}

function row(group: Latency, low: number, high: number): HTMLElement {
  const kind = KINDS[group.kind];
  const title = group.level ? `${kind}, ${group.level}` : kind;
  const figures: [string, number][] = [["p50", group.p50], ["p90", group.p90], ["p99", group.p99], ["max", group.max]];
  const name = `${title}: ${counted(group.count, "operation")}, ${figures.map(([n, v]) => `${n} ${span(v)}`).join(", ")}`;
  return h(
    "div",
    { class: `latency ${CLASSES[group.kind]}` },
    h("div", { class: "head" }, h("h3", {}, title), h("span", {}, counted(group.count, "operation"))),
    h("dl", {}, ...figures.map(([n, v]) => h("div", {}, h("dt", {}, n), h("dd", {}, span(v))))),
    responsive(name, () => HEIGHT + 20, (svg, width) => histogram(svg, width, group, low, high)),
  );
}

/** Draws one over those powers of ten, with as many of them named as find room. */
export function histogram(svg: SVGElement, width: number, group: Spread, low: number, high: number): void {
  const toX = (decades: number): number => ((decades - low) / (high - low)) * (width - 2) + 1;
  const named = names(low, high, toX);
  for (let decade = low; decade <= high; decade++) {
    const x = Math.round(toX(decade)) + 0.5;
    svg.append(s("line", { x1: x, x2: x, y1: 4, y2: HEIGHT, class: "grid" }));
  }
  for (const { text, x, anchor } of named) svg.append(s("text", { x, y: HEIGHT + 15, "text-anchor": anchor }, text));
  const most = Math.max(...group.bins.map(([, count]) => count));
  const step = (width - 2) / ((high - low) * group.bins_per_decade);
  let sum = 0;
  let line = `M${toX(low)} ${HEIGHT}`;
  for (const [bin, count] of group.bins) {
    const x = toX(bin / group.bins_per_decade);
    const height = Math.max(2, (count / most) * (HEIGHT - 10));
    svg.append(s("rect", { x: x + 0.5, y: HEIGHT - height, width: Math.max(1.5, step - 1), height, rx: 1, class: "bar" }));
    line += `H${x}`;
    sum += count;
    line += `L${x + step} ${HEIGHT - (sum / group.count) * (HEIGHT - 8)}`;
  }
  svg.append(s("path", { d: `${line}H${width - 1}`, class: "share" }));
  svg.append(s("line", { x1: 0, x2: width, y1: HEIGHT, y2: HEIGHT, class: "base" }));
}

interface Name {
  text: string;
  x: number;
  anchor: "start" | "middle" | "end";
}

/**
 * The names of every power of ten, or of every second, third … if more of them have no room beside
 * each other.
 */
function names(low: number, high: number, toX: (decade: number) => number): Name[] {
  const name = (decade: number): Name => ({
    text: span(10 ** decade),
    x: toX(decade),
    anchor: decade === low ? "start" : decade === high ? "end" : "middle",
  });
  const all = Array.from({ length: high - low + 1 }, (_, at) => name(low + at));
  for (let every = 1; every < all.length; every++) {
    const some = all.filter((_, at) => at % every === 0);
    if (haveRoom(some)) return some;
  }
  return all.slice(0, 1);
}

function haveRoom(names: Name[]): boolean {
  let end = -BETWEEN;
  return names.every(({ text, x, anchor }) => {
    const width = text.length * CHARACTER;
    const left = x - { start: 0, middle: width / 2, end: width }[anchor];
    const fits = left >= end + BETWEEN;
    end = left + width;
    return fits;
  });
}
