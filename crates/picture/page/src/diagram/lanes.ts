// The lanes of a diagram: the world, every node, every client; and where each lies.

import { AXIS_HEIGHT } from "../ruler";
import { View } from "./view";
import { clientName, nodeName } from "./describe";

const WORLD_HEIGHT = 30;
const NODE_HEIGHT = 62;
const CLIENT_HEIGHT = 34;

export interface Lane {
  name: string;
  short: string;
  is: "world" | "node" | "client";
  /** Which node or client. */
  place: number;
  top: number;
  height: number;
}

export class Lanes {
  readonly all: Lane[] = [];
  readonly height: number;
  private readonly nodes = new Map<number, Lane>();
  private readonly clients = new Map<number, Lane>();
  readonly world: Lane | null = null;

  constructor(view: View) {
    let top = AXIS_HEIGHT;
    const add = (is: Lane["is"], place: number, name: string, short: string, height: number): Lane => {
      const lane = { is, place, name, short, top, height };
      top += height;
      this.all.push(lane);
      return lane;
    };
    const whole = (thing: { node: number | null; client?: number | null }): boolean => thing.node === null && (thing.client ?? null) === null;
    if (view.bands.some(whole) || view.marks.some(whole)) this.world = add("world", 0, "the world", "all", WORLD_HEIGHT);
    for (let node = 0; node < view.world.nodes; node++) {
      this.nodes.set(node, add("node", node, nodeName(node), `n${node + 1}`, NODE_HEIGHT));
    }
    // Who clashes stands next to the nodes.
    const clashing = new Set(view.clashes().flatMap((one) => one.clash.map((place) => view.calls[place].client)));
    const rank = (client: number): number => (clashing.has(client) ? 0 : 1);
    const clients = [...new Set(view.calls.map((call) => call.client))].sort((a, b) => rank(a) - rank(b) || a - b);
    for (const client of clients) this.clients.set(client, add("client", client, `client ${clientName(client)}`, clientName(client), CLIENT_HEIGHT));
    this.height = top + 16;
  }

  node(place: number): Lane {
    return this.nodes.get(place)!;
  }

  client(place: number): Lane | undefined {
    return this.clients.get(place);
  }

  /** The lane that something without lane of its own belongs to. */
  of({ node, client }: { node: number | null; client?: number | null }): Lane | null {
    if (node !== null) return this.node(node);
    if (client !== undefined && client !== null) return this.client(client) ?? null;
    return this.world;
  }
}

/** The middle of a lane. */
export const middle = (lane: Lane): number => lane.top + lane.height / 2;
