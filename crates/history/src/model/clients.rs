//! Each client's operations in their order, and the ways in which a recording can break that order.

use crate::model::history::History;

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
    let mut order: Vec<usize> = (0..operations.len()).collect();
    order.sort_by_key(|&i| {
        let op = &operations[i];
        // What was refused without an end took no time that anyone could measure.
        let end = op.end.unwrap_or(if op.refused { op.start } else { u64::MAX });
        (op.client, op.start, end, op.line, i)
    });
    for pair in order.windows(2) {
        let (before, after) = (&operations[pair[0]], &operations[pair[1]]);
        if before.client != after.client {
            continue;
        }
        let place = before.place().map_or(String::new(), |place| format!(" ({place})"));
        let fault = |message| Err(Disorder { operation: pair[1], field: "start", message });
        if !before.client_goes_on() {
            return fault(format!(
                "client {} goes on although the outcome of its operation before{place} is unknown; \
                 after an unknown outcome a client goes on under a new number",
                after.client
            ));
        }
        if before.end.is_some_and(|end| after.start < end) {
            return fault(format!(
                "this operation of client {} starts at {} while its operation before{place} runs \
                 until {}; one client's operations never overlap, so give one of them another \
                 client number",
                after.client,
                after.start,
                before.end.unwrap_or(0)
            ));
        }
    }
    Ok(order)
}
