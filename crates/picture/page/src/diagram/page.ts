// The page of a diagram: the verdict, the figures, what the judge says, and the messages.

import { again, remark, titled, verdict } from "../banner";
import { h, icon, section } from "../dom";
import { movement, move, onKeys } from "../gestures";
import { place } from "../details";
import { count, instant } from "../describe";
import { Call, Judgement, Thing, World } from "./data";
import { list } from "./list";
import { Stage } from "./stage";
import { strip } from "./strip";
import { View } from "./view";
import { line, rows, when } from "./describe";

export function page(world: World): void {
  document.title = `${world.title}: ${world.headline} · Candor`;
  const view = new View(world);
  const met = world.violated_us === null ? "Whatever broke, every invariant held, and everything came to rest." : `Noticed at ${instant(world.violated_us * 1000, 1e6)}. The command below lives the same world again, byte by byte.`;
  document.body.append(
    titled(world.title),
    h("main", {}, verdict({ word: world.word, text: world.headline, why: world.why }, met), figures(world), cut(world), judgements(view), messages(view)),
    h("footer", {}, `Candor ${world.version}. This page holds its data itself and asks the network for nothing.`),
  );
  queueMicrotask(() => view.changed());
}

function figures(world: World): HTMLElement {
  const facts: [string, string][] = [
    ["nodes", count(world.nodes)],
    ["messages", count(world.counts.messages)],
    ["virtual time", instant(world.end_us * 1000, 1e6)],
    ...world.facts,
    ["seed", world.seed],
  ];
  const fact = ([name, value]: [string, string]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("div", { class: "facts" }, h("dl", {}, ...facts.map(fact)), again("Live it again", world.command));
}

function cut({ counts, window_us }: World): HTMLElement | null {
  if (!window_us && counts.calls_shown === counts.calls) return null;
  const time = window_us ? `, those from ${instant(window_us[0] * 1000, 1e6)} to ${instant(window_us[1] * 1000, 1e6)}` : "";
  const messages = `${count(counts.messages_shown)} of ${count(counts.messages)} messages are in this page${time}`;
  const calls = counts.calls_shown < counts.calls ? `, and ${count(counts.calls_shown)} of ${count(counts.calls)} operations` : "";
  return h("div", { class: "remarks" }, remark("unchecked", `${messages}${calls}. Verdicts and counts are of the whole world.`, "cut"));
}

/** What the judge says, level by level; a clash can be framed. */
function judgements(view: View): HTMLElement | null {
  const { judgements } = view.world;
  const unasked = view.world.judged ? null : h("p", { class: "note" }, "The judge was not asked: the world broke before it came to rest.");
  // A clash is told once, however many levels it breaks.
  const told = new Set([view.world.why ?? ""]);
  const why = ({ lines, word }: Judgement): HTMLElement | null => {
    if (lines.length === 0) return null;
    const text = told.has(lines[0]) ? "the clash that is told above" : lines[0];
    told.add(lines[0]);
    return h("p", { class: `why ${word}` }, text);
  };
  const row = (one: Judgement): HTMLElement =>
    h(
      "li",
      {},
      icon(one.word),
      h("div", {}, h("strong", {}, `${one.level}: ${one.word}`), why(one)),
      one.clash.length > 0 ? frame(view, one) : null,
    );
  const names = [
    judgements.some((one) => /certificates/.test(one.level)) ? "Certificates: each answer says which place in the logs it stands at, so the judge can follow that order and need not search." : "",
    "The judge counts nodes from 0: its server 0 is node 1.",
  ];
  const note = h("p", { class: "note" }, names.filter(Boolean).join(" "));
  return section("verdicts", "Invariants and verdicts", h("ul", { class: "verdicts" }, ...judgements.map(row)), unasked, note);
}

function frame(view: View, one: Judgement): HTMLElement {
  const button = h("button", { type: "button" }, "Show its clash");
  button.addEventListener("click", () => {
    view.clash = one;
    view.reveal(view.framed());
    document.getElementById("messages")?.scrollIntoView({ block: "nearest" });
    view.changed();
  });
  return button;
}

function messages(view: View): HTMLElement {
  const stage = new Stage(view);
  const tip = h("div", { class: "tip", role: "tooltip", hidden: true });
  document.body.append(tip);
  const reach = (thing: Thing): void => {
    view.choose(thing, true);
    stage.scrollTo(thing);
  };
  const hover = (thing: Thing | null, x: number, y: number): void => {
    if (thing !== view.hovered) {
      view.hovered = thing;
      view.changed();
    }
    tip.hidden = thing === null;
    if (!thing) return;
    tip.replaceChildren(h("strong", {}, line(thing)), h("span", {}, when(thing)));
    place(tip, x, y);
  };
  move(view, stage, hover, (thing) => view.choose(thing));
  keys(view, stage, reach);
  const sentence = h("p", { class: "clash" });
  view.onChange(() => {
    const why = view.clash?.lines[0] ?? "";
    const text = why === view.world.why ? "" : why;
    sentence.hidden = text === "";
    if (sentence.textContent !== text) sentence.textContent = text;
  });
  return section("messages", "Messages", controls(view), sentence, strip(view, () => stage.gutter), stage.element, legend(view), card(view), clashList(view, reach), list(view, reach));
}

function keys(view: View, stage: Stage, reach: (thing: Thing) => void): void {
  const walk = (by: number): void => {
    const things = view.things();
    const now = view.chosen ? things.indexOf(view.chosen) : -1;
    const next = things[now < 0 ? (by > 0 ? 0 : things.length - 1) : now + by];
    if (next) reach(next);
  };
  onKeys(stage.stage, {
    ...movement(view, stage.stage),
    "0": () => view.fit(true),
    n: () => walk(1),
    p: () => walk(-1),
    c: () => view.reveal(view.framed()),
    Escape: () => view.choose(null),
  });
}

function controls(view: View): HTMLElement {
  const routine = h("input", { type: "checkbox" });
  routine.addEventListener("change", () => {
    view.routine = routine.checked;
    view.changed();
  });
  const folds = h("input", { type: "checkbox", checked: true });
  folds.addEventListener("change", () => view.setFolds(folds.checked));
  const button = (text: string, name: string, act: () => void): HTMLElement =>
    h("button", { type: "button", "aria-label": name, title: name, click: act }, text);
  const clash = view.clashes().length > 0 ? button("Show clash", "Show the clash", () => view.reveal(view.framed())) : null;
  return h(
    "div",
    { class: "controls" },
    h("label", { class: "check" }, routine, h("span", {}, "Heartbeats and the like")),
    view.axis.hasFolds ? h("label", { class: "check" }, folds, h("span", {}, "Fold quiet times")) : null,
    h(
      "div",
      { class: "buttons" },
      clash,
      button("−", "Zoom out", () => view.zoom(1.6)),
      button("+", "Zoom in", () => view.zoom(1 / 1.6)),
      button("All", "Show everything", () => view.fit(true)),
    ),
  );
}

function legend(view: View): HTMLElement {
  const item = (name: string, text: string): HTMLElement => h("li", {}, h("i", { class: `swatch ${name}` }), text);
  const hint = (text: string, ...names: string[]): HTMLElement => h("li", {}, ...names.map((name) => h("kbd", {}, name)), ` ${text}`);
  return h(
    "div",
    { class: "legend" },
    h(
      "ul",
      { class: "swatches" },
      item("arrow data", "entries, writes, reads"),
      item("arrow vote", "votes"),
      item("arrow lost", "lost"),
      item("arrow travel", "client and node"),
      item("band", "fault"),
      item("leads", view.merged ? "leads the agreed log, which here settles who is a member; each node writes its keys to a log of its own" : "leads"),
      view.axis.hasFolds && item("fold", "folded: nothing but heartbeats"),
      item("down", "down"),
      view.clashes().length > 0 && item("framed", "clash"),
      item("write", "write"),
      item("read", "read"),
    ),
    h("ul", { class: "keys", id: "keys" }, h("li", {}, "click what is drawn for all about it;"), hint("zoom", "+", "−"), hint("move", "←", "→"), hint("all", "0"), hint("next, previous", "n", "p"), hint("the clash", "c")),
  );
}

/** The operations of the clash, by their numbers in the frame. */
function clashList(view: View, reach: (thing: Thing) => void): HTMLElement {
  const rows = h("ol", { class: "proof" });
  const element = h("details", { open: true }, h("summary", {}, "The clash, operation by operation"), rows);
  let told: Judgement | null = null;
  const draw = (): void => {
    element.hidden = view.clash === null;
    if (told === view.clash) return;
    told = view.clash;
    const row = (call: Call): HTMLElement => h("li", {}, h("button", { type: "button", click: () => reach(call) }, h("span", {}, line(call)), h("small", {}, when(call))));
    rows.replaceChildren(...view.framed().map(row));
  };
  view.onChange(draw);
  draw();
  return element;
}

/** All about what is chosen. */
function card(view: View): HTMLElement {
  const element = h("div", { class: "details", role: "status", "aria-live": "polite" });
  let told: Thing | null | undefined;
  const draw = (): void => {
    if (told === view.chosen) return;
    told = view.chosen;
    if (!told) return element.replaceChildren(h("p", { class: "empty" }, "Choose a message, an operation or a fault to see all about it."));
    element.replaceChildren(
      h("h3", {}, line(told)),
      h("dl", {}, ...rows(told).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    );
  };
  view.onChange(draw);
  draw();
  return element;
}
