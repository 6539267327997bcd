//! Lanes: chains of operations that any order must keep, so that what has taken its place is one
//! position per lane.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::view::{NONE, View};

/// The known operations, client by client.
pub(super) fn client_lanes(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut lanes = view.by_client();
    lanes.iter_mut().for_each(|lane| lane.retain(|&op| !view.ops[op as usize].maybe));
    lanes.retain(|lane| !lane.is_empty());
    lanes
}

/// The known operations in as few chains as ever overlap. Operations of one client whose times
/// touch stay in one chain, because there real time alone does not keep their order.
pub(super) fn tight_lanes(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut lanes: Vec<Vec<u32>> = Vec::new();
    let mut client_lane = vec![NONE; view.clients];
    // Lanes that are free from some time on, the earliest first; entries can be out of date.
    let mut free = BinaryHeap::new();
    for (id, op) in view.ops.iter().enumerate().filter(|(_, op)| !op.maybe) {
        let own = client_lane[op.client as usize];
        let last_end = |lanes: &[Vec<u32>], lane: u32| {
            lanes[lane as usize].last().map(|&last| view.ops[last as usize].end)
        };
        let touches = own != NONE
            && lanes[own as usize].last().is_some_and(|&last| {
                view.ops[last as usize].client == op.client
                    && view.ops[last as usize].end >= op.start
            });
        let lane = if touches {
            own
        } else {
            let mut lane = lanes.len() as u32;
            while let Some(&Reverse((end, candidate))) = free.peek() {
                if end >= op.start {
                    break;
                }
                free.pop();
                if last_end(&lanes, candidate) == Some(end) {
                    lane = candidate;
                    break;
                }
            }
            if lane as usize == lanes.len() {
                lanes.push(Vec::new());
            }
            lane
        };
        lanes[lane as usize].push(id as u32);
        client_lane[op.client as usize] = lane;
        free.push(Reverse((op.end, lane)));
    }
    lanes
}

/// The operations that may not have run, those alike together and by start, each with the known
/// operation of its client just before it.
pub(super) fn maybes(view: &View<'_>) -> Vec<(u32, u32)> {
    let mut last = vec![NONE; view.clients];
    let mut maybes = Vec::new();
    for (id, op) in view.ops.iter().enumerate() {
        if op.maybe {
            maybes.push((id as u32, last[op.client as usize]));
        } else {
            last[op.client as usize] = id as u32;
        }
    }
    maybes.sort_by_key(|&(id, _)| {
        let op = &view.ops[id as usize];
        (op.sees, op.makes, op.start)
    });
    maybes
}
