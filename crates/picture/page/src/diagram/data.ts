// The data of a message diagram, as the simulator serialises it
// (crates/sim/src/record/document.rs), and its parts as the page uses them. Times are microseconds
// in the data and nanoseconds here, like everywhere else in the page.

/**
 * A list as columns of numbers: a text is its place among the texts, true is 1, and what is not
 * there is -1.
 */
type Columns<Name extends string> = Record<Name, number[]>;

/** What the judge says about one level. */
export interface Judgement {
  level: string;
  word: "holds" | "violated" | "undecided";
  lines: string[];
  /** Places among the calls. */
  clash: number[];
  cycle: [number, number, string][];
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
  end_us: number;
  healed_us: number | null;
  violated_us: number | null;
  /** When the first and the last of the messages that are shown were sent, if not all are. */
  window_us: [number, number] | null;
  counts: Record<"messages" | "messages_shown" | "calls" | "calls_shown", number>;
  calls: Columns<"client" | "number" | "node" | "question" | "answer" | "writes" | "fate" | "start_us" | "end_us" | "arrived_us" | "answered_us">;
  messages: Columns<"from" | "to" | "sent_us" | "came_us" | "received" | "text">;
  bands: Columns<"from_us" | "until_us" | "node" | "client" | "kind" | "text">;
  marks: Columns<"at_us" | "node" | "kind" | "text">;
  states: Columns<"at_us" | "node" | "up" | "leads" | "term">;
  texts: string[];
}

/** What a client knows of an operation. */
export type Fate = "done" | "refused" | "unknown";

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
  fate: Fate;
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

const time = (us: number): number | null => (us < 0 ? null : us * NS);
const place = (cell: number): number | null => (cell < 0 ? null : cell);

export function callsOf({ calls, texts }: World): Call[] {
  return calls.start_us.map((start, at) => ({
    is: "call",
    at,
    client: calls.client[at],
    number: calls.number[at],
    node: calls.node[at],
    question: texts[calls.question[at]],
    answer: texts[calls.answer[at]],
    writes: calls.writes[at] === 1,
    fate: texts[calls.fate[at]] as Fate,
    start: start * NS,
    end: time(calls.end_us[at]) ?? Infinity,
    arrived: time(calls.arrived_us[at]),
    answered: time(calls.answered_us[at]),
  }));
}

export function messagesOf({ messages, texts }: World): Message[] {
  const sorts = texts.map(sortOf);
  return messages.sent_us.map((sent, at) => ({
    is: "message",
    from: messages.from[at],
    to: messages.to[at],
    start: sent * NS,
    came: time(messages.came_us[at]),
    received: messages.received[at] === 1,
    text: texts[messages.text[at]],
    sort: sorts[messages.text[at]],
  }));
}

export function bandsOf({ bands, texts }: World): Band[] {
  return bands.from_us.map((from, at) => ({
    is: "band",
    start: from * NS,
    end: bands.until_us[at] * NS,
    node: place(bands.node[at]),
    client: place(bands.client[at]),
    kind: texts[bands.kind[at]],
    text: texts[bands.text[at]],
  }));
}

export function marksOf({ marks, texts }: World): Mark[] {
  return marks.at_us.map((at_us, at) => ({
    is: "mark",
    start: at_us * NS,
    node: place(marks.node[at]),
    kind: texts[marks.kind[at]],
    text: texts[marks.text[at]],
  }));
}

/** For each node what it was, from when to when. */
export function staysOf({ nodes, states, end_us }: World): Stay[][] {
  const stays: Stay[][] = Array.from({ length: nodes }, () => []);
  states.at_us.forEach((at_us, at) => {
    const stay = stays[states.node[at]];
    const last = stay.at(-1);
    if (last) last.end = at_us * NS;
    stay.push({ start: at_us * NS, end: end_us * NS, up: states.up[at] === 1, leads: states.leads[at] === 1, term: states.term[at] });
  });
  return stays;
}
