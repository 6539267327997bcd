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
//! - A [`Fault`] (a line `{"fault":"killed","server":0,"start":900,"end":1300}`) explains a history
//!   to people; the judge does not look at it.
//! - To judge a level, all writes count, all reads without a `level` of their own, and those whose
//!   level is that one or stronger.
//! - A history may promise several levels, of several keyspaces: [`promises`] judges each by
//!   itself, over the keyspaces of one [`LogOrder`], and says how many reads do not count.
//! - A level that holds by an order has that order as its witness, checked by a validator
//!   ([`validate`]) that shares no code with the search. A level that is violated has a smallest
//!   set of operations that cannot be explained. What a [`Budget`] does not allow to find out is
//!   undecided, and never passes.
//!
//! # Where to begin
//!
//! To use it: [`History`] and [`Operation`], then [`check`] for one level, [`ladder`] for all,
//! [`promises`] for what a history promises, and [`report`] for the lines of `candor check`.
//! [`check_model`] judges objects other than registers.
//!
//! To read it: `check.rs` tells how a verdict comes about. Behind it stand rooms, each of which
//! looks only at those above it:
//!
//! | room | what is there |
//! |---|---|
//! | `model` | operations, histories and levels, and the view: one history as one level sees it |
//! | `formats` | how files are read and written |
//! | `witness` | what proves that a level holds, and the validator, which knows only definitions |
//! | `relation` | who saw whom, which operation comes before which, and the cycles in that |
//! | `search` | what no rule decides: orders are tried, with a memory of the states entered |
//! | `levels` | an algorithm for each level; `levels/mod.rs` says which |
//! | `explain` | the smallest clash, and its sentence |
//!
//! Above them, `scope.rs` cuts out what one verdict is about, and `promise.rs` says what is
//! promised.

mod budget;
mod check;
mod explain;
mod formats;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod levels;
mod model;
mod promise;
mod relation;
mod report;
mod scope;
mod search;
mod verdict;
mod witness;

pub use budget::Budget;
pub use check::{check, ladder, settle, strongest};
pub use explain::answer::explanations;
pub use formats::broken::{Broken, LINE_BYTES_MAX, OPERATIONS_MAX};
pub use model::certificate::{Certificate, Entry, Place, Position, Replica, Source};
pub use model::fault::Fault;
pub use model::history::{Askers, Header, History, Unit};
pub use model::keyspace::{KEYSPACES_MAX, Keyspace, LogOrder};
pub use model::level::{Level, UnknownLevel};
pub use model::names::compact;
pub use model::operation::{Fate, Kind, Operation, TIME_MAX, Value};
pub use model::skipped::Skipped;
pub use model::transaction::TRANSACTION_OPERATIONS_MAX;
pub use promise::{Promise, promises};
pub use report::{
    EXIT_BROKEN, EXIT_FAILURE, EXIT_GOOD, EXIT_UNDECIDED, EXIT_VIOLATED, Report, exit_code, report,
    report_broken, report_too_large, witness_json, worst,
};
pub use scope::{Scope, check_scope, validate_scope};
pub use search::check_model::check_model;
pub use search::model::{Event, Model};
pub use verdict::{Clash, Link, Outcome, Reason, Verdict};
pub use witness::{Order, Witness, validate};

/// The examples of the README, tried as those of the documentation are.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
