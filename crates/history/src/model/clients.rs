//! Each client's operations in their order, and the ways in which a recording can break that order.

use std::collections::HashMap;

use crate::model::history::History;
use crate::model::operation::Operation;

/// A recording that cannot have come from clients that each did one thing at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disorder {
    /// The operation at fault, as an index into the history.
    pub(crate) operation: usize,
    /// The field of it that shows the fault.
    pub(crate) field: &'static str,
    /// What is wrong and what would be right.
    pub(crate) message: String,
}

/// All operations, client by client, each client's in its order. Times may touch: then the order is
/// the one in which the two do not overlap, and for operations that take no time the order of the
/// file.
pub(crate) fn in_order(history: &History) -> Result<Vec<usize>, Disorder> {
    let operations = &history.operations;
    for (operation, op) in operations.iter().enumerate() {
        if op.end.is_some_and(|end| end < op.start) {
            let message = format!(
                "the operation ends before it starts ({} < {}); times are taken on one clock that \
                 only goes forward",
                op.end.unwrap_or(0),
                op.start
            );
            return Err(Disorder { operation, field: "end", message });
        }
    }
    let order = by_client(operations);
    for pair in order.windows(2) {
        let (before, after) = (&operations[pair[0]], &operations[pair[1]]);
        if before.client != after.client {
            continue;
        }
        let place = || before.place().map_or(String::new(), |place| format!(" ({place})"));
        let fault = |message| Err(Disorder { operation: pair[1], field: "start", message });
        if !before.client_goes_on() {
            return fault(format!(
                "client {} goes on although the outcome of its operation before{} is unknown; \
                 after an unknown outcome a client goes on under a new number",
                after.client,
                place()
            ));
        }
        if before.end.is_some_and(|end| after.start < end) {
            return fault(format!(
                "this operation of client {} starts at {} while its operation before{} runs \
                 until {}; one client's operations never overlap, so give one of them another \
                 client number",
                after.client,
                after.start,
                place(),
                before.end.unwrap_or(0)
            ));
        }
    }
    Ok(order)
}

/// All operations, client by client in ascending order, each client's sorted. Clients are few and
/// most recordings have each client's operations in its order already, so it is counted first.
fn by_client(operations: &[Operation]) -> Vec<usize> {
    let mut numbers: HashMap<u64, usize> = HashMap::new();
    let mut counts: Vec<(u64, usize)> = Vec::new();
    let mut number_of = Vec::with_capacity(operations.len());
    for op in operations {
        let number = *numbers.entry(op.client).or_insert(counts.len());
        if number == counts.len() {
            counts.push((op.client, 0));
        }
        counts[number].1 += 1;
        number_of.push(number as u32);
    }
    let mut ascending: Vec<usize> = (0..counts.len()).collect();
    ascending.sort_unstable_by_key(|&number| counts[number].0);
    let (mut next, mut behind) = (vec![0; counts.len()], 0);
    for &number in &ascending {
        next[number] = behind;
        behind += counts[number].1;
    }
    let mut order = vec![0; operations.len()];
    for (index, &number) in number_of.iter().enumerate() {
        order[next[number as usize]] = index;
        next[number as usize] += 1;
    }
    for own in order.chunk_by_mut(|&a, &b| operations[a].client == operations[b].client) {
        let place = |&index: &usize| place_of(&operations[index], index);
        if !own.is_sorted_by_key(place) {
            own.sort_by_key(place);
        }
    }
    order
}

/// Where an operation stands among those of its client.
fn place_of(op: &Operation, index: usize) -> (u64, u64, usize, usize) {
    // What was refused without an end took no time that anyone could measure.
    let end = op.end.unwrap_or(if op.refused { op.start } else { u64::MAX });
    (op.start, end, op.line, index)
}
