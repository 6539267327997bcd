// The page that sets levels side by side: what each held, how long operations took, how many there
// were, and what each showed that a stronger one forbids.

import { again, remark, titled, verdict } from "../banner";
import { h, icon, responsive, section } from "../dom";
import { histogram, scale } from "../latency";
import { count, counted } from "../describe";
import { Column, Comparison, Kind } from "./data";
import { picture, showings } from "./showings";

export function page(data: Comparison): void {
  document.title = `${data.title}: ${data.headline} · Candor`;
  document.body.append(
    titled(data.title),
    h("main", {}, verdict({ word: data.word, text: data.headline, why: null }, data.sentence), facts(data), remarks(data), levels(data), latencies(data), throughputs(data), showings(data)),
    h("footer", {}, `Candor ${data.version}. This page holds its data itself and asks the network for nothing.`),
  );
}

function facts(data: Comparison): HTMLElement {
  const all: [string, string][] = [...data.facts, ["seed", data.seed]];
  const fact = ([name, value]: [string, string]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("div", { class: "facts" }, h("dl", {}, ...all.map(fact)), again("Run them again", data.command));
}

function remarks({ troubles }: Comparison): HTMLElement | null {
  return troubles.length > 0 ? h("div", { class: "remarks" }, ...troubles.map((text) => remark("violated", text, "trouble"))) : null;
}

/** A card for each level: its verdict, and the strongest level that held. */
function levels({ columns }: Comparison): HTMLElement {
  const row = (name: string, ...value: (Node | string)[]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));
  const card = (column: Column): HTMLElement =>
    h(
      "li",
      { class: `level ${column.word.replace(" ", "-")}` },
      h("h3", {}, icon(column.word, 18), column.level),
      h("p", { class: "note" }, column.file),
      h(
        "dl",
        {},
        row("what was promised", column.word),
        row("strongest level that held", column.held),
        row(column.run_count === 1 ? "picture" : "pictures of the runs", ...pictures(column)),
      ),
    );
  return section("levels", "Levels", h("ul", { class: "side-by-side" }, ...columns.map(card)));
}

function pictures({ run_count, runs }: Column): (Node | string)[] {
  if (run_count === 0) return ["none: no run came to its end"];
  if (run_count === 1) return [picture(runs[0], "of this run")];
  const links = runs.flatMap((run) => [picture(run, count(run.run)), " "]);
  return run_count > runs.length ? [...links, `and ${counted(run_count - runs.length, "more run")}`] : links;
}

/** For each kind of operation, all levels below each other on one scale. */
function latencies({ columns, own_levels }: Comparison): HTMLElement | null {
  const names = [...new Set(columns.flatMap(({ kinds }) => kinds.map(({ name }) => name)))];
  const kinds = (name: string): [Column, Kind][] =>
    columns.flatMap((column) => column.kinds.filter((kind) => kind.name === name).map((kind): [Column, Kind] => [column, kind]));
  const shown = names.map((name) => kinds(name)).filter((rows) => rows.some(([, kind]) => total(kind) > 0));
  if (shown.length === 0) return null;
  const troubled = shown.flat().some(([, { refused, unknown }]) => refused + unknown > 0);
  const apart = troubled
    ? "What was refused or has no known outcome is counted apart and is no part of these figures. Longest gap: the longest time in which none was done though one was asked."
    : "None was refused, and none has an unknown outcome.";
  const own = own_levels ? " Reads that ask for a level of their own count here as well." : "";
  const note = `Bars: how many took how long. Line: the share that was at least as quick. Within a kind of operation all levels have one scale. ${apart}${own}`;
  return section("latency", "How long operations took", ...shown.map((rows) => kindOf(rows, troubled)), h("p", { class: "note" }, note));
}

const total = ({ done, refused, unknown }: Kind): number => done + refused + unknown;

function kindOf(rows: [Column, Kind][], troubled: boolean): HTMLElement {
  const name = rows[0][1].name;
  const bounds = scale(rows.map(([, kind]) => kind));
  const files = new Set(rows.map(([{ file }]) => file));
  return h("div", { class: `kind ${name}` }, h("h3", {}, name), ...rows.map(([column, kind]) => distribution(column, kind, bounds, troubled, files.size > 1)));
}

function distribution(column: Column, kind: Kind, [low, high]: [number, number], troubled: boolean, named: boolean): HTMLElement {
  const figures = kind.figures.map(({ name, text }): [string, string] => [name, text]);
  figures.unshift(["done", count(kind.done)]);
  if (troubled) figures.push(["refused", count(kind.refused)], ["unknown", count(kind.unknown)], ["longest gap", kind.longest_gap]);
  const name = `${kind.name} at ${column.level}: ${figures.map(([n, text]) => `${n} ${text}`).join(", ")}`;
  return h(
    "div",
    { class: "latency" },
    h("div", { class: "head" }, h("h4", {}, column.level), named ? h("span", {}, column.file) : null),
    h("dl", {}, ...figures.map(([n, text]) => h("div", {}, h("dt", {}, n), h("dd", {}, text)))),
    kind.done > 0
      ? responsive(name, () => 86, (svg, width) => histogram(svg, width, { ...kind, count: kind.done }, low, high))
      : h("p", { class: "note" }, "None was done."),
  );
}

/** How many operations were done in a second; the pace of clients that mostly slept has no bar. */
function throughputs({ columns }: Comparison): HTMLElement {
  const awake = columns.filter(({ throughput }) => throughput.slept_percent === null);
  const most = Math.max(...awake.map(({ throughput }) => throughput.per_s ?? 0), 1e-9);
  const row = ({ name, throughput: { text, per_s, slept_percent } }: Column): HTMLElement => {
    const bar = h("i", { class: "rate" });
    bar.style.width = `${((per_s ?? 0) / most) * 100}%`;
    const asleep = slept_percent === null ? null : `Clients slept ${slept_percent} % of their time: this is their pace and tells nothing of the servers.`;
    return h(
      "li",
      {},
      h("div", { class: "head" }, h("span", {}, name), h("strong", {}, text)),
      asleep ? h("p", { class: "note" }, asleep) : null,
      asleep || per_s === null ? null : h("div", { class: "track" }, bar),
    );
  };
  const note = h("p", { class: "note" }, "Operations that were done, from the start of the first to the end of the last.");
  return section("throughput", "Throughput", h("ul", { class: "rates" }, ...columns.map(row)), note);
}
