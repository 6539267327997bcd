//! How a task of the loop wakes another one.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};

/// Wakes one task of the same thread. A notification is kept until the task takes it; many are one.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    notified: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Notify {
    /// Wakes the task that listens, after all that are ready already.
    pub(crate) fn notify(&self) {
        if !self.notified.replace(true)
            && let Some(waker) = &*self.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }

    /// Ready if somebody has notified the task since it last asked; else the task is woken when
    /// somebody does.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.notified.take() {
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
    fn a_notification_is_taken_once() {
        let notify = Notify::default();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(notify.poll(&mut cx).is_pending());
        notify.notify();
        notify.notify();
        assert!(notify.poll(&mut cx).is_ready());
        assert!(notify.poll(&mut cx).is_pending());
    }
}
