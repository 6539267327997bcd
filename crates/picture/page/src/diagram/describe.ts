// The things of a diagram in words.

import { instant, span } from "../describe";
import { Call, Fate, Thing } from "./data";

const OUTCOMES: Record<Fate, string> = { done: "done", refused: "refused", unknown: "nobody knows whether it happened" };

export const nodeName = (node: number): string => `node ${node + 1}`;
/** Clients go by other numbers after each unknown outcome, so their lanes have letters. */
export const clientName = (client: number): string => String.fromCharCode(65 + (client % 26)) + (client >= 26 ? Math.floor(client / 26) : "");

/** One line about something. */
export function line(thing: Thing): string {
  switch (thing.is) {
    case "call":
      return `client ${clientName(thing.client)}, as ${thing.number}, asks ${nodeName(thing.node)}: ${thing.question} → ${thing.answer}`;
    case "message":
      return `${nodeName(thing.from)} → ${nodeName(thing.to)}: ${thing.text}${lost(thing)}`;
    case "band":
      return `fault, ${thing.kind}${where(thing)}: ${thing.text}`;
    case "mark":
      return thing.node === null ? thing.text : `${nodeName(thing.node)} ${thing.kind === "note" ? "notes " : ""}${thing.text}`;
  }
}

function lost(message: { came: number | null; received: boolean }): string {
  return message.received ? "" : message.came === null ? " (lost)" : " (came, and was turned away)";
}

function where({ node, client }: { node: number | null; client: number | null }): string {
  return node !== null ? ` at ${nodeName(node)}` : client !== null ? ` at client ${clientName(client)}` : "";
}

/** When something was, in words. */
export function when(thing: Thing): string {
  switch (thing.is) {
    case "call":
      return thing.end === Infinity ? `from ${instant(thing.start)}, without an end` : stretch(thing.start, thing.end);
    case "message":
      return thing.came === null ? `sent at ${instant(thing.start)}` : stretch(thing.start, thing.came);
    case "band":
      return thing.end > thing.start ? stretch(thing.start, thing.end) : `at ${instant(thing.start)}`;
    case "mark":
      return `at ${instant(thing.start)}`;
  }
}

const stretch = (from: number, to: number): string => `${instant(from)} to ${instant(to)}, ${span(to - from)}`;

/** All that is known, as names and values. */
export function rows(thing: Thing): [string, string][] {
  const all: [string, string][] = [["when", when(thing)]];
  if (thing.is !== "call") return all;
  const at = (time: number | null): string => (time === null ? "not known" : instant(time));
  return [
    ...all,
    ["outcome", OUTCOMES[thing.fate]],
    ["reached the node", at(thing.arrived)],
    ["answered by the node", at(thing.answered)],
  ];
}

/** What stands in the bar of a call. */
export function label(call: Call): string {
  const question = call.question.replace(/ \((linearizable|sequential|causal|eventual)\)$/, "");
  if (call.fate === "refused") return `${question} ✗`;
  if (call.fate === "unknown") return `${question} ?`;
  return call.writes ? question : `${question} → ${call.answer}`;
}
