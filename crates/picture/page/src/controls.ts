// What stands above the timeline: the key filter, what is drawn over the operations, the fold,
// zoom.

import { h } from "./dom";
import { Overlay, State } from "./state";
import { count } from "./describe";

/** How many keys are offered; one may type others. */
const OFFERED_MAX = 300;

/** Everything that can be drawn over the operations. */
export function overlays(state: State): Overlay[] {
  return state.data.rulings.flatMap((ruling) =>
    ruling.word === "violated"
      ? ruling.clash.length > 0 ? [{ ruling, order: 0 }] : []
      : ruling.orders.map((_, order) => ({ ruling, order })),
  );
}

function nameOf({ ruling, order }: Overlay): string {
  if (ruling.word === "violated") return `clash with ${ruling.level}`;
  const { client } = ruling.orders[order];
  return client === null ? `order of ${ruling.level}` : `order of ${ruling.level}, client ${client}`;
}

/** The row of controls. */
export function controls(state: State): HTMLElement {
  return h("div", { class: "controls" }, filter(state), overlay(state), ...view(state));
}

function filter(state: State): HTMLElement {
  const keys = [...new Set(state.operations.map((operation) => operation.key))].sort();
  const found = h("span", { class: "found", role: "status" });
  const input = h("input", { type: "search", list: "known-keys", placeholder: keys.length === 1 ? keys[0] : "all keys", autocomplete: "off", spellcheck: "false", maxlength: 200 });
  const offered = h("datalist", { id: "known-keys" }, ...keys.slice(0, OFFERED_MAX).map((key) => h("option", { value: key })));
  input.addEventListener("input", () => {
    const matching = state.filter(input.value);
    found.textContent = input.value === "" ? "" : `${count(matching)} match`;
  });
  return h("label", {}, h("span", {}, "Key"), input, offered, found);
}

function overlay(state: State): HTMLElement {
  const all = overlays(state);
  const select = h("select", {}, h("option", { value: -1 }, "nothing"), ...all.map((one, at) => h("option", { value: at }, nameOf(one))));
  select.addEventListener("change", () => {
    state.overlay = all[Number(select.value)] ?? null;
    state.changed();
  });
  const same = (a: Overlay): boolean => a.ruling === state.overlay?.ruling && a.order === state.overlay.order;
  state.onChange(() => {
    const at = String(all.findIndex(same));
    if (select.value !== at) select.value = at;
  });
  return h("label", { class: all.length === 0 ? "gone" : "" }, h("span", {}, "Draw"), select);
}

function view(state: State): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (state.axis.hasFolds) {
    const box = h("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => state.setFolds(box.checked));
    parts.push(h("label", { class: "check" }, box, h("span", {}, "Fold quiet times")));
  }
  const clash = h("button", { type: "button", click: () => state.reveal(state.overlaid()) }, "Show clash");
  state.onChange(() => (clash.hidden = state.overlay?.ruling.word !== "violated"));
  const button = (text: string, name: string, act: () => void): HTMLElement =>
    h("button", { type: "button", "aria-label": name, title: name, click: act }, text);
  parts.push(
    h(
      "div",
      { class: "buttons" },
      clash,
      button("−", "Zoom out", () => state.zoom(1.6)),
      button("+", "Zoom in", () => state.zoom(1 / 1.6)),
      button("All", "Show everything", () => state.fit(true)),
    ),
  );
  return parts;
}

/** What shapes and keys mean. */
export function legend(state: State): HTMLElement {
  const has = (test: (operation: State["operations"][number]) => boolean): boolean => state.operations.some(test);
  const item = (name: string, text: string): HTMLElement => h("li", {}, h("i", { class: `swatch ${name}` }), text);
  const items = [
    has((o) => o.kind === 0) && item("write", "write"),
    has((o) => o.kind === 1) && item("read", "read"),
    has((o) => o.kind === 2) && item("cas", "compare and set"),
    has((o) => o.fate === 1) && item("refused", "refused"),
    has((o) => o.fate === 2) && item("open", "unknown outcome"),
    state.data.faults.total > 0 && item("fault", "fault"),
    has((o) => o.final) && item("end", "quiet end: once nobody writes any more, every server is read"),
    state.axis.hasFolds && item("fold", "folded: nothing happens, or somebody waits to be refused"),
    state.data.rulings.some((one) => one.word === "violated") && item("framed", "clash"),
    state.data.rulings.some((one) => one.orders.length > 0) && item("order", "order that explains all; dashed where it goes back in time"),
  ];
  const key = (...names: string[]): Node[] => names.flatMap((name) => [h("kbd", {}, name)]);
  const hint = (text: string, ...names: string[]): HTMLElement => h("li", {}, ...key(...names), ` ${text}`);
  return h(
    "div",
    { class: "legend" },
    h("ul", { class: "swatches" }, ...items),
    h(
      "ul",
      { class: "keys", id: "keys" },
      h("li", {}, "click a bar for all about it;"),
      hint("zoom", "+", "−"),
      hint("move", "←", "→"),
      hint("all", "0"),
      hint("next, previous", "n", "p"),
      hint("along the order", "o"),
      hint("its place", "c"),
    ),
  );
}
