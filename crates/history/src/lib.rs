//! The judge: a recorded history in, a verdict out.
//!
//! A [`History`] says which client asked what when, and what came back. The judge tells whether it
//! meets a [`Level`] of consistency. It knows nothing about the store that answered, so it can
//! judge any store.
//!
//! ```
//! use history::{Budget, History, Level, check};
//!
//! let text = r#"
//! {"candor_history":1,"unit":"ms","level":"linearizable"}
//! {"client":0,"kind":"write","key":"x","value":"1","start":0,"end":10}
//! {"client":1,"kind":"read","key":"x","value":null,"start":20,"end":30}
//! "#;
//! let history = History::from_jsonl(text)?;
//! let verdict = check(&history, Level::Linearizable, &Budget::default());
//! assert!(verdict.is_violated());
//! assert_eq!(
//!     verdict.lines(&history)[0],
//!     "client 1's read began 10 ms after client 0's write of \"1\" was acknowledged, \
//!      and returned the initial value (nothing)"
//! );
//! // A client's order alone forbids nothing here: the read may come first.
//! assert!(check(&history, Level::Sequential, &Budget::default()).holds());
//! # Ok::<(), history::Broken>(())
//! ```
//!
//! A recorder builds operations itself and writes them with [`Operation::to_json`] or
//! [`History::to_jsonl`]:
//!
//! ```
//! use history::{Header, History, Level, Operation, Unit};
//!
//! let history = History::new(
//!     Some(Header::new(Unit::Nanoseconds, Some(Level::Sequential))),
//!     vec![
//!         Operation::write(0, "a", "1", 0, Some(10)).at_server(2),
//!         Operation::write(1, "a", "2", 5, None), // its outcome is unknown
//!         Operation::read(2, "a", Some("1"), 12, 14),
//!         Operation::write(3, "a", "3", 12, Some(14)).into_refused(),
//!     ],
//! );
//! let again = History::from_jsonl(&history.to_jsonl())?;
//! assert_eq!(again.operations.len(), 4);
//! # Ok::<(), history::Broken>(())
//! ```
//!
//! The rules of the judge:
//!
//! - `a` is before `b` in real time only if `a.end < b.start`; equal times overlap. One client's
//!   operations count in their order always, also where their times touch.
//! - A write or cas of unknown outcome may take effect at any time after its start, or never. A
//!   read without an answer constrains nothing. What was refused did not run: a read that only a
//!   refused write could explain is a violation.
//! - A [`Fault`] (a line `{"fault":"killed","server":0,"start":900,"end":1300}`) explains a history to
//!   people; the judge does not look at it.
//! - To judge a level, all writes count, all reads without a `level` of their own, and those whose
//!   level is that one or stronger.
//! - A level that holds by an order has that order as its witness, checked by a validator
//!   ([`validate`]) that shares no code with the search. A level that is violated has a smallest
//!   set of operations that cannot be explained. What a [`Budget`] does not allow to find out is
//!   undecided, and never passes.
//!
//! Inside, a history becomes a view (numbers instead of names); `zones` and `search` decide
//! linearizability key by key, `saturation`, `arbiter` and `search` decide sequential consistency,
//! `appends` makes registers of keys that are appended to, `eventual` reads its level off the keys; `shrink` and `explain` make a clash small and put it into words.

mod answer;
mod appends;
mod arbiter;
mod budget;
mod causal;
mod causality;
mod certificate;
mod circle;
mod claimed;
mod clients;
mod decision;
mod eventual;
mod explain;
mod fault;
mod field;
mod formats;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod history;
mod judge;
mod level;
mod line;
mod linearizable;
mod model;
mod observers;
mod operation;
mod pram;
mod reader;
mod report;
mod saturation;
mod search;
mod sequential;
mod sessions;
mod shrink;
mod skipped;
mod sources;
mod texts;
mod verdict;
mod view;
mod witness;
mod words;
mod writer;
mod zones;

pub use answer::explanations;
pub use budget::Budget;
pub use certificate::{Entry, Place, Position, Replica, Source};
pub use fault::Fault;
pub use history::{Header, History, Unit};
pub use judge::{check, ladder, strongest};
pub use level::{Level, UnknownLevel};
pub use model::{Event, Model, check_model};
pub use operation::{Fate, Kind, Operation, Value};
pub use reader::{Broken, LINE_BYTES_MAX, OPERATIONS_MAX, TIME_MAX};
pub use report::{
    EXIT_BROKEN, EXIT_FAILURE, EXIT_GOOD, EXIT_UNDECIDED, EXIT_VIOLATED, Report, exit_code, report,
    report_broken, report_too_large, witness_json, worst,
};
pub use skipped::Skipped;
pub use verdict::{Clash, Link, Outcome, Reason, Verdict, compact};
pub use witness::{Order, Witness, validate};

/// The examples of the README, tried as those of the documentation are.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
