// The proof as a list: the witness order or the clash, operation by operation.

import { Link, Operation } from "./data";
import { h } from "./dom";
import { Overlay, State } from "./state";
import { instant, sentence } from "./describe";

/** How many rows are added at a time. */
const ROWS = 100;

/** The list, closed unless it is a clash, which is short. */
export function proof(state: State, reach: (operation: Operation) => void): HTMLElement {
  const summary = h("summary");
  const list = h("ol", { class: "proof" });
  const more = h("button", { type: "button", class: "more" }, "Show more");
  const cycle = h("div");
  const element = h("details", { hidden: true }, summary, list, more, cycle);
  let told: State["overlay"] = null;
  let shown = 0;
  const add = (): void => {
    const operations = state.overlaid();
    const places = told?.ruling.orders[told.order]?.places;
    for (const operation of operations.slice(shown, shown + ROWS)) {
      list.append(row(state, operation, places ? places[shown] : shown, reach));
      shown++;
    }
    more.hidden = shown >= operations.length;
  };
  more.addEventListener("click", add);
  // Rows are only made once somebody looks.
  element.addEventListener("toggle", () => element.open && shown === 0 && add());
  state.onChange(() => {
    if (told === state.overlay) return;
    told = state.overlay;
    const operations = state.overlaid();
    const isClash = told?.ruling.word === "violated";
    list.replaceChildren();
    cycle.replaceChildren(...(told ? reasons(state, told) : []));
    shown = 0;
    element.hidden = operations.length === 0;
    summary.textContent = isClash ? "The clash, operation by operation" : "The order, operation by operation";
    element.open = isClash && operations.length <= 12;
    if (element.open) add();
  });
  return element;
}

function row(state: State, operation: Operation, place: number, reach: (operation: Operation) => void): HTMLElement {
  const { data } = state;
  const end = operation.end === Infinity ? "…" : instant(operation.end);
  const server = operation.server >= 0 ? ` · server ${data.servers[operation.server]}` : "";
  const button = h(
    "button",
    { type: "button", click: () => reach(operation) },
    h("span", {}, sentence(operation, data.clients[operation.client])),
    h("small", {}, `${instant(operation.start)} – ${end}${server}`),
  );
  return h("li", { value: place + 1 }, button);
}

/** The cycle of a clash in words: who must come before whom, and why. */
function reasons(state: State, { ruling }: Overlay): Node[] {
  if (ruling.word !== "violated" || ruling.cycle.length === 0) return [];
  const number = (place: number): string => String(ruling.clash.indexOf(place) + 1);
  const name = (place: number): string => sentence(state.operations[place], state.data.clients[state.operations[place].client]);
  const row = ({ from, to, why, because }: Link): HTMLElement =>
    h(
      "li",
      { title: `${name(from)}, before ${name(to)}` },
      h("b", {}, `${number(from)} before ${number(to)}: ${why}`),
      h("span", {}, `, ${because}`),
    );
  return [
    h("p", { class: "note" }, "Each of these has to come before the next, in a cycle, so no order can exist:"),
    h("ul", { class: "cycle" }, ...ruling.cycle.map(row)),
  ];
}
