// The data of a message diagram, as the Rust side writes it, and its parts as the page uses them. Times are
// microseconds in the data and nanoseconds here, like everywhere else in the page.

/** What the judge says about one level. */
export interface Judgement {
  level: string;
  word: "holds" | "violated" | "undecided";
  lines: string[];
  /** Places among the calls. */
  clash: number[];
  circle: [number, number, string][];
}

/** The whole document. */
export interface World {
  candor_diagram: number;
  version: string;
  title: string;
  word: "holds" | "violated" | "undecided";
  headline: string;
  why: string | null;
  seed: string;
  command: string;
  facts: [string, string][];
  judgements: Judgement[];
  /** The place of the judgement that the headline is about. */
  framed: number | null;
  /** Whether the judge was asked. */
  judged: boolean;
  nodes: number;
  clients: number;
  end: number;
  healed: number | null;
  violated: number | null;
  /** The time of the messages that are shown, if not all are. */
  window: { from: number; to: number } | null;
  counts: Record<"messages" | "shown" | "calls" | "calls_shown", number>;
  calls: Record<string, number[]>;
  messages: Record<string, number[]>;
  bands: { from: number; until: number; node: number | null; client: number | null; kind: string; text: string }[];
  marks: { at: number; node: number | null; kind: string; text: string }[];
  states: [number, number, boolean, boolean, number][];
  texts: string[];
}

/** An operation of a client. */
export interface Call {
  is: "call";
  at: number;
  client: number;
  number: number;
  node: number;
  question: string;
  answer: string;
  writes: boolean;
  /** 0 done, 1 refused, 2 unknown. */
  fate: number;
  start: number;
  /** Infinity if the client never heard. */
  end: number;
  arrived: number | null;
  answered: number | null;
}

/** What a message is about; it tells its colour. */
export type Sort = "vote" | "data" | "routine";

/** A message between nodes. */
export interface Message {
  is: "message";
  from: number;
  to: number;
  start: number;
  /** When it came; null if it never did. */
  came: number | null;
  received: boolean;
  text: string;
  sort: Sort;
}

/** A fault, over a stretch of time. */
export interface Band {
  is: "band";
  start: number;
  end: number;
  node: number | null;
  client: number | null;
  kind: string;
  text: string;
}

/** Something that happened at one instant. */
export interface Mark {
  is: "mark";
  start: number;
  node: number | null;
  kind: string;
  text: string;
}

/** What a node was for a while. */
export interface Stay {
  start: number;
  end: number;
  up: boolean;
  leads: boolean;
  term: number;
}

export type Thing = Call | Message | Band | Mark;

const NS = 1000;

function sortOf(text: string): Sort {
  if (/^(vote|would)/.test(text)) return "vote";
  const routine = /^(heartbeat|hello|vector|append nothing|what does your clock|my clock)/.test(text);
  return routine && !/confirms a read|what lies beyond/.test(text) ? "routine" : "data";
}

const late = (us: number): number | null => (us < 0 ? null : us * NS);

export function callsOf(world: World): Call[] {
  const of = world.calls;
  return of.start.map((start, at) => ({
    is: "call",
    at,
    client: of.client[at],
    number: of.number[at],
    node: of.node[at],
    question: world.texts[of.question[at]],
    answer: world.texts[of.answer[at]],
    writes: of.writes[at] === 1,
    fate: of.done[at],
    start: start * NS,
    end: late(of.end[at]) ?? Infinity,
    arrived: late(of.arrived[at]),
    answered: late(of.answered[at]),
  }));
}

export function messagesOf(world: World): Message[] {
  const of = world.messages;
  const sorts = world.texts.map(sortOf);
  return of.sent.map((sent, at) => ({
    is: "message",
    from: of.from[at],
    to: of.to[at],
    start: sent * NS,
    came: late(of.came[at]),
    received: of.received[at] === 1,
    text: world.texts[of.text[at]],
    sort: sorts[of.text[at]],
  }));
}

export const bandsOf = (world: World): Band[] =>
  world.bands.map(({ from, until, ...rest }) => ({ is: "band", start: from * NS, end: until * NS, ...rest }));

export const marksOf = (world: World): Mark[] =>
  world.marks.map(({ at, ...rest }) => ({ is: "mark", start: at * NS, ...rest }));

/** For each node what it was, from when to when. */
export function staysOf(world: World): Stay[][] {
  const stays: Stay[][] = Array.from({ length: world.nodes }, () => []);
  for (const [at, node, up, leads, term] of world.states) {
    const last = stays[node].at(-1);
    if (last) last.end = at * NS;
    stays[node].push({ start: at * NS, end: world.end * NS, up, leads, term });
  }
  return stays;
}
