//! The judge is judged: against the definitions, against mutants, and by histories made by hand.
//!
//! That these tests can fail was tried with faults planted into the judge by hand, one at a time.
//! They were seen by:
//!
//! - `truth`, `gaps`, `larger`: zones that touch taken for ones that clash; fingerprints of states
//!   without what keys hold; a maker taken for the only one although the value is the initial one,
//!   too; ccv without arbitration; the initial value returned although overwritten (cc, cm); cm's
//!   fixpoint left after one round; real time forgotten by the search; failed cas that do not look;
//!   a write hidden one tick too early; ryw and mr that let an own older write or a source left
//!   before pass; mw and wfr that forget what a read passed over.
//! - `convergence`, `named`: final reads that touch the last write; an open write that is no
//!   excuse; a lost write; a server that was not heard; a delete that is no excuse. `named` alone,
//!   by the sentence: zones that overlap, or lie in one another, or run backwards, let pass, for
//!   then the search finds the clash.
//! - `recordings`, by files: each rule of the readers of other forms taken out by itself
//!   (processes, times, answers, keys, values, what is skipped and counted, hidden operations in
//!   logs); a bound that is rounded up, each unit of time; an event in metadata. `nothing`: a level
//!   of which nothing was there to judge. `refusals`: answers without an end.
//! - `claims`: reads before the write at their place; an unknown write given an entry that it need
//!   not have.
//! - `witnesses`, `mutants`: a validator that leaves out real time, clients' orders, what
//!   operations saw, what is missing, causes, the order among writes (ccv), what was overlooked
//!   (cc, mw, wfr), a client's own writes (ryw), what it left (mr), refused operations, the bound
//!   of reads, or a client without an order.
//! - `promises`, `named`: a merged read judged with agreed ones; a keyspace's weaker read counted;
//!   the shortest prefix; a level that only reads asked for left out; reads without a level held
//!   against a stronger one that another asked for; an exit code of the first promise alone;
//!   bounded reads left out of sequential; reads that do not count, not counted; operations of a
//!   clash that keep their place in a part; a stronger level taken that judges other reads.
//! - `transactions`: parts of a transaction that need not stand at one moment; only its first key
//!   judged; half of one of unknown outcome; a validator that looks at its first operation alone.
//!
//! A fault that only makes a search propose a wrong order is no wrong verdict: the validator
//! refuses the order, and another way is tried.

mod chance;
mod claims;
mod convergence;
mod counters;
mod cycles;
mod formats;
mod gaps;
mod larger;
mod moments;
mod mutants;
mod named;
mod nothing;
mod promises;
mod properties;
mod recordings;
mod reference;
mod refusals;
mod transactions;
mod truth;
mod witnesses;
