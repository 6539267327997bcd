//! Which operation comes before which: what each one read from, and what follows from that.

pub(crate) mod arbiter;
pub(crate) mod causality;
pub(crate) mod cells;
pub(crate) mod conflict;
pub(crate) mod reads_from;
pub(crate) mod registers;
pub(crate) mod saturation;
