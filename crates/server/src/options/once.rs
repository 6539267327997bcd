//! The limits of `ONCE`: what each may be, whoever says it.

use std::ops::RangeInclusive;

use node::OnceWanted;

use crate::Error;

const HOUR_MS: u64 = 3_600_000;
const WEEK_MS: u64 = 7 * 24 * HOUR_MS;

/// What `CONFIG`, flags and files call how long ids are kept, and how long that may be.
pub(crate) const RETENTION: (&str, RangeInclusive<u64>) = ("once-retention-ms", 1_000..=WEEK_MS);
/// The same of how many are kept. Each takes some 160 bytes of memory.
pub(crate) const IDS: (&str, RangeInclusive<u64>) = ("once-ids", 1..=100_000_000);
/// The same of how far one may be ahead of log time.
pub(crate) const AHEAD: (&str, RangeInclusive<u64>) = ("once-ahead-ms", 10..=HOUR_MS);

/// Whether a cluster can begin with these.
pub(super) fn check(wanted: OnceWanted) -> Result<(), Error> {
    let OnceWanted { retention_ms, ids, ahead_ms } = wanted;
    for ((name, range), number) in [(RETENTION, retention_ms), (IDS, ids), (AHEAD, ahead_ms)] {
        if let Some(number) = number.filter(|number| !range.contains(number)) {
            return Err(Error::configuration(format!(
                "--{name} {number} is not between {} and {}\n  hint: leave it out for what is usual",
                range.start(),
                range.end()
            )));
        }
    }
    Ok(())
}
