// What each level showed that a stronger one forbids: the sentence, and the operations of the clash
// on a line of time, one below the other, so that nothing lies on anything.

import { h, icon, section } from "../dom";
import { counted } from "../describe";
import { Column, Comparison, Part, Run, Showing } from "./data";

export function showings({ columns }: Comparison): HTMLElement {
  const note = h(
    "p",
    { class: "note" },
    "A run that showed nothing of the kind says nothing about its level: a weaker level only permits more.",
  );
  return section("showings", "What each level showed that a stronger one forbids", ...columns.map(ofColumn), note);
}

function ofColumn(column: Column): HTMLElement {
  const none = column.showings.length === 0 ? h("p", { class: "soft" }, "No level is stronger.") : null;
  return h("div", { class: "showings" }, h("h3", {}, column.name), none, ...column.showings.map(showing));
}

function showing(one: Showing): HTMLElement {
  const shape = { broken: "violated", shown: "shown", nothing: "unchecked", undecided: "undecided" }[one.word];
  return h(
    "div",
    { class: `showing ${one.word}` },
    h("p", {}, icon(shape), h("span", {}, one.text)),
    one.exhibit ? exhibit(one.exhibit) : null,
  );
}

function exhibit({ run, operations, left_out }: NonNullable<Showing["exhibit"]>): HTMLElement {
  const from = Math.min(...operations.map((part) => part.from));
  const to = Math.max(...operations.map((part) => part.to ?? part.from), from + 1);
  const row = (part: Part): HTMLElement => {
    const bar = h("i", { class: part.to === null ? "open" : "" });
    const end = part.to ?? to;
    bar.style.left = `min(${((part.from - from) / (to - from)) * 100}%, 100% - 3px)`;
    bar.style.width = `${((end - part.from) / (to - from)) * 100}%`;
    return h("li", {}, h("span", {}, part.text), h("small", {}, part.when), h("div", { class: "track" }, bar));
  };
  const more = left_out > 0 ? h("p", { class: "note" }, `… and ${counted(left_out, "more operation")}`) : null;
  return h("div", { class: "exhibit" }, h("ol", {}, ...operations.map(row)), more, h("p", { class: "note" }, picture(run, "The picture of this run")));
}

/** A link to the picture of a run. */
export function picture(run: Run, text: string): HTMLElement {
  return h("a", { href: `./${run.picture.map(encodeURIComponent).join("/")}` }, text);
}
