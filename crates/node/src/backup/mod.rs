//! What stands on the disk of a node, read by others than the node: for people, who look at a data
//! directory, for backups, and where a cluster has lost its majority.
//!
//! ```text
//!  snapshot of a node ──▶ Contents    what it holds, and that all of it can be read
//!        │
//!        └──────────────▶ Founding    the snapshot of the first node of a new cluster
//!                            ▲
//!  directories of several ───┴─ Survivors    all that they hold together
//! ```
//!
//! A snapshot stands at one place of both orders (see [`crate::snapshot`]): at an entry of the
//! agreed log, and where its node had applied the merged ones. So one file is a whole backup.
//!
//! # What is left out
//!
//! Entries that the node had not applied when its snapshot was begun. Nothing that it had answered
//! is among them; but in merged keyspaces other replicas may have answered for some.

mod contents;
mod founding;
mod survivors;
mod words;

pub use contents::{Contents, Found};
pub use founding::{Founder, Founding};
pub use survivors::{Founded, Lost, Survivor, Survivors};
