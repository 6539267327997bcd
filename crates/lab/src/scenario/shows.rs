//! The fields `description`, `shows` and `violates`: what a scenario is there for, in words, and
//! which stronger level its runs must be seen not to meet.

use history::Level;
use jsonc_parser::ast::{ObjectProp, Value};

use super::TEXT_CHARS_MAX;
use super::fields::{Problems, kind, list, quoted};
use super::level::{names, parse, read_level};

/// A text of one line.
pub(super) fn read_text(
    value: &Value<'_>,
    name: &str,
    problems: &mut Problems<'_>,
) -> Option<String> {
    let Value::StringLit(text) = value else {
        return problems.add(value, format!("{name} is a string, not {}", kind(value)));
    };
    if text.value.chars().count() > TEXT_CHARS_MAX || text.value.contains(char::is_control) {
        let what = format!("{name} is one line of at most {TEXT_CHARS_MAX} characters");
        return problems.add(value, what);
    }
    Some(text.value.clone().into_owned())
}

/// What is seen at each level, `{"sequential": "reads go on", …}`.
pub(super) fn read_shows(
    value: &Value<'_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<(Level, String)>> {
    let fields = levels_of(value, "shows", "what is seen", problems)?;
    let mut shows = vec![];
    for (level, field) in fields {
        let text = read_text(&field.value, "what a scenario shows", problems);
        shows.push(text.map(|text| (level, text)));
    }
    shows.into_iter().collect()
}

/// Which level a run at each level must be seen not to meet, `{"sequential": "linearizable"}`.
pub(super) fn read_violates(
    value: &Value<'_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<(Level, Level)>> {
    let fields = levels_of(value, "violates", "the stronger level that is not met", problems)?;
    let mut violates = vec![];
    for (level, field) in fields {
        let stronger = read_level(&field.value, problems).and_then(|stronger| {
            if stronger != level && stronger.is_at_least(level) {
                return Some((level, stronger));
            }
            let what = format!("{stronger} is not stronger than {level}, which must hold");
            problems.add(&field.value, what)
        });
        violates.push(stronger);
    }
    violates.into_iter().collect()
}

/// The fields of an object that is keyed by levels.
fn levels_of<'v>(
    value: &'v Value<'v>,
    name: &str,
    meaning: &str,
    problems: &mut Problems<'_>,
) -> Option<Vec<(Level, &'v ObjectProp<'v>)>> {
    let Value::Object(object) = value else {
        let what = format!("{name} is an object, {meaning} by level, not {}", kind(value));
        return problems.add(value, what);
    };
    let mut found: Vec<(Level, &ObjectProp<'_>)> = vec![];
    for field in &object.properties {
        let name = field.name.as_str();
        match parse(name) {
            None => {
                let what = format!("{} is no level; there are {}", quoted(name), list(names()));
                problems.add::<()>(field, what);
            }
            Some(level) if found.iter().any(|(known, _)| *known == level) => {
                problems.add::<()>(field, format!("{level} is there twice; keep one"));
            }
            Some(level) => found.push((level, field)),
        }
    }
    Some(found)
}
