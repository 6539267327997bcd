// The head of the page: what this is, the verdict in one line, the figures, and how to do it again.

import { Document, Ruling } from "./data";
import { h, icon } from "./dom";
import { standings } from "./levels";
import { count, counted, span } from "./describe";

/**
 * With more operations than this the page opens at the clash, and an order is seen only from nearer
 * by.
 */
export const CROWD = 150;

/** The title line with the switch of the theme. */
export function titled(title: string): HTMLElement {
  return h(
    "header",
    { class: "top" },
    h("p", { class: "brand" }, h("span", { class: "name" }, "Candor"), h("span", { class: "title" }, title)),
    themeSwitch(),
  );
}

function themeSwitch(): HTMLElement {
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = (): boolean => (root.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";
  const name = (): string => (isDark() ? "Light" : "Dark");
  const button = h("button", { type: "button", class: "theme", "aria-label": "Switch between dark and light" }, name());
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    button.textContent = name();
  });
  systemDark.addEventListener("change", () => (button.textContent = name()));
  return button;
}

/** A verdict that is told large. */
interface Headline {
  word: Ruling["word"];
  text: string;
  why: string | null;
}

/**
 * The level that decides, as for the exit code of the judge: where nothing was asked or promised,
 * linearizable.
 */
function deciding(data: Document): Ruling | undefined {
  const level = data.asked ?? data.promised ?? "linearizable";
  return data.rulings.find((one) => one.level === level);
}

/** The verdict that the page is about. */
export function headline(data: Document): Headline {
  const ruling = deciding(data);
  if (!ruling) return { word: "undecided", text: "no level is known to hold", why: null };
  return { word: ruling.word, text: `${ruling.level} ${ruling.word}`, why: ruling.why ?? violatedPoint(data)?.why ?? null };
}

/** The level that the run was to violate, if it did. */
function violatedPoint({ point, rulings }: Document): Ruling | undefined {
  return rulings.find((one) => one.level === point?.violates && one.word === "violated");
}

/**
 * What the page opens with: the promise if it is broken, else what was to be shown, else the
 * promise.
 */
export function opening(data: Document): Ruling | undefined {
  const ruling = deciding(data);
  return ruling?.word === "violated" ? ruling : (violatedPoint(data) ?? ruling);
}

/** What the run set out to show, and whether it did: the second sentence of the headline. */
function pointText(data: Document): string {
  const { point } = data;
  if (!point) return "";
  const seen = violatedPoint(data) ? `So ${point.violates} is violated, as the file says.` : `${point.violates} was to be violated, and was not seen to be.`;
  return [point.text, point.violates ? seen : null].filter(Boolean).join(" ");
}

/** The verdict, large. */
export function banner(data: Document): HTMLElement {
  return verdict(headline(data), met(data), pointText(data));
}

/** A verdict, large, and what was to be shown beside it. */
export function verdict({ word, text, why }: Headline, met: string, point = ""): HTMLElement {
  return h(
    "section",
    { class: `banner ${word}`, "aria-label": "Verdict" },
    icon(word, 44),
    h("div", {}, h("h1", {}, point ? `${text}. ` : text, point ? h("span", { class: "point" }, point) : null), why ? h("p", { class: "why" }, why) : null, h("p", { class: "met" }, met)),
  );
}

/** How the verdict stands to what was promised. */
function met(data: Document): string {
  const { promised, asked } = data;
  if (asked && asked !== promised) {
    return `This level alone was judged${promised ? `; ${promised} was promised` : "; nothing was promised"}.`;
  }
  const holding = standings(data).filter((one) => one.word === "holds" && one.ruling);
  const strongest = holding[0]?.level.name;
  if (!strongest && asked) return "It was promised; other levels were not judged.";
  const origin = promised ? `Promised ${promised}` : "Nothing was promised, so this level decides";
  if (!strongest) return `${origin}; ${data.rulings.every((one) => one.word === "violated") ? "every level that was judged is violated" : "no level is known to hold"}.`;
  if (!promised) return `${origin}; the strongest level that holds is ${strongest}.`;
  if (strongest === promised) {
    const order = holding[0].ruling?.orders.length === 1;
    return order ? `As promised: one order of all operations explains every read. ${orderDrawn(data)}` : "As promised.";
  }
  if (!holding.some((one) => one.level.name === promised)) return `Promised ${promised}; the strongest level that holds is ${strongest}.`;
  return `Promised ${promised}; the run happened to meet ${strongest} as well.`;
}

/** Whether a fact is told by whoever made the page. */
const known = (data: Document, name: string): boolean => data.facts.some(([other]) => other === name);

/** Whether the order is seen at once. */
function orderDrawn(data: Document): string {
  if (opening(data)?.word === "violated") return "It can be drawn below.";
  return data.counts.shown > CROWD ? "It is drawn below once one zooms in." : "It is drawn below.";
}

/** The figures as a row of small facts, and the command that repeats it. */
export function facts(data: Document): HTMLElement {
  const { counts } = data;
  const parts: [string, string][] = [
    ["operations", count(counts.asked)],
    ["keys", count(counts.keys)],
  ];
  if (counts.finals > 0) parts.splice(1, 0, ["final reads", count(counts.finals)]);
  if (!known(data, "clients")) parts.push(["clients", count(counts.clients)]);
  if (counts.refused > 0) parts.push(["refused", count(counts.refused)]);
  if (counts.unknown > 0) parts.push(["unknown", count(counts.unknown)]);
  if (counts.servers > 0 && !known(data, "servers")) parts.push(["servers", count(counts.servers)]);
  parts.push(["from first to last", span(data.span * data.unit_ns)], ...data.facts);
  if (data.seed) parts.push(["seed", data.seed]);
  const fact = ([name, value]: [string, string]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h(
    "div",
    { class: "facts" },
    h("dl", {}, ...parts.map(fact)),
    again(data.seed ? "Run it again" : "Judge it again", data.command),
  );
}

/** The command that does it again. */
export function again(label: string, command: string): HTMLElement {
  return h("div", { class: "again" }, h("span", { class: "label" }, label), h("code", { tabindex: 0 }, command), copyButton(command));
}

function copyButton(text: string): HTMLElement {
  const button = h("button", { type: "button" }, "Copy");
  button.addEventListener("click", () => {
    const done = (): void => {
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    };
    const code = button.previousElementSibling;
    const select = (): void => {
      if (code) getSelection()?.selectAllChildren(code);
    };
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(text).then(done, select);
  });
  return button;
}

/** What went wrong, and what the page leaves out. */
export function remarks(data: Document): HTMLElement | null {
  const list = data.troubles.map((trouble) => remark("violated", trouble, "trouble"));
  if (data.windows.length > 0) list.push(remark("unchecked", cutText(data), "cut"));
  return list.length > 0 ? h("div", { class: "remarks" }, ...list) : null;
}

/** One remark. */
export function remark(word: string, text: string, name: string): HTMLElement {
  return h("p", { class: name }, icon(word), h("span", {}, text));
}

function cutText(data: Document): string {
  const { shown, total, finals } = data.counts;
  const windows = data.windows.length;
  const hasClash = data.rulings.some((ruling) => ruling.clash.length > 0);
  const where = hasClash
    ? `${counted(windows, "window")} around what clashes`
    : windows === 1 ? "one window" : "the beginning and the end";
  return `${count(shown)} of ${counted(total, "operation")}${finals > 0 ? ", final reads included," : ""} are drawn: ${where}. Counts, latencies and verdicts are of all of them.`;
}
