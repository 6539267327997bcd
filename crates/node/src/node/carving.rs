//! Keyspaces on this node: which of them it goes by, what it refuses while a prefix changes hands,
//! and what it says of that. Told in [`crate::carving`].

use bytes::Bytes;

use super::Node;
use crate::api::{Order, Output, Role};
use crate::carving::{ATTEMPT_MS, LOOKED_MAX, Lead, Look, Own};
use crate::commands::{Command, escaped};
use crate::ids::{Index, Life, NodeId};
use crate::keyspace::CHANGES_HANDS;
use crate::keyspace::table::{Attempt, Entry, Phase, not_there};
use crate::reply::{Error, Reply};
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::message::{Body, FOUND_BYTES_MAX};
use crate::wire::record::Record;
use crate::wire::version_vector::{Place, VersionVector};

impl Node {
    /// Goes by the keyspaces of the agreed log from now on, if they are newer than those on disk.
    pub(super) fn follow_keyspaces(&mut self, outputs: &mut Vec<Output>) {
        if self.agreed.keyspaces().version() <= self.keyspaces.version() {
            return;
        }
        self.keyspaces.follow(self.agreed.keyspaces().clone());
        self.members.set_has_merged(self.keyspaces.has(Order::Merged));
        let table = self.keyspaces.table().encode();
        mutant!(KeyspacesNotKept, self.disk.record(&Record::Keyspaces(table.into())), drop(table));
        // A start finds the agreed state where it stood when it went by them.
        let applied = self.agreed.being_applied();
        let hard_state = self.disk.facts().hard_state_at(applied);
        self.disk.record(&hard_state);
        self.refuse_moved(outputs);
        let attempt = self.keyspaces.table().under_way().map(|(_, attempt)| attempt.index);
        if self.carving.own.as_ref().map(|own| own.attempt) != attempt {
            let due = Some(self.disk.ticket());
            self.carving.own = attempt.map(|index| Own::begin(index, due));
            // What is shown of the prefix stands before the end.
            mutant!(FencedWithoutOverlay, self.merged.fill_overlay(), ());
        }
    }

    /// Refuses what waits on keys that have another keyspace now, or none: it did not run.
    fn refuse_moved(&mut self, outputs: &mut Vec<Output>) {
        let keyspaces = &self.keyspaces;
        let (error, turn) = (Error::TryAgain(CHANGES_HANDS), turn!(self, outputs));
        self.merged.refuse_moved(&error, |id, key| keyspaces.table().takes(id, key), turn);
        let is_moved = |command: &Command, order: Order| {
            !keyspaces.of(command).is_ok_and(|keyspace| keyspace.order == order)
        };
        self.agreed.refuse_reads(&error, |command| is_moved(command, Order::Agreed), turn);
        for waiter in turn.counts.refuse(is_moved) {
            turn.refuse_read(&waiter, error.clone());
        }
    }

    /// Does what is to be done about a prefix that changes hands.
    pub(super) fn carve(&mut self, outputs: &mut Vec<Output>) {
        let Some((entry, attempt)) = self.keyspaces.table().under_way() else {
            self.carving = Default::default();
            return;
        };
        let entry = entry.clone();
        if self.carving.own.is_none() {
            // It is on disk since before this start.
            self.carving.own = Some(Own::begin(attempt.index, None));
        }
        if let Some(own) = &mut self.carving.own
            && own.end.is_none()
            && !self.merged.has_full()
        {
            own.end = Some(self.merged.own_end());
        }
        self.lead(attempt);
        self.tell(outputs);
        if self.may_look() {
            self.look(&entry);
            self.tell(outputs);
        }
        self.end_attempt(&entry, attempt, outputs);
    }

    /// Whether it may go on looking for keys of a prefix that changes hands.
    pub(super) fn may_look(&self) -> bool {
        let Some(own) = &self.carving.own else { return false };
        let waits = !matches!(own.look, Look::From(_))
            || self.merged.is_joining()
            || self.has_lost_state()
            || self.agreed.keyspaces().version() < self.keyspaces.version();
        !waits && own.ends.as_ref().is_some_and(|ends| self.merged.vector().holds(ends))
    }

    /// Looks for keys of the prefix where they have been so far, as much as a turn may.
    fn look(&mut self, entry: &Entry) {
        let table = self.keyspaces.table();
        let view = self.view(self.keyspaces.source(entry).order);
        let Some(Own { look: Look::From(from), .. }) = &self.carving.own else { return };
        let mut found = None;
        let next = view.walk(*from, LOOKED_MAX, &mut |key| {
            if table.of_key(key).is_some_and(|one| one.id == entry.id) {
                found = Some(Bytes::copy_from_slice(&key[..key.len().min(FOUND_BYTES_MAX)]));
            }
            found.is_none()
        });
        let look = match next {
            Some(next) if found.is_none() => Look::From(next),
            _ => Look::Done(found),
        };
        self.carving.own.as_mut().expect("it looks").look = look;
    }

    /// Tells the leader what it wants to know, if it leads or knows who does.
    fn tell(&mut self, outputs: &mut Vec<Output>) {
        let Some(leader) = self.agreed.leader() else { return };
        let (me, now_ms) = (self.identity, self.now.monotonic_ms);
        let is_synced = |end: Place| self.merged.vector().get(me.id) >= end;
        let Some(own) = &mut self.carving.own else { return };
        let Some(end) = own.end.filter(|end| is_synced(*end)) else { return };
        let is_due = mutant!(FencedBeforeSync, own.due.is_some(), false);
        if is_due || !own.tells(leader, now_ms) {
            return;
        }
        let attempt = own.attempt;
        let found = match &own.look {
            Look::From(_) => None,
            Look::Done(found) => Some(found.clone()),
        };
        if leader == me.id {
            self.take_in_fenced(me.id, me.life, attempt, end, outputs);
            if let Some(found) = found {
                self.on_looked(me.id, me.life, attempt, found);
            }
            return;
        }
        let turn = turn!(self, outputs);
        turn.send(leader, Body::Fenced { attempt, end });
        if let Some(found) = found {
            turn.send(leader, Body::Looked { attempt, found });
        }
    }

    // What the others say.

    /// A member refuses commands on the prefix, and its own merged log ends there.
    pub(super) fn on_fenced(
        &mut self,
        from: NodeId,
        life: Life,
        attempt: Index,
        end: Place,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Malformed> {
        self.take_in_fenced(from, life, attempt, end, outputs);
        if let Some(lead) = &self.carving.lead
            && let Some(ends) = lead.ends()
        {
            let attempt = lead.attempt();
            turn!(self, outputs).send(from, Body::Ends { attempt, ends });
        }
        Ok(())
    }

    fn take_in_fenced(
        &mut self,
        from: NodeId,
        life: Life,
        attempt: Index,
        end: Place,
        outputs: &mut Vec<Output>,
    ) {
        let Some(lead) = &mut self.carving.lead else { return };
        lead.on_fenced(from, life, attempt, end);
        let attempt = lead.attempt();
        let Some(ends) = lead.announces() else { return };
        let me = self.identity.id;
        for peer in self.members.ids().to_vec().into_iter().filter(|id| *id != me) {
            let ends = ends.clone();
            turn!(self, outputs).send(peer, Body::Ends { attempt, ends });
        }
        self.on_ends(attempt, ends);
    }

    /// The merged logs of all members end there, as far as they may speak of the prefix.
    pub(super) fn on_ends(&mut self, attempt: Index, ends: VersionVector) {
        if let Some(own) = &mut self.carving.own {
            own.on_ends(attempt, ends);
        }
    }

    /// A member has applied up to there, and has found this key of the prefix, if any.
    pub(super) fn on_looked(
        &mut self,
        from: NodeId,
        life: Life,
        attempt: Index,
        found: Option<Bytes>,
    ) {
        if let Some(lead) = &mut self.carving.lead {
            lead.on_looked(from, life, attempt, found);
        }
    }

    // What a leader does.

    /// Gathers what is said of this attempt, if this node leads.
    fn lead(&mut self, attempt: Attempt) {
        if self.agreed.role() != Role::Leader {
            self.carving.lead = None;
            return;
        }
        let term = self.agreed.term();
        let is_of = |lead: &Lead| lead.is_of(attempt.index, term);
        if !self.carving.lead.as_ref().is_some_and(is_of) {
            self.carving.lead = Some(Lead::begin(attempt.index, term, self.now.monotonic_ms));
        }
        let (me, members) = (self.identity, &self.members);
        let is_present = |id, life| match id == me.id {
            true => life == me.life,
            false => members.known(id).is_some_and(|known| known.life == life),
        };
        let lead = self.carving.lead.as_mut().expect("it leads");
        lead.follow(members.ids());
        lead.forget_past(is_present);
        // All that are there may have said so before.
        if let Some(own) = &self.carving.own
            && own.ends.is_none()
            && let Some(ends) = lead.ends()
        {
            self.on_ends(attempt.index, ends);
        }
    }

    /// Puts the end of the attempt into the log, if this node leads and it is time to.
    fn end_attempt(&mut self, entry: &Entry, attempt: Attempt, outputs: &mut Vec<Output>) {
        if self.carving.lead.is_none() {
            return;
        }
        let turn = turn!(self, outputs);
        let time_ms = self.agreed.log_time_ms(turn);
        let is_late = time_ms >= attempt.began_ms.saturating_add(ATTEMPT_MS);
        let Some(lead) = &self.carving.lead else { return };
        let why = match lead.found() {
            Some(key) => Some(self.has_keys(entry, key)),
            None if lead.may_open() => None,
            None if is_late && lead.has_waited(self.now.monotonic_ms) => {
                Some(self.nobody_said(entry))
            }
            None => return,
        };
        let now_ms = self.now.monotonic_ms;
        if self.carving.lead.as_mut().is_some_and(|lead| lead.ends_now(now_ms)) {
            self.agreed.end_attempt(attempt.index, why.as_deref());
        }
    }

    fn has_keys(&self, entry: &Entry, key: &[u8]) -> String {
        let (name, key) = (&entry.definition.name, key.escape_ascii());
        let pattern = escaped(&entry.definition.prefix);
        let pattern = pattern.escape_ascii();
        match entry.phase {
            Phase::Dropping(_) => format!(
                "the keyspace {name} has keys, such as {key}: it is not dropped. Hint: DEL them first; \
                 SCAN 0 MATCH \"{pattern}*\" lists them"
            ),
            _ => {
                let around = self.keyspaces.name(self.keyspaces.source(entry).id);
                format!(
                    "keys with this prefix exist in the keyspace {around}, such as {key}: the keyspace {name} is not created. \
                     Hint: DEL them first, or choose another prefix"
                )
            }
        }
    }

    fn nobody_said(&self, entry: &Entry) -> String {
        let name = &entry.definition.name;
        let lead = self.carving.lead.as_ref().expect("it leads");
        let missing: Vec<String> = lead.missing().map(|id| id.0.to_string()).collect();
        let nodes = if missing.len() == 1 { "node" } else { "nodes" };
        let what = match entry.phase {
            Phase::Dropping(_) => "not dropped",
            _ => "not created",
        };
        format!(
            "{nodes} {} did not say within {} s of log time that no such key is there: the keyspace {name} is {what}. \
             Hint: all members must run for that",
            missing.join(", "),
            ATTEMPT_MS / 1000
        )
    }
}

impl Node {
    /// What is told of keyspaces to who asks.
    pub(super) fn tell_of_keyspaces(&self, command: &Command) -> Reply {
        let name = command.keyspace_asked();
        let mut all = self.keyspaces.told(name);
        match name {
            None => Reply::Array(all),
            Some(name) => all.pop().unwrap_or_else(|| Reply::Error(not_there(name))),
        }
    }

    /// What is told of the levels of a keyspace.
    pub(super) fn tell_of_levels(&self, command: &Command) -> Reply {
        let name = command.keyspace_asked().unwrap_or_default();
        self.keyspaces.levels_told(name).unwrap_or_else(|| Reply::Error(not_there(name)))
    }
}
