//! The invariants of a world: what must hold at every turn of every node, whatever breaks, and at the end.
//!
//! One invariant, one file. Those marked "turn" are looked at after each turn of a node, "answer" after each outcome
//! that a client hears of, "end" once the world has healed and come to rest.
//!
//! | invariant | when | what it says |
//! |---|---|---|
//! | [`leader`] | turn | a term has at most one leader |
//! | [`vote`] | turn | a node votes for one candidate in a term, restarts included |
//! | [`term`] | turn | a node says in which term it is once that is on its disk, and does not start in an earlier one |
//! | [`belief`] | turn | which start of another member a node believes is on its disk first |
//! | [`progress`] | turn | within a boot, term, commit and applied never go back; nothing is applied before it is committed |
//! | [`boot`] | turn | a boot number under which something was sent or done is never used again |
//! | [`vector`] | turn | a replica's vector only grows, restarts included; no two entries have one place |
//! | [`committed`] | turn | what is committed never changes or vanishes, and every later leader has it |
//! | [`fold`] | turn | what a replica applied is the fold of the log, the same at the same index everywhere |
//! | [`merge`] | turn | merged replicas with equal vectors hold the same |
//! | [`share`] | turn | no turn of an agreed world answers more than its shares allow |
//! | [`patience`] | turn | a request is answered once, within the request timeout of its node's clock |
//! | [`life`] | turn | no node halts, and none refuses to start, while its disk keeps what it synced |
//! | [`clock`] | turn, end | no stamp is made by a clock beyond the cap, and none lies above all clocks within it |
//! | [`time`] | turn | log time never goes back, never stands while its leader writes, and is carried ahead by no clock beyond the cap |
//! | [`reserve`] | turn | a node whose disk is full hands it small records only |
//! | [`full`] | turn | a node whose disk is full takes in no write, neither from its clients nor from others |
//! | [`replay`] | turn | a node that starts has the agreed log as it stood when the last group that its disk kept was written |
//! | [`copy`] | turn | who runs on an older, empty or copied directory leads nothing and answers nothing |
//! | [`answer`] | answer | an answer fits its question; what the order cannot give is refused, what it can is not |
//! | [`refusal`] | answer | what was refused never shows up |
//! | [`ledger`] | end | of a key that one client writes at one node, the last acknowledged write or a later one is there |
//! | [`replica`] | end | all replicas show the same value of every key, and stand at the same place |
//! | [`place`] | end | the order that certificates of an agreed keyspace claim explains every answer |
//! | [`stamp`] | end | the stamps in certificates of a merged keyspace explain every answer |
//! | [`verdict`] | end | the judge finds every level kept that was promised |
//!
//! That a healed world comes to rest at all (a leader, every request answered, replicas equal) is watched by
//! the world itself, as the invariant `rest`.

mod answer;
mod belief;
mod boot;
mod clock;
mod committed;
pub(crate) mod copy;
#[cfg(test)]
pub(crate) mod example;
mod fold;
mod full;
pub(crate) mod invariant;
mod leader;
mod ledger;
mod life;
mod merge;
mod model;
mod patience;
mod place;
mod progress;
mod refusal;
mod replay;
mod replica;
mod reserve;
mod share;
mod stamp;
mod term;
mod time;
mod vector;
pub(crate) mod verdict;
mod view;
pub(crate) mod violation;
mod vote;

use invariant::Invariant;

use crate::plan::setting::Setting;

/// The invariant that a world violates which does not come to rest.
pub(crate) const REST: &str = "rest";

/// The invariant that a node violates in which an assertion fails.
pub(crate) const NO_PANIC: &str = "no panic";

/// All invariants but the judge's verdict, which comes last.
pub(crate) fn all(setting: &Setting) -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(leader::OneLeader::default()),
        Box::new(vote::OneVote::new(setting.nodes)),
        Box::new(term::Remembered::new(setting.nodes)),
        Box::new(belief::Kept::new(setting.nodes)),
        Box::new(progress::Forward::new(setting.nodes)),
        Box::new(boot::FreshBoots::new(setting.nodes)),
        Box::new(vector::Growth::new(setting.nodes)),
        Box::new(committed::Lasting::new(setting.nodes)),
        Box::new(fold::SameFold::default()),
        Box::new(merge::SameMerge::default()),
        Box::new(share::Bounded::new(setting)),
        Box::new(patience::Answered::new(setting)),
        Box::new(life::Alive),
        Box::new(clock::Capped::new(setting)),
        Box::new(time::Onward::new(setting)),
        Box::new(reserve::Small::new(setting.nodes)),
        Box::new(full::TakesNothing::new(setting.nodes)),
        Box::new(replay::Same::new(setting.nodes)),
        Box::new(copy::TurnedAway::new(setting)),
        Box::new(answer::Fitting::new(setting)),
        Box::new(refusal::Gone::default()),
        Box::new(ledger::Kept),
        Box::new(replica::Equal),
        Box::new(place::Explained),
        Box::new(stamp::Merged),
    ]
}
