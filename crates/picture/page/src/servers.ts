// The servers: how far each had applied the logs, where operations say so, and whether all agreed
// in the end.

import { Document, Finals } from "./data";
import { h, icon, section } from "./dom";
import { positions } from "./positions";
import { State } from "./state";
import { Timeline } from "./timeline";
import { count, counted, shown, span } from "./describe";

/** The section; nothing if the history tells neither. */
export function servers(state: State, timeline: Timeline): HTMLElement | null {
  const { data } = state;
  const parts = [positions(state, timeline), convergence(data)].filter((part) => part !== null);
  return parts.length > 0 ? section("servers", "Servers", ...parts) : null;
}

/** Whether all servers gave the same last answers. */
function convergence(data: Document): HTMLElement | null {
  const { finals, quiet } = data;
  if (!finals && !quiet) return null;
  const nodes: Node[] = [h("p", { class: "agreed" }, icon(agreed(data) ? "holds" : "violated"), h("span", {}, story(data)))];
  for (const [server, why] of quiet?.silent ?? []) {
    nodes.push(h("p", { class: "agreed" }, icon("violated"), h("span", {}, `server ${server} did not answer: ${why}`)));
  }
  if (finals) nodes.push(table(finals));
  return h("div", { class: "convergence" }, ...nodes);
}

function agreed({ finals, quiet }: Document): boolean {
  return quiet ? quiet.agreed_after_ns !== null : finals!.differ === 0;
}

function story({ finals, quiet }: Document): string {
  const keys = finals ? counted(finals.keys, "key") : "";
  const who = finals ? counted(finals.answerers.length, finals.by) : "the servers";
  if (quiet?.agreed_after_ns != null) {
    const rounds = quiet.rounds === 1 ? "when first asked" : `in round ${quiet.rounds} of asking`;
    return `All agreed on ${keys || "every key"} ${span(quiet.agreed_after_ns)} after the last write, ${rounds}.`;
  }
  if (quiet) return `The servers had not agreed after ${counted(quiet.rounds, "round")} of asking.`;
  return finals!.differ === 0
    ? `The final reads of ${who} agree on ${keys}.`
    : `The final reads of ${who} differ on ${finals!.differ} of ${keys}.`;
}

function table(finals: Finals): HTMLElement {
  const head = h("tr", {}, h("th", { scope: "col" }, "key"), ...finals.answerers.map((who) => h("th", { scope: "col" }, `${finals.by} ${who}`)), h("th", { scope: "col" }, "agree"));
  const rows = finals.rows.map((row) =>
    h(
      "tr",
      { class: row.agree ? "" : "differ" },
      h("th", { scope: "row" }, shown(row.key)),
      ...row.answers.map((answer) => h("td", {}, "value" in answer ? shown(answer.value) : "–")),
      h("td", {}, icon(row.agree ? "holds" : "violated"), h("span", { class: "sr" }, row.agree ? "agree" : "differ")),
    ),
  );
  const more = finals.keys - finals.rows.length;
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Final reads" },
    h("table", {}, h("caption", { class: "sr" }, "Final reads by key"), h("thead", {}, head), h("tbody", {}, ...rows)),
    more > 0 ? h("p", { class: "note" }, `${count(more)} more keys, of which those that differ come first.`) : null,
  );
}
