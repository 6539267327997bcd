//! Whom a node asks that has lost its state: one member after the other, until one has what it
//! needs.

use crate::ids::NodeId;

/// How often somebody is asked, in milliseconds.
const ASK_MS: u64 = 500;

/// Who was asked last, and when.
#[derive(Debug, Default)]
pub(crate) struct Search {
    asked: Option<(NodeId, u64)>,
    /// Whether it was told that something is nowhere to be found.
    pub(crate) is_told: bool,
}

impl Search {
    /// Who of these members, in order, is to be asked now.
    pub(crate) fn next(
        &mut self,
        members: impl Iterator<Item = NodeId> + Clone,
        now_ms: u64,
    ) -> Option<NodeId> {
        if self.asked.is_some_and(|(_, asked_ms)| now_ms < asked_ms + ASK_MS) {
            return None;
        }
        let last = self.asked.map_or(NodeId(0), |(last, _)| last);
        let next = members.clone().find(|id| *id > last).or_else(|| members.clone().next())?;
        self.asked = Some((next, now_ms));
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_asked_in_turn_and_not_too_often() {
        let mut search = Search::default();
        let members = [2, 5, 7].map(NodeId);
        let mut next = |now_ms| search.next(members.into_iter(), now_ms).map(|id| id.0);
        assert_eq!([next(0), next(ASK_MS - 1), next(ASK_MS)], [Some(2), None, Some(5)]);
        assert_eq!([next(2 * ASK_MS), next(3 * ASK_MS)], [Some(7), Some(2)]);
        assert_eq!(search.next([].into_iter(), 9 * ASK_MS), None);
    }
}
