//! The message diagram: one HTML file that shows a world of nodes and clients, and what they said to each other.
//!
//! It is the same built page as that of a history, with other data. All times are microseconds since the world began. A
//! world of more messages than a page can bear is cut to those around what went wrong, and the page says so; its
//! counts are of the whole world always.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::columns::cut_short;
use super::page;

/// The version of the data inside a page.
const VERSION: u32 = 1;
/// How many messages a page shows.
pub(super) const MESSAGES_MAX: usize = 30_000;
/// How many operations of clients it shows.
pub(super) const CALLS_MAX: usize = 10_000;
/// How many of all else.
const OTHERS_MAX: usize = 10_000;
/// What stands for "never" and "nobody" in columns.
const NONE: i64 = -1;

/// A world that is to be drawn.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    /// What it is a picture of.
    pub title: String,
    /// `holds`, `violated` or `undecided`.
    pub word: String,
    /// The verdict in a few words.
    pub headline: String,
    /// Why, if it is violated.
    pub why: Option<String>,
    /// What the judge says, and what else was seen to be wrong.
    pub judgements: Vec<Judgement>,
    /// The place of the judgement that the headline is about: its clash is framed first.
    pub framed: Option<usize>,
    /// Whether the judge was asked.
    pub judged: bool,
    /// The seed that brings the world back.
    pub seed: u64,
    /// The command that does.
    pub command: String,
    /// What else is known, as names and values.
    pub facts: Vec<(String, String)>,
    /// How many nodes there are; people call the first one node 1.
    pub nodes: usize,
    /// How many clients there are.
    pub clients: usize,
    /// When it was over.
    pub end_us: u64,
    /// When all faults ended.
    pub healed_us: Option<u64>,
    /// When it went wrong.
    pub violated_us: Option<u64>,
    /// What clients asked for, in the order in which they did.
    pub calls: Vec<Call>,
    /// What nodes sent each other, in the order in which they did.
    pub messages: Vec<Message>,
    /// What broke, and for how long.
    pub bands: Vec<Band>,
    /// What else happened to nodes.
    pub marks: Vec<Mark>,
    /// What nodes were, from when on, in order.
    pub states: Vec<State>,
}

/// What is said about one level, or one truth.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// The level, and how it was judged; or the truth.
    pub level: String,
    /// `holds`, `violated` or `undecided`.
    pub word: String,
    /// Why.
    pub lines: Vec<String>,
    /// The operations of the clash, by their places among the calls.
    pub clash: Vec<usize>,
    /// The circle that they run in: the place of each, the place of the next, and why.
    pub circle: Vec<(usize, usize, String)>,
}

/// An operation of a client.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The place of the client.
    pub client: usize,
    /// The number that the client goes by in the verdicts.
    pub number: u64,
    /// The node that was asked.
    pub node: usize,
    /// What was asked for.
    pub question: String,
    /// What became of it.
    pub answer: String,
    /// Whether it writes.
    pub writes: bool,
    /// Whether it was done, refused (`Some(false)`), or nobody knows (`None`).
    pub done: Option<bool>,
    /// When it was asked.
    pub start_us: u64,
    /// When the client heard.
    pub end_us: Option<u64>,
    /// When the request reached the node.
    pub arrived_us: Option<u64>,
    /// When the answer left it.
    pub answered_us: Option<u64>,
}

/// A message between nodes.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Who sent it.
    pub from: usize,
    /// To whom.
    pub to: usize,
    /// When it was sent.
    pub sent_us: u64,
    /// When it came, if it did.
    pub came_us: Option<u64>,
    /// Whether it was received.
    pub received: bool,
    /// What it says.
    pub text: String,
}

/// Something that was wrong for a while.
#[derive(Clone, Debug, Default)]
pub struct Band {
    /// When it began.
    pub from_us: u64,
    /// When it ended; the same instant if it was over at once.
    pub until_us: u64,
    /// The node that it hit, if it hit one.
    pub node: Option<usize>,
    /// The client that it hit, if it hit one.
    pub client: Option<usize>,
    /// Its kind.
    pub kind: String,
    /// All that is known of it.
    pub text: String,
}

/// Something that happened.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// When.
    pub at_us: u64,
    /// To which node; `None`: to the whole world.
    pub node: Option<usize>,
    /// What kind of thing.
    pub kind: String,
    /// What it was.
    pub text: String,
}

/// What a node is from now on.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// From when on.
    pub at_us: u64,
    /// Which node.
    pub node: usize,
    /// Whether it runs.
    pub up: bool,
    /// Whether it leads.
    pub leads: bool,
    /// Its term.
    pub term: u64,
}

impl Diagram {
    /// The whole page.
    pub fn html(&self) -> String {
        page(&self.data())
    }

    /// The data of the page.
    pub(super) fn data(&self) -> Value {
        let mut texts = Texts::default();
        let shown = self.window();
        let messages = &self.messages[shown.clone()];
        let edges = messages.first().zip(messages.last());
        let edges = edges.filter(|_| messages.len() < self.messages.len());
        let (calls, places) = self.calls_shown(edges.map(|(a, b)| (a.sent_us, b.sent_us)));
        json!({
            "candor_diagram": VERSION,
            "version": env!("CARGO_PKG_VERSION"),
            "title": self.title,
            "word": self.word,
            "headline": self.headline,
            "why": self.why,
            "seed": self.seed.to_string(),
            "command": self.command,
            "facts": self.facts,
            "judgements": self.judgements.iter().map(|one| one.json(&places)).collect::<Vec<_>>(),
            "framed": self.framed,
            "judged": self.judged,
            "nodes": self.nodes,
            "clients": self.clients,
            "end": self.end_us,
            "healed": self.healed_us,
            "violated": self.violated_us,
            "window": edges.map(|(first, last)| json!({ "from": first.sent_us, "to": last.sent_us })),
            "counts": {
                "messages": self.messages.len(),
                "shown": messages.len(),
                "calls": self.calls.len(),
                "calls_shown": calls.len(),
            },
            "calls": columns(&CALL, calls.iter().map(|call| call.row(&mut texts))),
            "messages": columns(&MESSAGE, messages.iter().map(|message| message.row(&mut texts))),
            "bands": self.bands.iter().take(OTHERS_MAX).map(Band::json).collect::<Vec<_>>(),
            "marks": self.marks.iter().take(OTHERS_MAX).map(Mark::json).collect::<Vec<_>>(),
            "states": self.states.iter().take(OTHERS_MAX).map(State::json).collect::<Vec<_>>(),
            "texts": texts.texts,
        })
    }

    /// What the page should show first: the end of the clash, or when it went wrong.
    fn focus_us(&self) -> u64 {
        let clash = self.judgements.iter().flat_map(|one| &one.clash);
        let ends = clash.filter_map(|place| self.calls.get(*place));
        let last = ends.map(|call| call.end_us.unwrap_or(call.start_us)).max();
        last.or(self.violated_us).unwrap_or(0)
    }

    /// The messages that are shown: two thirds of those that do not fit lie before the focus.
    fn window(&self) -> std::ops::Range<usize> {
        let total = self.messages.len();
        if total <= MESSAGES_MAX {
            return 0..total;
        }
        let focus_us = self.focus_us();
        let at = self.messages.partition_point(|message| message.sent_us < focus_us);
        let from = at.saturating_sub(MESSAGES_MAX * 2 / 3).min(total - MESSAGES_MAX);
        from..from + MESSAGES_MAX
    }

    /// The calls that are shown, and the place among them of each of all.
    fn calls_shown(&self, window: Option<(u64, u64)>) -> (Vec<&Call>, Vec<Option<usize>>) {
        let clash: Vec<usize> = self.judgements.iter().flat_map(|one| one.clash.clone()).collect();
        let inside = |call: &Call| {
            window.is_none_or(|(from, to)| {
                call.start_us <= to && call.end_us.is_none_or(|end| end >= from)
            })
        };
        let all = self.calls.len() <= CALLS_MAX;
        let (mut shown, mut places, mut left) = (vec![], vec![], CALLS_MAX);
        for (place, call) in self.calls.iter().enumerate() {
            let wanted = all || clash.contains(&place) || (inside(call) && left > clash.len());
            places.push(wanted.then_some(shown.len()));
            if wanted {
                left = left.saturating_sub(1);
                shown.push(call);
            }
        }
        (shown, places)
    }
}

/// Texts by number; equal texts have one.
#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    known: HashMap<String, i64>,
}

impl Texts {
    fn number(&mut self, text: &str) -> i64 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = self.texts.len() as i64;
        self.texts.push(cut_short(text));
        self.known.insert(text.to_owned(), number);
        number
    }
}

const CALL: [&str; 11] = [
    "client", "number", "node", "question", "answer", "writes", "done", "start", "end", "arrived",
    "answered",
];
const MESSAGE: [&str; 6] = ["from", "to", "sent", "came", "received", "text"];

/// Rows as columns by name, which take far less room than one object each.
fn columns<const N: usize>(
    names: &[&str; N],
    rows: impl ExactSizeIterator<Item = [i64; N]>,
) -> Value {
    let mut columns: [Vec<i64>; N] = std::array::from_fn(|_| Vec::with_capacity(rows.len()));
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let named = names.iter().zip(columns).map(|(name, column)| ((*name).into(), json!(column)));
    Value::Object(named.collect::<Map<_, _>>())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn instant(us: Option<u64>) -> i64 {
    us.map_or(NONE, whole)
}

impl Call {
    fn row(&self, texts: &mut Texts) -> [i64; CALL.len()] {
        [
            self.client as i64,
            whole(self.number),
            self.node as i64,
            texts.number(&self.question),
            texts.number(&self.answer),
            i64::from(self.writes),
            self.done.map_or(2, |done| i64::from(!done)),
            whole(self.start_us),
            instant(self.end_us),
            instant(self.arrived_us),
            instant(self.answered_us),
        ]
    }
}

impl Message {
    fn row(&self, texts: &mut Texts) -> [i64; MESSAGE.len()] {
        [
            self.from as i64,
            self.to as i64,
            whole(self.sent_us),
            instant(self.came_us),
            i64::from(self.received),
            texts.number(&self.text),
        ]
    }
}

impl Band {
    fn json(&self) -> Value {
        json!({
            "from": self.from_us,
            "until": self.until_us,
            "node": self.node,
            "client": self.client,
            "kind": self.kind,
            "text": cut_short(&self.text),
        })
    }
}

impl Mark {
    fn json(&self) -> Value {
        json!({
            "at": self.at_us,
            "node": self.node,
            "kind": self.kind,
            "text": cut_short(&self.text),
        })
    }
}

impl State {
    fn json(&self) -> Value {
        json!([self.at_us, self.node, self.up, self.leads, self.term])
    }
}

impl Judgement {
    fn json(&self, places: &[Option<usize>]) -> Value {
        let place = |call: &usize| places.get(*call).copied().flatten();
        let link = |(from, to, why): &(usize, usize, String)| {
            place(from).zip(place(to)).map(|(from, to)| json!([from, to, why]))
        };
        json!({
            "level": self.level,
            "word": self.word,
            "lines": self.lines,
            "clash": self.clash.iter().filter_map(place).collect::<Vec<_>>(),
            "circle": self.circle.iter().filter_map(link).collect::<Vec<_>>(),
        })
    }
}
