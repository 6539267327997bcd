//! A page bears only so much: of a large world it gets what lies around what went wrong.

use std::collections::BTreeSet;
use std::ops::Range;

use super::diagram::{Call, Diagram};

/// How many messages a page shows.
pub(super) const MESSAGES_MAX: usize = 30_000;
/// How many operations of clients it shows.
pub(super) const CALLS_MAX: usize = 10_000;
/// How many faults, marks and states it shows, of each.
pub(super) const OTHERS_MAX: usize = 10_000;

/// What a page shows of a world.
#[derive(Debug)]
pub(super) struct Cut<'a> {
    /// The messages that are shown.
    pub(super) messages: Range<usize>,
    /// When the first and the last of them was sent, if not all are shown.
    pub(super) window_us: Option<(u64, u64)>,
    /// The calls that are shown.
    pub(super) calls: Vec<&'a Call>,
    /// Of every call its place among those that are shown.
    places: Vec<Option<usize>>,
}

impl<'a> Cut<'a> {
    /// Cuts a world to what lies around these operations, or around what went wrong. They are
    /// shown, whatever else is not.
    pub(super) fn around(diagram: &'a Diagram, clash: &BTreeSet<usize>) -> Cut<'a> {
        let messages = messages_shown(diagram, clash);
        let shown = &diagram.messages[messages.clone()];
        let edges = shown.first().zip(shown.last());
        let edges = edges.map(|(first, last)| (first.sent_us, last.sent_us));
        let window_us = edges.filter(|_| shown.len() < diagram.messages.len());
        let (calls, places) = calls_shown(&diagram.calls, clash, window_us);
        Cut { messages, window_us, calls, places }
    }

    /// The place of a call among those that are shown.
    pub(super) fn place(&self, call: usize) -> Option<usize> {
        self.places.get(call).copied().flatten()
    }
}

/// When it matters: the end of the clash, or when it went wrong.
fn focus_us(diagram: &Diagram, clash: &BTreeSet<usize>) -> u64 {
    let ends = clash.iter().filter_map(|place| diagram.calls.get(*place));
    let last = ends.map(|call| call.end_us.unwrap_or(call.start_us)).max();
    last.or(diagram.violated_us).unwrap_or(0)
}

/// The messages that are shown: two thirds of those that there is room for come before the focus.
fn messages_shown(diagram: &Diagram, clash: &BTreeSet<usize>) -> Range<usize> {
    let total = diagram.messages.len();
    if total <= MESSAGES_MAX {
        return 0..total;
    }
    let focus_us = focus_us(diagram, clash);
    let at = diagram.messages.partition_point(|message| message.sent_us < focus_us);
    let from = at.saturating_sub(MESSAGES_MAX * 2 / 3).min(total - MESSAGES_MAX);
    from..from + MESSAGES_MAX
}

/// The calls that are shown, and of each call its place among them.
fn calls_shown<'a>(
    calls: &'a [Call],
    clash: &BTreeSet<usize>,
    window_us: Option<(u64, u64)>,
) -> (Vec<&'a Call>, Vec<Option<usize>>) {
    let inside = |call: &Call| {
        window_us.is_none_or(|(from_us, to_us)| {
            call.start_us <= to_us && call.end_us.is_none_or(|end_us| end_us >= from_us)
        })
    };
    let all = calls.len() <= CALLS_MAX;
    let (mut shown, mut places, mut left) = (vec![], vec![], CALLS_MAX);
    for (place, call) in calls.iter().enumerate() {
        let wanted = all || clash.contains(&place) || (inside(call) && left > clash.len());
        places.push(wanted.then_some(shown.len()));
        if wanted {
            left = left.saturating_sub(1);
            shown.push(call);
        }
    }
    (shown, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::diagram::Message;

    fn world(messages: u64, calls: u64) -> Diagram {
        let message = |at| Message { sent_us: at * 10, ..Message::default() };
        let call =
            |at| Call { number: at, start_us: at, end_us: Some(at + 500), ..Call::default() };
        Diagram {
            end_us: messages * 10,
            calls: (0..calls).map(call).collect(),
            messages: (0..messages).map(message).collect(),
            ..Diagram::default()
        }
    }

    #[test]
    fn a_world_that_fits_is_whole() {
        let world = world(MESSAGES_MAX as u64, 20);
        let cut = Cut::around(&world, &BTreeSet::new());
        assert_eq!((cut.messages, cut.window_us), (0..MESSAGES_MAX, None));
        assert_eq!((cut.calls.len(), cut.places[19]), (20, Some(19)));
    }

    #[test]
    fn a_world_that_is_too_large_is_cut_around_what_went_wrong() {
        let mut world = world(3 * MESSAGES_MAX as u64, 20);
        let wrong_us = world.end_us / 2;
        world.violated_us = Some(wrong_us);
        let cut = Cut::around(&world, &BTreeSet::new());
        assert_eq!(cut.messages.len(), MESSAGES_MAX);
        let (from_us, to_us) = cut.window_us.expect("it is cut");
        assert!(from_us < wrong_us && wrong_us < to_us, "{:?}", cut.window_us);
        assert_eq!(cut.calls.len(), 20, "so few operations are all shown");
    }

    #[test]
    fn of_too_many_operations_those_of_the_clash_stay() {
        let world = world(1, CALLS_MAX as u64 + 9);
        let cut = Cut::around(&world, &BTreeSet::from([3, CALLS_MAX + 8]));
        assert!(cut.calls.len() <= CALLS_MAX);
        let number = |call| cut.calls[cut.place(call).expect("it is shown")].number;
        assert_eq!((number(3), number(CALLS_MAX + 8)), (3, CALLS_MAX as u64 + 8));
        assert_eq!(cut.place(99_999), None, "there is no such call");
    }
}
