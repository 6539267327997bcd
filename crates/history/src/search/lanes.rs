//! Lanes: chains of operations that any order must keep, so that what has taken its place is one
//! position per lane.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::view::{NONE, Op};

/// Whose an operation is and when it ran.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) client: u32,
    pub(super) start: u64,
    pub(super) end: u64,
    /// Whether it may never have run; such operations stand in no lane.
    pub(super) optional: bool,
}

impl From<&Op> for Span {
    fn from(op: &Op) -> Span {
        Span { client: op.client, start: op.start, end: op.end, optional: op.optional }
    }
}

/// The known operations, client by client. Spans are given by start, each client's in its order.
pub(super) fn client_lanes(spans: &[Span]) -> Vec<Vec<u32>> {
    let mut lanes: Vec<Vec<u32>> = Vec::new();
    for (id, span) in spans.iter().enumerate().filter(|(_, span)| !span.optional) {
        if lanes.len() <= span.client as usize {
            lanes.resize(span.client as usize + 1, Vec::new());
        }
        lanes[span.client as usize].push(id as u32);
    }
    lanes.retain(|lane| !lane.is_empty());
    lanes
}

/// The known operations in as few chains as ever overlap. Operations of one client whose times
/// touch stay in one chain, because there real time alone does not keep their order.
pub(super) fn tight_lanes(spans: &[Span]) -> Vec<Vec<u32>> {
    let clients = spans.iter().map(|span| span.client as usize + 1).max().unwrap_or(0);
    let mut lanes: Vec<Vec<u32>> = Vec::new();
    let mut client_lane = vec![NONE; clients];
    // Lanes that are free from some time on, the earliest first; entries can be out of date.
    let mut free = BinaryHeap::new();
    let last = |lanes: &[Vec<u32>], lane: u32| {
        lanes.get(lane as usize)?.last().map(|&last| spans[last as usize])
    };
    for (id, span) in spans.iter().enumerate().filter(|(_, span)| !span.optional) {
        let own = client_lane[span.client as usize];
        let touches = |before: Span| before.client == span.client && before.end >= span.start;
        let mut lane = lanes.len() as u32;
        if last(&lanes, own).is_some_and(touches) {
            lane = own;
        } else {
            while let Some(&Reverse((end, candidate))) = free.peek()
                && end < span.start
            {
                free.pop();
                if last(&lanes, candidate).is_some_and(|before| before.end == end) {
                    lane = candidate;
                    break;
                }
            }
        }
        if lane as usize == lanes.len() {
            lanes.push(Vec::new());
        }
        lanes[lane as usize].push(id as u32);
        client_lane[span.client as usize] = lane;
        free.push(Reverse((span.end, lane)));
    }
    lanes
}
