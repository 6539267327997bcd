// What happens in view, line by line: the diagram for those who read.

import { h } from "../dom";
import { count, instant } from "../describe";
import { Thing } from "./data";
import { View } from "./view";
import { line } from "./describe";

const ROWS_MAX = 200;

/** The list, closed at first; it follows the view while it is open. */
export function list(view: View, reach: (thing: Thing) => void): HTMLElement {
  const rows = h("ol", { class: "proof happenings" });
  const note = h("p", { class: "note" });
  const element = h("details", {}, h("summary", {}, "What happens in view, line by line"), rows, note);
  let told = "";
  const fill = (): void => {
    const now = `${view.x0} ${view.x1} ${view.routine}`;
    if (!element.open || told === now) return;
    told = now;
    const things = view.things();
    rows.replaceChildren(...things.slice(0, ROWS_MAX).map((thing) => row(thing, reach)));
    const more = things.length - ROWS_MAX;
    note.textContent = things.length === 0 ? "Nothing begins here." : more > 0 ? `${count(more)} more begin in view; zoom in to see them.` : "";
  };
  element.addEventListener("toggle", fill);
  view.onChange(fill);
  return element;
}

function row(thing: Thing, reach: (thing: Thing) => void): HTMLElement {
  const bad = (thing.is === "message" && !thing.received) || thing.is === "band" || (thing.is === "mark" && /crash|violated/.test(thing.kind));
  return h(
    "li",
    {},
    h("button", { type: "button", class: bad ? "bad" : "", click: () => reach(thing) }, h("span", {}, line(thing)), h("small", {}, instant(thing.start))),
  );
}
