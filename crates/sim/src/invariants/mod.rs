//! The invariants of a world: what must hold at every turn of every node, whatever breaks, and at
//! the end.
//!
//! Begin with `invariant.rs`, the trait; then one file for each. "Turn" is checked after each turn
//! of a node, "answer" after each outcome that a client hears, "end" once the world has come to
//! rest.
//!
//! | invariant | when | what it says |
//! |---|---|---|
//! | [`leader`] | turn | a term has at most one leader |
//! | [`vote`] | turn | a node votes once in a term, restarts included |
//! | [`term`] | turn | a term is on disk before it is told, and never forgotten |
//! | [`belief`] | turn | a start of another member is on disk before it is believed |
//! | [`progress`] | turn | within a boot term, commit and applied never go back |
//! | [`boot`] | turn | a boot number that was heard is never used again |
//! | [`vector`] | turn | a replica's version vector only grows, restarts included |
//! | [`committed`] | turn | what is committed never changes, and later leaders have it |
//! | [`fold`] | turn | a replica holds the fold of the log, equal at equal index |
//! | [`members`] | turn | quorums of two memberships intersect |
//! | [`keyspaces`] | turn | no key is served by two keyspaces |
//! | [`interval`] | turn, answer | what is shown stays shown, and is in an entry a second later |
//! | [`expiry`] | turn | a key that was gone stays so until it is written |
//! | [`counted`] | turn, answer | a merged replica holds what the merge rule makes of its entries |
//! | [`merge`] | turn | merged replicas with equal vectors hold the same |
//! | [`share`] | turn | no turn answers more than its shares |
//! | [`patience`] | turn | a request is answered once, within its timeout |
//! | [`digest`] | turn | without rot no digest differs from that of another node |
//! | [`life`] | turn | no node halts while its disk keeps what it synced |
//! | [`clock`] | turn, end | no stamp is made by a clock beyond the cap |
//! | [`time`] | turn | log time never goes back, stands, or runs beyond the cap |
//! | [`reserve`] | turn | a node whose disk is full hands it small records only |
//! | [`full`] | turn | a node whose disk is full takes in no write |
//! | [`silence`] | turn | who has lost its state neither votes, acknowledges nor answers |
//! | [`replay`] | turn | a restart finds the agreed log as it was last written |
//! | [`copy`] | turn | a node on a copied directory leads and answers nothing |
//! | [`answer`] | answer | an answer fits its question |
//! | [`refusal`] | answer | what was refused never shows up |
//! | [`calm`] | turn, answer | in a calm world nothing takes long |
//! | [`ledger`] | end | nothing acknowledged is lost |
//! | [`replica`] | end | replicas are equal |
//! | [`staleness`] | end | an answer holds all that was committed when it says so |
//! | [`place`] | end | the certificates of an agreed keyspace explain every answer |
//! | [`stamp`] | end | the certificates of a merged keyspace explain every answer |
//! | [`verdict`] | end | the judge finds every promised level kept |
//!
//! That a healed world comes to rest at all (a leader, every request answered, replicas equal) is
//! watched by the world itself, as the invariant `rest`.

mod answer;
mod belief;
mod boot;
mod calm;
mod clock;
mod committed;
pub(crate) mod copy;
mod counted;
mod digest;
#[cfg(test)]
pub(crate) mod example;
mod expiry;
mod fold;
mod full;
mod interval;
pub(crate) mod invariant;
mod keyspaces;
mod leader;
mod ledger;
mod life;
mod members;
mod memory;
mod merge;
mod model;
mod patience;
mod place;
mod progress;
mod refusal;
mod replay;
mod replica;
mod reserve;
mod roster;
mod share;
mod silence;
mod staleness;
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
    let mut all: Vec<Box<dyn Invariant>> = vec![
        Box::new(members::SameRoster::new(setting)),
        Box::new(leader::OneLeader::default()),
        Box::new(vote::OneVote::new(setting.hosts())),
        Box::new(term::Remembered::new(setting.hosts())),
        Box::new(belief::Kept::new(setting.hosts())),
        Box::new(progress::Forward::new(setting.hosts())),
        Box::new(boot::FreshBoots::new(setting.hosts())),
        Box::new(vector::Growth::new(setting.hosts())),
        Box::new(committed::Lasting::new(setting.hosts())),
        Box::new(fold::SameFold::new(setting)),
        Box::new(keyspaces::OneKeyspace::new(setting)),
        Box::new(interval::Synced::new(setting)),
        Box::new(expiry::NeverBack::new(setting)),
        Box::new(merge::SameMerge::new(setting)),
        Box::new(counted::Defined::new(setting)),
        Box::new(share::Bounded::new(setting)),
        Box::new(patience::Answered::new(setting)),
        Box::new(life::Alive),
        Box::new(digest::Same),
        Box::new(clock::Capped::new(setting)),
        Box::new(time::Onward::new(setting)),
        Box::new(reserve::Small::new(setting.hosts())),
        Box::new(full::TakesNothing::new(setting.hosts())),
        Box::new(silence::Silent { changes_members: setting.changes_members() }),
        Box::new(replay::Same::new(setting.hosts())),
        Box::new(copy::TurnedAway::new(setting)),
        Box::new(answer::Fitting::new(setting)),
        Box::new(refusal::Gone::default()),
        Box::new(ledger::Kept),
        Box::new(replica::Equal),
        Box::new(staleness::Recent::default()),
        Box::new(place::Explained),
        Box::new(stamp::Merged),
    ];
    if setting.calm {
        all.push(Box::new(calm::Prompt::new(setting)));
    }
    all
}
