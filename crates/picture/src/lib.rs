//! The picture: one HTML file that shows a history and what the judge says about it. It opens from
//! disk, asks the network for nothing, and holds its data itself.
//!
//! ```text
//!   History ──▶ Cut ──▶ columns ─┐
//!   rulings ───────────▶ ladder ─┼─▶ JSON ─▶ the built page of crates/picture/page ─▶ html
//!   the run ───────────▶ facts ──┘
//! ```
//!
//! - The page is built from TypeScript ahead of time and committed; here only data is put into it.
//! - Levels side by side ([`page`], with data of the runner's) are the same page with other data,
//!   as is a simulated world ([`diagram`]).
//! - Keys, values and every other text come from strangers. They reach the page as JSON in which no
//!   `<`, `>` or `&` stands, and the page only ever makes text nodes of them.
//! - Times are integers since the first operation; numbers that may exceed 2^53 travel as text.
//! - A history of more operations than a page can bear is cut to windows, and the page says so.
//!   Counts, latencies and final reads are of the whole history always.
//!
//! Begin with [`Picture::html`]. Left out: throughput over time.

mod columns;
mod convergence;
mod cut;
pub mod diagram;
mod fault;
pub mod latency;
mod page;
mod ruling;
mod standing;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use history::{Fate, History, Level, Operation};
use serde_json::{Value, json};

use columns::Columns;
use cut::Cut;
pub use fault::Fault;
pub use page::page;
pub use ruling::{Link, Order, Ruling};
pub use standing::Standing;

/// The version of the data inside a page.
const VERSION: u32 = 1;

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// What happened.
    pub history: &'a History,
    /// What it is a picture of, such as the name of a file.
    pub title: String,
    /// The level that was promised.
    pub promised: Option<String>,
    /// What it set out to show, if somebody said so.
    pub point: Option<Point>,
    /// The one level that the judge was asked about, if it was not asked about all.
    pub asked: Option<String>,
    /// What the judge says, strongest level first.
    pub rulings: Vec<Ruling>,
    /// The seed of a run.
    pub seed: Option<u64>,
    /// The command that does it again.
    pub command: String,
    /// What else is known, as names and values.
    pub facts: Vec<(String, String)>,
    /// What went wrong on the way.
    pub troubles: Vec<String>,
    /// How the quiet end of a run went.
    pub quiet: Option<Quiet>,
    /// What was done to the servers on the way.
    pub faults: Vec<Fault>,
    /// Where servers stood on the way, as they said, each server's in the order of time.
    pub standings: Vec<Standing>,
}

/// What a run set out to show: that stands beside its verdict, and is drawn first.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// In the words of whoever planned it.
    pub text: Option<String>,
    /// The stronger level that was to be violated, if one was.
    pub violates: Option<String>,
}

/// How the quiet end of a run went, as far as the history does not tell.
#[derive(Clone, Debug)]
pub struct Quiet {
    /// How long after the last write all servers agreed, in nanoseconds, if they did.
    pub agreed_after_ns: Option<u64>,
    /// How many rounds were asked.
    pub rounds: usize,
    /// Servers that did not answer all of the last round, and why.
    pub silent: Vec<(usize, String)>,
}

impl Picture<'_> {
    /// The whole page.
    pub fn html(&self) -> String {
        page(&self.data())
    }

    /// The data of the page.
    fn data(&self) -> Value {
        let clashes = self.rulings.iter().flat_map(|ruling| ruling.clash.iter().copied());
        let cut = Cut::of(self.history, clashes);
        let columns = Columns::of(self.history, &cut);
        let level = self.promised.as_deref();
        json!({
            "candor_picture": VERSION,
            "version": env!("CARGO_PKG_VERSION"),
            "title": self.title,
            "promised": self.promised,
            "point": self.point.as_ref().map(Point::json),
            "asked": self.asked,
            "seed": self.seed.map(|seed| seed.to_string()),
            "command": self.command,
            "facts": self.facts,
            "troubles": self.troubles,
            "unit_ns": self.history.unit().nanoseconds(),
            "span": cut.span(),
            "counts": self.counts(&cut),
            "windows": cut.windows(),
            "operations": columns.json(),
            "texts": columns.texts(),
            "clients": columns.clients(),
            "servers": columns.servers(),
            "rulings": self.rulings.iter().map(|r| r.json(&cut)).collect::<Vec<_>>(),
            "mixed_levels": self.has_mixed_levels(),
            "implies": implications(&self.rulings),
            "latency": latency::of(self.history, level),
            "finals": convergence::of(self.history),
            "quiet": self.quiet.as_ref().map(Quiet::json),
            "faults": fault::json(&self.faults, self.history.unit().nanoseconds(), &cut),
            "standings": standing::json(&self.standings, self.history.unit().nanoseconds(), &cut),
        })
    }

    /// Whether levels are judged by different reads, so that none follows from another.
    fn has_mixed_levels(&self) -> bool {
        let asks = |operation: &Operation| operation.level.is_some();
        self.history.has_keyspaces() || self.history.operations.iter().any(asks)
    }

    /// How many there are of what, cut or not. What clients asked is counted apart from the final
    /// reads, which the runner asks.
    fn counts(&self, cut: &Cut) -> Value {
        let operations = &self.history.operations;
        let asked = || operations.iter().filter(|op| !op.is_final);
        let of = |fate: Fate| asked().filter(|op| op.fate() == fate).count();
        let clients: BTreeSet<u64> = asked().map(|op| op.client).collect();
        let keys: BTreeSet<&str> =
            operations.iter().flat_map(Operation::parts).map(|one| one.key.as_str()).collect();
        let servers: BTreeSet<u64> = operations.iter().filter_map(|op| op.server).collect();
        json!({
            "total": operations.len(),
            "asked": asked().count(),
            "finals": operations.len() - asked().count(),
            "shown": cut.shown().len(),
            "done": of(Fate::Done),
            "refused": of(Fate::Refused),
            "unknown": of(Fate::Unknown),
            "clients": clients.len(),
            "keys": keys.len(),
            "servers": servers.len(),
        })
    }
}

/// For each level, known or ruled on, all others that it implies.
fn implications(rulings: &[Ruling]) -> Value {
    let mut levels: Vec<Level> = Level::ALL.to_vec();
    let others = rulings.iter().filter_map(|ruling| ruling.level.parse().ok());
    levels.extend(others.filter(|level| !Level::ALL.contains(level)));
    let implied = |one: &Level| -> Value {
        let others = levels.iter().filter(|other| *other != one && one.implies(**other));
        others.map(Level::to_string).collect::<Vec<_>>().into()
    };
    Value::Object(levels.iter().map(|level| (level.to_string(), implied(level))).collect())
}

impl Point {
    fn json(&self) -> Value {
        json!({ "text": self.text, "violates": self.violates })
    }
}

impl Quiet {
    fn json(&self) -> Value {
        json!({
            "agreed_after_ns": self.agreed_after_ns,
            "rounds": self.rounds,
            "silent": self.silent,
        })
    }
}
