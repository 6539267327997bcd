//! What a story says of clocks, levels, replies and certificates.

use node::*;

/// How far a clock is ahead, in full seconds: what a step of the world takes makes no difference.
pub(super) fn clock(clock: &MemberClock) -> String {
    let middle_ms = (clock.at_least_ms + clock.at_most_ms) / 2;
    format!("n{} {:+} s", clock.id.0, (middle_ms as f64 / 1000.0).round() as i64)
}

pub(super) fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| panic!("not a number: {word}"))
}

pub(super) fn level_of(word: &str) -> Level {
    match word {
        "linearizable" => Level::Linearizable,
        "sequential" => Level::Sequential,
        "causal" => Level::Causal,
        "eventual" => Level::Eventual,
        _ => match word.strip_prefix("bounded:") {
            Some(ms) => Level::Bounded { ms: number(ms) as u32 },
            None => panic!("not a level: {word}"),
        },
    }
}

/// Levels in order of preference, each with the time that it has: `linearizable+50 sequential`.
pub(super) fn preference_of(words: &[&str]) -> Preference {
    let (words, strict) = match words {
        [levels @ .., "strict"] => (levels, true),
        levels => (levels, false),
    };
    let choice = |word: &&str| match word.split_once('+') {
        Some((level, ms)) => {
            Choice { level: level_of(level), patience_ms: Some(number(ms) as u32) }
        }
        None => Choice { level: level_of(word), patience_ms: None },
    };
    Preference::new(words.iter().map(choice).collect(), strict).expect("it makes sense")
}

pub(super) fn place(certificate: &Certificate) -> String {
    let agreed = |at: &AgreedPosition| format!("{}.{}", at.index, at.offset);
    let entry = |at: &MergedPosition| format!("{}.{}:{}", at.replica.0, at.boot, at.index);
    let write = |write: &MergedWrite| format!("{}.{}", entry(&write.entry), write.offset);
    match certificate {
        Certificate::Agreed { position, by: None } => format!("at {}", agreed(position)),
        Certificate::Agreed { position, by: Some(by) } => {
            let by = by.as_ref().map_or("nothing".into(), agreed);
            format!("at {}, by {by}", agreed(position))
        }
        Certificate::Merged { position, by, entry: own } => {
            let position: Vec<String> = position.iter().map(entry).collect();
            let by =
                by.iter().map(|by| format!(", by {}", by.as_ref().map_or("nothing".into(), write)));
            let own = own.iter().map(|own| format!(", is {}", write(own)));
            format!("at [{}]{}", position.join(" "), by.chain(own).collect::<String>())
        }
    }
}

/// A longer value is told by its length.
const TOLD_BYTES_MAX: usize = 1000;

pub(super) fn text(reply: &Reply) -> String {
    match reply {
        Reply::Ok => "OK".into(),
        Reply::Nil => "nil".into(),
        Reply::Value(value) if value.len() > TOLD_BYTES_MAX => format!("{} bytes", value.len()),
        Reply::Value(value) => String::from_utf8_lossy(value).into_owned(),
        Reply::Integer(count) => count.to_string(),
        Reply::Status(word) => (*word).into(),
        Reply::Array(all) => format!("[{}]", all.iter().map(text).collect::<Vec<_>>().join(", ")),
        Reply::Map(pairs) => {
            let pairs = pairs.iter().map(|(name, one)| format!("{name}, {}", text(one)));
            format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
        }
        Reply::Error(error) => error.to_string(),
    }
}
