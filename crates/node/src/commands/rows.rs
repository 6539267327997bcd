//! The rows of commands on keys and values that are made of no others, by their ids.

use std::sync::LazyLock;

use super::command::Row;
use super::unreadable::Unreadable;
use super::{bits, condition, counters, expiry, keys, lcs, set, strings, timed};

/// All rows but that of ONCE, the most frequent first.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    let frequent = strings::ROWS.iter().chain(keys::ROWS).chain(counters::ROWS);
    let others = [&lcs::LCS, &condition::WATCH];
    frequent.chain(expiry::ROWS).chain(timed::ROWS).chain(bits::ROWS).copied().chain(others)
}

/// The rows by their ids.
static BY_ID: LazyLock<Vec<Option<&'static Row>>> = LazyLock::new(|| {
    let last = rows().map(|row| row.run.id).max().unwrap_or(0);
    let mut by_id = vec![None; last as usize + 1];
    rows()
        .chain([&set::WITH_OPTIONS, &set::TIMED])
        .for_each(|row| by_id[row.run.id as usize] = Some(row));
    by_id
});

/// The row with this id.
pub(super) fn row(id: u64) -> Result<&'static Row, Unreadable> {
    let row = usize::try_from(id).ok().and_then(|id| BY_ID.get(id).copied().flatten());
    row.ok_or(Unreadable::Unknown { what: "command", number: id })
}
