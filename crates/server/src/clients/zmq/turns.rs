//! Long requests are read beside the loop, a few at a time, in the order in which they came.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::request::{self, Refusal, Request};

/// How many are read at a time: where one takes long, another goes on. More would take the
/// processor from the loop, and memory, as what reading takes beside the body is in no account.
const READ_AT_ONCE_MAX: usize = 2;

/// The turns of all connections.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Turns {
        Turns(Arc::new(Semaphore::new(READ_AT_ONCE_MAX)))
    }
}

impl Turns {
    /// Reads a request on a thread beside the loop when it is its turn. Until then the body lies in
    /// the future, and goes with it; who is being read is read to its end, whoever waits for it.
    pub(super) fn read(
        &self,
        body: Bytes,
    ) -> impl Future<Output = Result<Request, Refusal>> + use<> {
        let turns = self.0.clone();
        async move {
            let turn = turns.acquire_owned().await.expect("nobody closes the turns");
            let reading = spawn_blocking(move || {
                let read = request::read(&body);
                // A long body is let go of here, too.
                drop(body);
                drop(turn);
                read
            });
            reading.await.expect("reading ends, and is not given up")
        }
    }

    /// Takes all turns, so that nothing is read until they are let go of.
    #[cfg(test)]
    pub(super) fn take_all(&self) -> tokio::sync::OwnedSemaphorePermit {
        let all = READ_AT_ONCE_MAX as u32;
        self.0.clone().try_acquire_many_owned(all).expect("nothing is being read")
    }

    /// Waits until nothing is being read.
    #[cfg(test)]
    pub(super) async fn wait_for_all(&self) {
        let all = READ_AT_ONCE_MAX as u32;
        drop(self.0.acquire_many(all).await.expect("nobody closes the turns"));
    }
}
