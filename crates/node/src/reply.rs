//! The answer to a request.

use std::fmt;

use bytes::Bytes;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done.
    Ok,
    /// There is no such key.
    Nil,
    /// A value.
    Value(Bytes),
    /// A count.
    Integer(i64),
    /// A word.
    Status(&'static str),
    /// Several, in order.
    Array(Vec<Reply>),
    /// Names and what they stand for, in order. No command of a log gives it.
    Map(Vec<(&'static str, Reply)>),
    /// Not done, or not known to be done.
    Error(Error),
}

impl Reply {
    /// How many bytes it moves, but for small ones.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Reply::Value(value) => value.len(),
            // Each of them is a step of its own.
            Reply::Array(all) => all.iter().map(|one| one.bytes() + 512).sum(),
            Reply::Map(pairs) => pairs.iter().map(|(_, one)| one.bytes() + 512).sum(),
            Reply::Ok | Reply::Nil | Reply::Integer(_) | Reply::Status(_) | Reply::Error(_) => 0,
        }
    }
}

/// Why a request was not answered with a result. Every variant but `Indeterminate` promises
/// that the command did not run and will not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// `-CLUSTERDOWN …`: no quorum in time; the command did not run.
    ClusterDown(&'static str),
    /// `-INDETERMINATE …`: sent, but its outcome is not known.
    Indeterminate(&'static str),
    /// `-CROSSKEYSPACE …`: its keys belong to several keyspaces.
    CrossKeyspace(String),
    /// `-CONSISTENCY …`: the level asked for cannot be had here.
    Consistency(String),
    /// `-STALE …`: the read may see nothing older than its bound, and that cannot be shown here
    /// now; it did not run.
    Stale(String),
    /// `-ERR …`: the request itself is wrong.
    Invalid(String),
    /// `-MISCONF …`: the disk is full, or cannot be written for another reason that will pass; the
    /// write did not run, nor the read that must see what found no room.
    DiskFull(String),
    /// `-CLOCKSKEW …`: this node's clock is too far from the others' to stamp a write; it did not
    /// run.
    ClockSkew(&'static str),
    /// `-TRYAGAIN …`: it may run in a moment; it did not run now.
    TryAgain(&'static str),
    /// `-EXECABORT …`: the transaction did not run.
    Aborted(&'static str),
    /// `-OOM …`: the write may need more memory than this setting allows; it did not run.
    OutOfMemory(&'static str),
}

impl fmt::Display for Error {
    /// The text of the RESP error, code first, without the leading `-`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::ClusterDown(text) => write!(f, "CLUSTERDOWN {text}"),
            Error::Indeterminate(text) => write!(f, "INDETERMINATE {text}"),
            Error::Consistency(text) => write!(f, "CONSISTENCY {text}"),
            Error::Stale(text) => write!(f, "STALE {text}"),
            Error::CrossKeyspace(text) => write!(f, "CROSSKEYSPACE {text}"),
            Error::Invalid(text) => write!(f, "ERR {text}"),
            Error::DiskFull(text) => write!(f, "MISCONF {text}"),
            Error::ClockSkew(text) => write!(f, "CLOCKSKEW {text}"),
            Error::TryAgain(text) => write!(f, "TRYAGAIN {text}"),
            Error::Aborted(why) => {
                write!(f, "EXECABORT Transaction discarded because of: {why}")
            }
            Error::OutOfMemory(setting) => {
                write!(f, "OOM command not allowed when used memory > '{setting}'.")
            }
        }
    }
}
