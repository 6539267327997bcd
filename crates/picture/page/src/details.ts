// What is known about one operation: beside the pointer in short, below the timeline in full.

import { DONE, Operation } from "./data";
import { h } from "./dom";
import { State } from "./state";
import { fateName, instant, kindName, placeInWords, quoted, sentence, span } from "./describe";

/** The note beside the pointer. */
export class Tip {
  readonly element = h("div", { class: "tip", role: "tooltip", hidden: true });

  constructor(private readonly state: State) {}

  /** Shows an operation beside a point of the window, or nothing. */
  show(operation: Operation | null, x: number, y: number): void {
    this.element.hidden = operation === null;
    if (!operation) return;
    const { data } = this.state;
    const server = operation.server >= 0 ? ` · server ${data.servers[operation.server]}` : "";
    this.element.replaceChildren(
      h("strong", {}, sentence(operation, data.clients[operation.client])),
      h("span", {}, `${times(operation)}${server}`),
    );
    place(this.element, x, y);
  }
}

/** Puts a note beside a point of the window. */
export function place(element: HTMLElement, x: number, y: number): void {
  const bounds = element.getBoundingClientRect();
  const left = Math.min(x + 14, innerWidth - bounds.width - 8);
  const below = y + 18 + bounds.height < innerHeight;
  element.style.left = `${Math.max(8, left)}px`;
  element.style.top = `${below ? y + 18 : y - bounds.height - 12}px`;
}

function times(operation: Operation): string {
  if (operation.end === Infinity) return `began at ${instant(operation.start)}, its end is not known`;
  return `${instant(operation.start)} to ${instant(operation.end)}, took ${span(operation.end - operation.start)}`;
}

/** The card of the chosen operation. */
export function card(state: State): HTMLElement {
  const element = h("div", { class: "details", role: "status", "aria-live": "polite" });
  let told: Operation | null | undefined;
  const draw = (): void => {
    if (told === state.chosen) return;
    told = state.chosen;
    element.replaceChildren(...(told ? describe(state, told) : [h("p", { class: "empty" }, "Choose an operation to see all about it.")]));
  };
  state.onChange(draw);
  draw();
  return element;
}

function describe(state: State, operation: Operation): Node[] {
  const { data } = state;
  const rows: [string, string][] = [
    ["kind", kindName(operation)],
    ["outcome", fateName(operation)],
    ["began", instant(operation.start)],
    ["ended", operation.end === Infinity ? "not known" : instant(operation.end)],
  ];
  if (operation.end !== Infinity) rows.push(["took", span(operation.end - operation.start)]);
  if (operation.server >= 0) rows.push(["server", data.servers[operation.server]]);
  if (operation.level) rows.push(["asked for", operation.level]);
  if (operation.position) rows.push(["applied there", placeInWords(operation.position)]);
  if (operation.by !== undefined) rows.push(["written by", operation.by === null ? "no entry: the initial value" : placeInWords(operation.by)]);
  const at = state.overlaid().indexOf(operation);
  const overlay = state.overlay;
  if (at >= 0 && overlay) {
    const places = overlay.ruling.orders[overlay.order]?.places;
    rows.push(
      overlay.ruling.word === "violated"
        ? ["in the clash", `${at + 1} of ${overlay.ruling.clash_total}`]
        : ["in the order", `${(places ? places[at] : at) + 1} of ${overlay.ruling.orders[overlay.order].total}`],
    );
  }
  if (operation.line > 0) rows.push(["line of the file", String(operation.line)]);
  const near = neighbours(state, operation);
  return [
    h("h3", {}, sentence(operation, data.clients[operation.client])),
    h("dl", {}, ...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ...near,
  ];
}

/** Who else may have to do with it: the writes that carry what a read returned. */
function neighbours(state: State, operation: Operation): Node[] {
  if (operation.kind !== 1 || operation.value === undefined || operation.fate !== DONE) return [];
  if (operation.value === null) return [];
  const writers = state.operations.filter(
    (other) => other.kind !== 1 && other.key === operation.key && other.value === operation.value,
  );
  if (writers.length === 0) {
    const text = state.data.windows.length > 0 ? "No write of this value is among the operations shown." : "Nobody wrote this value.";
    return [h("p", { class: "near" }, text)];
  }
  const link = (write: Operation): HTMLElement =>
    h(
      "button",
      { type: "button", class: "link", click: () => state.choose(write, true) },
      `client ${state.data.clients[write.client]} at ${instant(write.start)}`,
    );
  const more = writers.length > 4 ? ` and ${writers.length - 4} more` : "";
  const parts = writers.slice(0, 4).flatMap((write, at) => (at > 0 ? [", ", link(write)] : [link(write)]));
  return [h("p", { class: "near" }, `${quoted(operation.value)} was written by `, ...parts, more)];
}
