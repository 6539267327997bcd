//! One algorithm for each level, or for each family of levels.

pub(crate) mod causal;
pub(crate) mod decision;
pub(crate) mod eventual;
pub(crate) mod linearizable;
pub(crate) mod pram;
pub(crate) mod sequential;
pub(crate) mod sessions;
pub(crate) mod writes;
pub(crate) mod zones;
