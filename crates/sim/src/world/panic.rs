//! Failed assertions of a node: they violate an invariant of the world like anything else.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The seed of the world that this thread runs, for whoever reports a panic.
pub fn current_seed() -> Option<u64> {
    SEED.get()
}

/// From now on this thread runs the world of that seed.
pub(super) fn mark(seed: u64) {
    SEED.set(Some(seed));
}

/// Prints no assertion of a node that fails: the report of its world tells it. For the whole
/// process, from now on.
pub fn hush() {
    let print = take_hook();
    set_hook(Box::new(move |info| match GUARDED.get() {
        true => PLACE.set(info.location().map(|place| format!(" ({place})"))),
        false => print(info),
    }));
}

/// Does what may panic; says why if it did.
pub(super) fn guard<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(what));
    GUARDED.set(false);
    result.map_err(|payload| {
        let place = PLACE.take().unwrap_or_default();
        format!("{}{place}", reason(payload.as_ref()))
    })
}

fn reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_reason() {
        assert_eq!(guard(|| 7), Ok(7));
        let one = 1;
        assert_eq!(guard(|| assert_eq!(one, 1)), Ok(()));
        assert_eq!(
            guard(|| panic!("term {one} has two leaders")).unwrap_err(),
            "term 1 has two leaders"
        );
        assert_eq!(guard(|| panic!("plain")).unwrap_err(), "plain");
    }
}
