//! What operators do with servers that run. All of it speaks with them as any client does.
//!
//! | duty | file |
//! |---|---|
//! | who is in the cluster, who leads; a node that goes away well | `cluster` |
//! | what a server says of its cluster | `status` |

mod cluster;
mod status;

pub use cluster::{ClusterAsk, cluster};
