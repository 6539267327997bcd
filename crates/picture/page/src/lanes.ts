// One lane for each client: which operations stand in it, where it lies, what it is called.

import { Operation } from "./data";
import { State } from "./state";

export interface Lane {
  name: string;
  short: string;
  /** The server that answered all of it, if one did. */
  note: string;
  /** Whether all of it are reads of the quiet end. */
  final: boolean;
  /** In the order of starts; they do not overlap, but for the last, which may be open. */
  operations: Operation[];
}

/** The lanes in the order of clients, those of the quiet end last. */
export function lanesOf(state: State): Lane[] {
  const { clients, servers } = state.data;
  const lanes = clients.map((client): Lane => ({
    name: `client ${client}`,
    short: `c${client}`,
    note: "",
    final: false,
    operations: [],
  }));
  for (const operation of state.operations) lanes[operation.client].operations.push(operation);
  const filled = lanes.filter((lane) => lane.operations.length > 0);
  for (const lane of filled) {
    const server = lane.operations[0].server;
    const same = server >= 0 && lane.operations.every((operation) => operation.server === server);
    if (same) lane.note = `server ${servers[server]}`;
    if (lane.operations.every((operation) => operation.final)) {
      lane.final = true;
      lane.name = "quiet end";
      lane.short = same ? `end s${servers[server]}` : `end ${lane.short}`;
    }
  }
  return [...filled.filter((lane) => !lane.final), ...filled.filter((lane) => lane.final)];
}

/**
 * How high a lane is, by how many there are, and whether a cycle of a clash needs room between
 * them.
 */
export function laneHeight(lanes: number, cycles: boolean): number {
  if (lanes <= 6 && cycles) return 64;
  if (lanes <= 6) return 48;
  if (lanes <= 14) return 36;
  if (lanes <= 40) return 26;
  return 18;
}

/** The first operation of a lane that does not end before a time. */
export function firstFrom(lane: Lane, time: number): number {
  let low = 0;
  let high = lane.operations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.operations[middle].end < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
