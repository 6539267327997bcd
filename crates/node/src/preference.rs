//! Levels in order of preference (Terry et al. 2013, Pileus): a read takes the first that can be
//! had in its time.
//!
//! ```text
//!   linearizable:5ms ── not answered in time ──▶ bounded:100 ── cannot be shown ──▶ sequential
//! ```
//!
//! A level with a time waits so long for its answer; one without is had at once or not at all. The
//! last one has what is left of the request timeout.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::level::Level;
use crate::limits::early_ms;

/// The shortest and the longest bound of a bounded read, in milliseconds.
pub const BOUND_MS: RangeInclusive<u32> = 1..=3_600_000;
/// A bound shorter than this is no more than a linearizable read promises, and costs more to keep:
/// the read is one.
pub const LINEARIZABLE_BELOW_MS: u32 = 20;
/// The shortest and the longest time that a level may be given, in milliseconds.
pub const PATIENCE_MS: RangeInclusive<u32> = 1..=3_600_000;
/// The most levels that a read may be given to choose from.
pub const PREFERENCE_MAX: usize = 4;

/// A level that a read would take, and how long it waits for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The level.
    pub level: Level,
    /// So many milliseconds; `None`: it is had at once or not at all.
    pub patience_ms: Option<u32>,
}

impl Choice {
    /// Whether it takes a quorum to answer it, and so some time.
    fn takes_time(self) -> bool {
        match self.level {
            Level::Linearizable => true,
            Level::Bounded { ms } => ms < LINEARIZABLE_BELOW_MS,
            Level::Sequential | Level::Causal | Level::Eventual => false,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.level)?;
        self.patience_ms.map_or(Ok(()), |ms| write!(f, ":{ms}ms"))
    }
}

/// What reads of a connection want that name no level themselves.
///
/// - There is one choice at least; each is weaker than the one before it; the last has no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    choices: Vec<Choice>,
    strict: bool,
}

impl Preference {
    /// These levels, the one that is wanted most first. `strict`: where the last one is bounded and
    /// cannot be shown, the read is refused; it does not become a linearizable one.
    ///
    /// # Errors
    /// What makes no sense, and what would.
    pub fn new(choices: Vec<Choice>, strict: bool) -> Result<Preference, String> {
        let Some((last, others)) = choices.split_last() else {
            return Err("no level is named. Hint: linearizable:5ms sequential".into());
        };
        if choices.len() > PREFERENCE_MAX {
            return Err(format!(
                "{} levels are named. Hint: {PREFERENCE_MAX} at most",
                choices.len()
            ));
        }
        let bounds = choices.iter().filter_map(|choice| match choice.level {
            Level::Bounded { ms } => Some(ms),
            _ => None,
        });
        if let Some(ms) = bounds.clone().find(|ms| !BOUND_MS.contains(ms)) {
            return Err(unfit_bound(ms));
        }
        if let Some(pair) =
            choices.windows(2).find(|pair| !pair[1].level.is_weaker_than(pair[0].level))
        {
            return Err(format!(
                "{} is not weaker than {}, which stands before it. Hint: name the strongest level first",
                pair[1].level, pair[0].level
            ));
        }
        if let Some(ms) = last.patience_ms {
            return Err(format!(
                "{} is the last level, so it has the request timeout and no time of its own. Hint: leave out {ms}ms, or \
                 name a weaker level behind it",
                last.level
            ));
        }
        if let Some(choice) = others.iter().find(|it| it.takes_time() && it.patience_ms.is_none()) {
            let level = choice.level;
            return Err(format!(
                "{level} takes some time, and the levels behind it would never be tried. Hint: {level}:5ms"
            ));
        }
        if let Some(ms) = choices
            .iter()
            .filter_map(|choice| choice.patience_ms)
            .find(|ms| !PATIENCE_MS.contains(ms))
        {
            let (least, most) = (PATIENCE_MS.start(), PATIENCE_MS.end());
            return Err(format!("a level has {least} to {most} milliseconds, and not {ms}"));
        }
        if strict && !matches!(last.level, Level::Bounded { .. }) {
            return Err(format!(
                "STRICT is about a bound, and {} has none. Hint: leave it out",
                last.level
            ));
        }
        Ok(Preference { choices, strict })
    }

    /// Whether each level would be tried within this request timeout.
    ///
    /// # Errors
    /// Which would not, and what to do about it.
    pub fn check_within(&self, timeout_ms: u64) -> Result<(), String> {
        let mut waited_ms = 0;
        for pair in self.choices.windows(2) {
            let ms = u64::from(pair[0].patience_ms.unwrap_or(0));
            waited_ms += ms;
            if mutant!(LevelNeverTried, waited_ms + early_ms(timeout_ms) >= timeout_ms, false) {
                let (level, next) = (pair[0].level, pair[1].level);
                let before = if waited_ms > ms { " and the levels before it" } else { "" };
                return Err(format!(
                    "{level}:{ms}ms{before} may wait until the request timeout, which is {timeout_ms} ms, and {next} would never \
                     be tried. Hint: all times together less than {} ms, or a longer --request-timeout",
                    timeout_ms - early_ms(timeout_ms)
                ));
            }
        }
        Ok(())
    }

    /// The levels, the one that is wanted most first.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The level that its reads have at least.
    pub fn weakest(&self) -> Level {
        self.choices[self.choices.len() - 1].level
    }

    /// Whether a read is refused that cannot be had at the last level, which is bounded.
    pub fn is_strict(&self) -> bool {
        self.strict
    }
}

impl fmt::Display for Preference {
    /// As it is said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, choice) in self.choices.iter().enumerate() {
            let space = if place > 0 { " " } else { "" };
            write!(f, "{space}{choice}")?;
        }
        f.write_str(if self.strict { " strict" } else { "" })
    }
}

/// The level at which an answer was given, and how stale it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) level: Level,
    /// All that was committed so many milliseconds before the read was taken is in it; `None`: that
    /// is not known.
    pub(crate) stale_ms: Option<u64>,
}

/// Where a read stands among the levels that it would take: it waits at one of them.
#[derive(Clone, Debug)]
pub(crate) struct Choosing {
    preference: Arc<Preference>,
    place: usize,
    /// How long it waits.
    pub(crate) until_ms: u64,
    /// When the read was taken, by the clock of bounds.
    pub(crate) took_ms: u64,
}

/// What becomes of a read that looks at the levels that it would take.
#[derive(Debug)]
pub(crate) enum Chosen {
    /// It is had at this level.
    Had(Given),
    /// It waits at one of them.
    Waits(Box<Choosing>),
    /// It waits at the last.
    WaitsAtLast,
    /// It is refused: it wants no more than this bound, and that cannot be shown.
    TooStale(u32),
}

impl Choosing {
    /// A read looks at them one by one; `had` says what it has of a level now.
    pub(crate) fn begin(
        preference: &Arc<Preference>,
        now_ms: u64,
        took_ms: u64,
        had: impl FnMut(Level) -> Option<Given>,
    ) -> Chosen {
        choose(preference, 0, now_ms, took_ms, had)
    }

    /// Its level has had its time: it looks at those behind.
    pub(crate) fn go_on(&self, now_ms: u64, had: impl FnMut(Level) -> Option<Given>) -> Chosen {
        choose(&self.preference, self.place + 1, now_ms, self.took_ms, had)
    }
}

fn choose(
    preference: &Arc<Preference>,
    from: usize,
    now_ms: u64,
    took_ms: u64,
    mut had: impl FnMut(Level) -> Option<Given>,
) -> Chosen {
    for (place, choice) in preference.choices.iter().enumerate().skip(from) {
        if let Some(given) = had(choice.level) {
            return Chosen::Had(given);
        }
        let patience_ms = mutant!(PreferenceNotTried, choice.patience_ms, None);
        if let Some(ms) = patience_ms {
            let until_ms = now_ms + u64::from(ms);
            let preference = preference.clone();
            return Chosen::Waits(Choosing { preference, place, until_ms, took_ms }.into());
        }
    }
    match preference.weakest() {
        Level::Bounded { ms } if preference.strict && ms >= LINEARIZABLE_BELOW_MS => {
            mutant!(StrictQuietlyWeaker, Chosen::TooStale(ms), weaker(ms))
        }
        _ => Chosen::WaitsAtLast,
    }
}

/// What only a planted bug does.
#[cfg(feature = "mutants")]
fn weaker(ms: u32) -> Chosen {
    Chosen::Had(Given { level: Level::Bounded { ms }, stale_ms: None })
}

/// What is said of a bound that there is not.
fn unfit_bound(ms: u32) -> String {
    let (least, most) = (BOUND_MS.start(), BOUND_MS.end());
    format!("a bound is {least} to {most} milliseconds (an hour), and not {ms}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(level: Level, patience_ms: impl Into<Option<u32>>) -> Choice {
        Choice { level, patience_ms: patience_ms.into() }
    }

    const SEQUENTIAL: Choice = Choice { level: Level::Sequential, patience_ms: None };

    #[track_caller]
    fn refused(choices: &[Choice], strict: bool, needle: &str) {
        let text = Preference::new(choices.to_vec(), strict).unwrap_err();
        assert!(text.contains(needle), "{text} lacks {needle:?}");
    }

    #[test]
    fn what_makes_sense_is_shown_as_it_is_said() {
        let bounded = |ms| choice(Level::Bounded { ms }, None);
        let quick = choice(Level::Linearizable, 5);
        let said = |choices: &[Choice], strict| {
            Preference::new(choices.to_vec(), strict).map(|it| it.to_string())
        };
        assert_eq!(said(&[quick, SEQUENTIAL], false), Ok("linearizable:5ms sequential".into()));
        assert_eq!(said(&[bounded(100)], true), Ok("bounded:100 strict".into()));
        let waits = choice(Level::Bounded { ms: 100 }, 7);
        let all = [quick, waits, bounded(200), choice(Level::Eventual, None)];
        assert_eq!(
            said(&all, false),
            Ok("linearizable:5ms bounded:100:7ms bounded:200 eventual".into())
        );
    }

    #[test]
    fn a_level_that_would_never_be_tried_is_refused() {
        let check = |times: &[u32], timeout_ms| {
            let levels = [Level::Linearizable, Level::Bounded { ms: 100 }, Level::Sequential];
            let first = levels.into_iter().zip(times);
            let mut choices: Vec<_> = first.map(|(level, ms)| choice(level, *ms)).collect();
            choices.push(choice(Level::Eventual, None));
            Preference::new(choices, false).unwrap().check_within(timeout_ms)
        };
        // Time is looked at once a tick, and a request is answered in time.
        assert_eq!(check(&[2899], 3000), Ok(()));
        let text = check(&[2900], 3000).unwrap_err();
        assert!(text.starts_with("linearizable:2900ms may wait until"), "{text}");
        assert!(text.contains("eventual would never be tried. Hint: all times together less than"));
        assert_eq!(check(&[1000, 1899], 3000), Ok(()));
        let text = check(&[1000, 1000, 900], 3000).unwrap_err();
        assert!(text.starts_with("sequential:900ms and the levels before it may"), "{text}");
        assert_eq!(check(&[4], 10), Ok(()));
        assert!(check(&[5], 10).is_err() && check(&[1], 1).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_hint() {
        let bounded = |ms| choice(Level::Bounded { ms }, None);
        refused(&[], false, "no level is named");
        refused(&[SEQUENTIAL, bounded(100)], false, "bounded:100 is not weaker than sequential");
        refused(&[SEQUENTIAL, SEQUENTIAL], false, "is not weaker than");
        refused(&[bounded(200), bounded(100)], false, "bounded:100 is not weaker than bounded:200");
        refused(&[choice(Level::Sequential, 5)], false, "is the last level");
        let slow = choice(Level::Linearizable, None);
        refused(&[slow, SEQUENTIAL], false, "Hint: linearizable:5ms");
        refused(&[bounded(19), SEQUENTIAL], false, "Hint: bounded:19:5ms");
        refused(&[choice(Level::Linearizable, 0), SEQUENTIAL], false, "and not 0");
        refused(&[choice(Level::Linearizable, 3_600_001), SEQUENTIAL], false, "and not 3600001");
        refused(&[bounded(0)], false, "and not 0");
        refused(&[bounded(3_600_001)], false, "and not 3600001");
        refused(&[SEQUENTIAL], true, "STRICT is about a bound");
        let five: Vec<Choice> = (1..=5).map(|ms| bounded(100 * ms)).collect();
        refused(&five, false, "5 levels are named");
    }
}
