//! What a fault of the plan does while it goes on, so that it can be undone.

use node::Matter;

use crate::plan::chance::{Chance, Subject};

/// What a fault did, so that it can be undone and told.
#[derive(Debug)]
pub(super) struct FaultState {
    /// What it draws while it goes on.
    pub(super) chance: Chance,
    /// The node that it hit.
    pub(super) host: Option<usize>,
    /// Links that it cuts now.
    pub(super) cut: Vec<(usize, usize)>,
    /// Links that it cuts now and then.
    pub(super) flapping: Vec<(usize, usize)>,
    /// Links that it slowed, and by how much.
    pub(super) slowed: Vec<((usize, usize), i64)>,
    /// Links that it made lossy, and by how much.
    pub(super) spoiled: Vec<((usize, usize), i64)>,
    /// The disk that it made slower, and by how much.
    pub(super) slow_disk: Option<(usize, i64)>,
    /// The clock that it made faster, and by how much.
    pub(super) drifting: Option<(usize, i64)>,
    /// The disk whose next sync it lets fail.
    pub(super) failing: Option<usize>,
    /// The node that it told to end, in which of its lives, and when it dies at the latest.
    pub(super) stopping: Option<(usize, u64, u64)>,
    /// The disk that it made full.
    pub(super) full: Option<usize>,
    /// The leader whose next successor it cuts off.
    pub(super) thwarted: Option<usize>,
    /// The clock that it set, and by how much.
    pub(super) ahead: Option<(usize, i64)>,
    /// Links that hold up one matter, and by how much.
    pub(super) held_up: Vec<((usize, usize), Matter, i64)>,
    /// Whether it makes voters die.
    pub(super) coup: bool,
    /// Nodes that it keeps down.
    pub(super) down: Vec<usize>,
}

impl FaultState {
    /// A fault that has not begun.
    pub(super) fn not_yet(seed: u64, number: usize) -> FaultState {
        FaultState {
            chance: Chance::new(seed, Subject::Fault(number as u64)),
            host: None,
            cut: vec![],
            flapping: vec![],
            slowed: vec![],
            spoiled: vec![],
            slow_disk: None,
            drifting: None,
            failing: None,
            stopping: None,
            full: None,
            thwarted: None,
            ahead: None,
            held_up: vec![],
            coup: false,
            down: vec![],
        }
    }
}
