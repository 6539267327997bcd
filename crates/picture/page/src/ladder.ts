// The ladder of levels, which is no ladder but a partial order: strongest at the top, a line from
// each level to those that it implies. Choosing a level tells what it means and why it holds or
// not.

import { Order } from "./data";
import { h, icon, s, section } from "./dom";
import { CROWD, headline, opening } from "./banner";
import { below, outcome, PLACES, ROWS, Standing, standings } from "./levels";
import { State } from "./state";
import { counted } from "./describe";

/** The section; `draw` is asked to draw a level's order or clash over the operations. */
export function ladder(state: State, draw: (standing: Standing) => void): HTMLElement {
  const all = standings(state.data);
  const lines = s("svg", { class: "lines", "aria-hidden": "true" });
  const grid = h("div", { class: "rungs" });
  const told = h("div", { class: "told", role: "status", "aria-live": "polite" });
  const buttons = new Map<string, HTMLButtonElement>();
  const choose = (standing: Standing): void => {
    state.said = standing.ruling?.why ?? null;
    buttons.forEach((button, name) => button.setAttribute("aria-pressed", String(name === standing.level.name)));
    told.replaceChildren(...tell(state, standing));
    draw(standing);
  };
  for (const standing of all) {
    const button = rung(state, standing, () => choose(standing));
    buttons.set(standing.level.name, button);
    grid.append(button);
  }
  grid.append(lines);
  new ResizeObserver(() => drawLines(state, lines, grid, all, buttons)).observe(grid);
  const strongest = all.find((one) => one.word === "holds" && one.ruling) ?? all[0];
  const first = all.find((one) => one.level.name === opening(state.data)?.level) ?? strongest;
  queueMicrotask(() => {
    // Where what was promised has no order to draw, the strongest order there is.
    if (first.word === "holds") draw(strongest);
    choose(first);
  });
  const hint = h("p", { class: "note" }, "Choose a level to read what it means and to see its proof or its clash below.");
  return section("levels", "Levels", hint, h("div", { class: "ladder" }, h("div", {}, grid, legend(all)), told));
}

function rung(state: State, standing: Standing, onClick: () => void): HTMLButtonElement {
  const { level, word, from } = standing;
  const promised = level.name === state.data.promised;
  const name = `${level.title}: ${outcome(word)}${from ? `, because ${from} does` : ""}${promised ? ", promised" : ""}`;
  const button = h(
    "button",
    { type: "button", class: `rung ${word}${from ? " implied" : ""}`, "aria-pressed": "false", "aria-label": name, click: onClick },
    icon(word),
    h("span", {}, level.title),
    promised ? h("span", { class: "promised" }, "promised") : null,
  );
  button.style.left = `${(level.x / PLACES) * 100}%`;
  button.style.top = `${((level.row + 0.5) / ROWS) * 100}%`;
  return button;
}

/** What the signs, lines and short names of the levels mean, as far as they are there. */
function legend(all: Standing[]): HTMLElement {
  const words: [Standing["word"], string][] = [
    ["holds", "holds"],
    ["violated", "violated"],
    ["undecided", "undecided"],
    ["unchecked", "not checked"],
  ];
  const signs = words.filter(([word]) => all.some((one) => one.word === word)).map(([word, text]) => h("li", {}, icon(word, 14), text));
  const dashed = all.some((one) => one.from !== null || one.word === "unchecked");
  const names = all.filter(({ level }) => level.full !== "").map(({ level }) => h("li", {}, h("b", {}, level.name === "causal" ? "ccv" : level.name), ` ${level.full}`));
  return h(
    "div",
    { class: "legend" },
    h(
      "ul",
      { class: "signs" },
      ...signs,
      dashed && h("li", {}, h("i", { class: "swatch dashed" }), "not judged itself"),
      h("li", {}, h("i", { class: "swatch implies" }), "the upper implies the lower"),
    ),
    h("ul", { class: "names" }, ...names),
  );
}

/** What is to be said about one level. */
function tell(state: State, standing: Standing): Node[] {
  const { level, word, ruling, from } = standing;
  const nodes: Node[] = [
    h("h3", {}, icon(word, 18), `${level.title}: ${outcome(word)}`),
    h("p", { class: "meaning" }, level.words),
  ];
  // The banner has said it already if this is what the page is about.
  if (ruling?.why && ruling.why !== headline(state.data).why) nodes.push(h("p", { class: `why ${word}` }, ruling.why));
  if (from) nodes.push(h("p", {}, word === "holds" ? `It follows from ${from}, which holds.` : `It asks for more than ${from}, which is violated.`));
  if (word === "unchecked") nodes.push(h("p", {}, "The judge was not asked about this level."));
  for (const note of ruling?.notes ?? []) nodes.push(h("p", { class: "note" }, note));
  const proof = ruling && describeProof(state, standing);
  if (proof) nodes.push(h("p", { class: "note" }, proof));
  return nodes;
}

function describeProof(state: State, { ruling }: Standing): string {
  if (!ruling) return "";
  if (ruling.clash_total > 0) {
    const hidden = ruling.clash_total - ruling.clash.length;
    const left = hidden > 0 ? `; ${hidden} of them are not drawn` : "";
    return `Framed below: ${counted(ruling.clash_total, "operation")} that cannot be explained together${left}.`;
  }
  if (ruling.orders.length === 0) return ruling.orders_left_out > 0 ? "Its proof is too long for this page." : "";
  const many = ruling.orders.length > 1 ? `${ruling.orders.length} orders, one for each client` : "one order";
  const left = ruling.orders_left_out > 0 ? `; ${ruling.orders_left_out} more are left out` : "";
  const cut = state.data.windows.length > 0 ? ", as far as its operations are in this page" : "";
  const near = state.operations.length > CROWD ? " once one zooms in" : "";
  return `Proved by ${many} of ${size(state, ruling.orders[0])}${left}, drawn below${cut || near}.`;
}

/** How long an order is, final reads apart, as the figures count them. */
function size(state: State, { total, operations, places }: Order): string {
  const finals = operations.filter((at) => state.operations[at].final).length;
  // Where some are cut away, nobody here can tell them apart.
  if (finals === 0 || places) return counted(total, "operation");
  return `${counted(total - finals, "operation")} and ${counted(finals, "final read")}`;
}

/** A line from each level to those right below it. */
function drawLines(
  state: State,
  lines: SVGElement,
  grid: HTMLElement,
  all: Standing[],
  buttons: Map<string, HTMLButtonElement>,
): void {
  const bounds = grid.getBoundingClientRect();
  lines.setAttribute("viewBox", `0 0 ${bounds.width} ${bounds.height}`);
  const known = new Map(all.map((standing) => [standing.level.name, standing]));
  const paths = all.flatMap((upper) =>
    below(state.data, upper.level.name).filter((name) => known.has(name)).map((name) => {
      const lower = known.get(name);
      const from = buttons.get(upper.level.name)!.getBoundingClientRect();
      const to = buttons.get(name)!.getBoundingClientRect();
      const x0 = from.left + from.width / 2 - bounds.left;
      const x1 = to.left + to.width / 2 - bounds.left;
      const [y0, y1] = [from.bottom - bounds.top, to.top - bounds.top];
      const bend = (y1 - y0) / 2;
      const both = upper.word === "holds" && lower?.word === "holds";
      return s("path", {
        d: `M${x0} ${y0}C${x0} ${y0 + bend} ${x1} ${y1 - bend} ${x1} ${y1}`,
        class: both ? "holds" : "",
      });
    }),
  );
  lines.replaceChildren(...paths);
}
