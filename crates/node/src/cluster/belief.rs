//! Which start of a member is believed.

use super::{Members, Other};
use crate::api::{Event, Output};
use crate::ids::{Life, NodeId, PathId};
use crate::turn::Turn;
use crate::wire::message::Body;
use crate::wire::record::{Known, Record};

/// How long a process may take to say that it is still there, in milliseconds.
const PROBE_MS: u64 = 1000;

/// A start that claims to come after one whose process may still be there.
#[derive(Debug)]
pub(super) struct Newcomer {
    life: Life,
    path: Option<PathId>,
    /// What was asked of the process before it, and when.
    probe: u64,
    asked_ms: u64,
    /// Whether it is this newcomer that answers at the member's address.
    is_at_address: bool,
}

impl Members {
    /// Whether the start that speaks is the one that is known, or may take its place.
    pub(super) fn believe(
        &mut self,
        from: NodeId,
        sender: Known,
        lived: Option<Life>,
        path: Option<PathId>,
        turn: &mut Turn<'_>,
    ) {
        let other = self.others.get_mut(&from).expect("a member");
        let Some(known) = other.known else {
            if other.writing.is_none() {
                self.write(from, sender, turn);
            }
            return;
        };
        if known == sender {
            turn.outputs.extend(path.map(Output::Trust));
            other.heard = true;
            came_by(other, path, turn);
            return;
        }
        let descends = mutant!(DescentNotAsked, lived == Some(known.life), true);
        let follows = sender.life.boot > known.life.boot && descends;
        let under_way = other.writing.is_some() || other.newcomer.is_some();
        if !follows || under_way {
            return;
        }
        self.probes += 1;
        let probe = turn.identity.life.incarnation.wrapping_add(self.probes);
        let asked_ms = turn.now.monotonic_ms;
        other.newcomer =
            Some(Newcomer { life: sender.life, path, probe, asked_ms, is_at_address: false });
        if let Some(before) = other.path {
            turn.send_back(Some(before), from, Body::Probe(probe));
        }
        turn.send_urgent(from, Body::Probe(probe));
    }

    /// The way to the address of a member is new: what was asked there may be lost.
    pub(super) fn probe_again(&self, id: NodeId, turn: &mut Turn<'_>) {
        let newcomer = self.others.get(&id).and_then(|other| other.newcomer.as_ref());
        if let Some(newcomer) = newcomer {
            turn.send_urgent(id, Body::Probe(newcomer.probe));
        }
    }

    /// Writes to the disk which start of a member is believed from then on.
    pub(super) fn write(&mut self, from: NodeId, known: Known, turn: &mut Turn<'_>) {
        let other = self.others.get_mut(&from).expect("a member");
        turn.disk.record(&Record::Member(from, known));
        other.writing = Some((turn.disk.ticket(), known));
        mutant!(DirectoryCountsUnsynced, (), other.known = Some(known));
        other.newcomer = None;
    }

    /// Somebody asks whether the process that it knows is still there.
    pub(crate) fn on_probe(
        &self,
        from: NodeId,
        sender: Known,
        number: u64,
        path: Option<PathId>,
        turn: &mut Turn<'_>,
    ) {
        if self.others.get(&from).is_some_and(|other| other.is_on_disk(sender.directory)) {
            turn.send_back(path, from, Body::Alive(number));
        }
    }

    /// A process that was asked is there. Is it the one from before, the newcomer is a copy of its
    /// directory; is it the newcomer, it is where the member should be.
    pub(crate) fn on_alive(
        &mut self,
        from: NodeId,
        sender: Known,
        number: u64,
        turn: &mut Turn<'_>,
    ) {
        let Some(other) = self.others.get_mut(&from) else { return };
        let known = other.known;
        let Some(newcomer) = other.newcomer.as_mut().filter(|newcomer| newcomer.probe == number)
        else {
            return;
        };
        if known.is_some_and(|known| Known { life: newcomer.life, ..known } == sender) {
            newcomer.is_at_address = true;
            self.maybe_take_newcomer(from, turn);
        } else if mutant!(CopyBelieved, known == Some(sender), false) {
            let (path, life) = (newcomer.path, newcomer.life);
            other.newcomer = None;
            turn.note(Event::Refused(format!(
                "a copy of node {} was started beside it (start {}): it is turned away",
                from.0, life.boot
            )));
            turn.send_back(path, from, Body::Copied(life));
        }
    }

    /// A member says that the process which this start descends from is still there.
    pub(crate) fn on_copied(&self, from: NodeId, sender: Known, life: Life, turn: &mut Turn<'_>) {
        let on_disk =
            self.others.get(&from).is_some_and(|other| other.is_on_disk(sender.directory));
        if on_disk && life == turn.identity.life {
            turn.supersede(&format!(
                "node {} still hears the node that this data directory is a copy of",
                from.0
            ));
        }
    }

    /// Who was asked whether it is still there, and has not answered in time, is not.
    pub(super) fn end_probes(&mut self, turn: &mut Turn<'_>) {
        let now_ms = turn.now.monotonic_ms;
        let is_over = |newcomer: &Newcomer| {
            now_ms >= newcomer.asked_ms + mutant!(ProbeNotAwaited, PROBE_MS, 0)
        };
        let over =
            self.others.iter().filter(|(_, other)| other.newcomer.as_ref().is_some_and(is_over));
        let over: Vec<_> = over.map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.take_newcomer(id, turn));
    }

    /// A newcomer that is where the member should be is believed at once if no connection of the
    /// process before it is left.
    pub(super) fn maybe_take_newcomer(&mut self, id: NodeId, turn: &mut Turn<'_>) {
        let other = &self.others[&id];
        if other.path.is_none()
            && other.newcomer.as_ref().is_some_and(|newcomer| newcomer.is_at_address)
        {
            self.take_newcomer(id, turn);
        }
    }

    pub(super) fn take_newcomer(&mut self, id: NodeId, turn: &mut Turn<'_>) {
        let other = self.others.get_mut(&id).expect("a member");
        if let (Some(known), Some(newcomer)) = (other.known, other.newcomer.take()) {
            self.write(id, Known { life: newcomer.life, ..known }, turn);
        }
    }

    /// A connection is gone: the members that spoke by it last.
    pub(crate) fn on_left(&mut self, path: PathId, turn: &mut Turn<'_>) -> Vec<NodeId> {
        let mut lost = vec![];
        for (id, other) in &mut self.others {
            other.newcomer.take_if(|newcomer| newcomer.path == Some(path));
            if other.path.take_if(|known| *known == path).is_some() {
                lost.push(*id);
            }
        }
        lost.iter().for_each(|id| self.maybe_take_newcomer(*id, turn));
        lost
    }

    /// Whether a believed member spoke last by this connection.
    pub(crate) fn speaks_by(&self, path: PathId) -> bool {
        self.others.values().any(|other| other.path == Some(path))
    }

    /// A believed member spoke by this connection.
    pub(crate) fn came_by(&mut self, from: NodeId, path: PathId, turn: &mut Turn<'_>) {
        if let Some(other) = self.others.get_mut(&from)
            && other.path.is_none_or(|older| older < path)
        {
            turn.outputs.push(Output::Trust(path));
            came_by(other, Some(path), turn);
        }
    }
}

/// A believed member speaks by this connection; one that it made before is stale.
fn came_by(other: &mut Other, path: Option<PathId>, turn: &mut Turn<'_>) {
    let Some(path) = path else { return };
    match other.path {
        // What comes late by an older connection says nothing about the newer one.
        Some(newer) if newer >= path => {}
        stale => {
            turn.outputs.extend(stale.map(Output::HangUp));
            other.path = Some(path);
        }
    }
}
