//! A bell inside the loop: one task waits for it, the others ring.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};

/// Wakes one task of the same thread. A ring is kept until it is heard; many rings are one.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Bell {
    /// Wakes the task that listens, after all that are ready already.
    pub(crate) fn ring(&self) {
        if !self.rung.replace(true)
            && let Some(waker) = &*self.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }

    /// Ready if the bell was rung since it was last heard; else the task is woken when it is.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.rung.take() {
            return Poll::Ready(());
        }
        let mut waker = self.waker.borrow_mut();
        match &mut *waker {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_heard_once() {
        let bell = Bell::default();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(bell.poll(&mut cx).is_pending());
        bell.ring();
        bell.ring();
        assert!(bell.poll(&mut cx).is_ready());
        assert!(bell.poll(&mut cx).is_pending());
    }
}
