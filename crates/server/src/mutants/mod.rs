//! Planted bugs: what the tests of the log and of the server must catch, so that they are known to
//! be able to.
//!
//! Each is one place in the code that it breaks: `mutant!(Name, sound, broken)`. Without the
//! feature `mutants`, and outside of tests, that is `sound` and nothing else. What is planted is
//! said by an environment variable, for a whole process: the log has a thread of its own.
//!
//! `cargo test -p server --features mutants` plants one after the other, and demands that the test
//! named beside it fails.

/// What is sound; or what is broken, where that bug is planted. Several bugs may break the same
/// place.
#[cfg(not(all(test, feature = "mutants")))]
macro_rules! mutant {
    ($name:ident, $sound:expr, $broken:expr $(; $more:ident, $other:expr)*) => {
        $sound
    };
}

/// What is sound; or what is broken, where that bug is planted. Several bugs may break the same
/// place.
#[cfg(all(test, feature = "mutants"))]
macro_rules! mutant {
    ($name:ident, $sound:expr, $broken:expr $(; $more:ident, $other:expr)*) => {
        match $crate::mutants::planted() {
            Some($crate::mutants::Mutant::$name) => $broken,
            $(Some($crate::mutants::Mutant::$more) => $other,)*
            _ => $sound,
        }
    };
}

#[cfg(all(test, feature = "mutants"))]
mod hunt;
#[cfg(test)]
mod tests;

pub(crate) use mutant;
#[cfg(all(test, feature = "mutants"))]
pub(crate) use tests::{Mutant, planted};
