//! The forms in which things stand on disk and in messages.

pub(crate) mod base;
pub(crate) mod codec;
pub(crate) mod facts;
pub(crate) mod group;
pub(crate) mod lent;
pub(crate) mod matter;
pub(crate) mod message;
pub(crate) mod record;
pub(crate) mod section;
pub(crate) mod slots;
pub(crate) mod version_vector;
