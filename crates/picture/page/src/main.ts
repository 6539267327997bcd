// The page: reads the data, puts the sections below each other.

import { banner, CROWD, facts, headline, remarks, titled } from "./banner";
import { page as comparison } from "./comparison/page";
import { controls, legend, overlays } from "./controls";
import { Document, readDocument } from "./data";
import { card, Tip } from "./details";
import { page as diagram } from "./diagram/page";
import { h, section } from "./dom";
import { faultList } from "./faults";
import { listen, reach } from "./gestures";
import { ladder } from "./ladder";
import { latencies } from "./latency";
import { Standing } from "./levels";
import { overview } from "./overview";
import { proof } from "./proof";
import { servers } from "./servers";
import { State } from "./state";
import { Timeline } from "./timeline";

function main(): void {
  const found = readDocument();
  if ("candor_diagram" in found) diagram(found);
  else if ("candor_comparison" in found) comparison(found);
  else history(found);
}

/** The page of a history. */
function history(data: Document): void {
  document.title = `${data.title}: ${headline(data).text} · Candor`;
  const state = new State(data);
  const drawable = overlays(state);
  const draw = ({ ruling }: Standing): void => {
    const found = drawable.find((one) => one.ruling === ruling);
    if (found) state.overlay = found;
    else if (!state.overlay) state.overlay = drawable[0] ?? null;
    state.changed();
  };
  document.body.append(
    titled(data.title),
    h("main", {}, banner(data), facts(data), remarks(data), ladder(state, draw), ...operations(state), latencies(data)),
    h("footer", {}, `Candor ${data.version}. This page holds its data itself and asks the network for nothing.`),
  );
  queueMicrotask(() => {
    // In a long run a clash would be too small to be found.
    if (state.overlay?.ruling.word === "violated" && state.operations.length > CROWD) state.reveal(state.overlaid(), false);
    state.changed();
  });
}

/** The operations and what belongs to them. */
function operations(state: State): (HTMLElement | null)[] {
  if (state.operations.length === 0) return [section("operations", "Operations", h("p", { class: "note" }, "There are none."))];
  const timeline = new Timeline(state);
  const tip = new Tip(state);
  listen(state, timeline, (operation, x, y) => tip.show(operation, x, y));
  document.body.append(tip.element);
  const sentence = h("p", { class: "clash" });
  state.onChange(() => {
    const ruling = state.overlay?.ruling;
    const why = ruling?.word === "violated" ? ruling.why : null;
    // What the banner or the levels say already is not said again.
    const text = why === null || why === headline(state.data).why || why === state.said ? "" : why;
    sentence.hidden = text === "";
    if (sentence.textContent !== text) sentence.textContent = text;
  });
  const part = section(
    "operations",
    "Operations",
    controls(state),
    sentence,
    overview(state, () => timeline.gutter),
    timeline.element,
    legend(state),
    card(state),
    faultList(state),
    proof(state, (operation) => reach(state, timeline, operation)),
  );
  return [part, servers(state, timeline)];
}

main();
