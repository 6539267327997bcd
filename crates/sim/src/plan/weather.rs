//! The weather of a world: what its network does without any fault.

use super::chance::Delay;

/// How links treat messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Stream,
    Datagram,
}

/// What a network does by itself, without any fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) style: Style,
    pub(crate) delay: Delay,
    /// How many times as far as the nearest nodes others may be from each other, beyond once.
    pub(crate) far: u64,
    /// Datagrams only.
    pub(crate) loss_per_mille: u64,
    pub(crate) twice_per_mille: u64,
    /// How long a cut connection lives on.
    pub(crate) patience_us: u64,
    /// How long it takes to connect.
    pub(crate) dial_us: u64,
}
