//! Scenarios that are equal but for their level: what is said of them below the table, before the
//! page is named.

use super::comparison::{Comparison, Word};
use super::terminal::Look;
use super::text::{labelled, tame};

/// Which files are compared, the strongest level that held in each, and what each showed that a
/// stronger one forbids.
pub(crate) fn levels_lines(comparison: &Comparison<'_>) -> Vec<String> {
    let mut lines = labelled("levels", Look::Plain, [tame(&comparison.sentence())]);
    let held = comparison.columns.iter().map(|column| {
        let name = tame(&column.name());
        format!("{name}: {}", tame(&column.held()))
    });
    lines.extend(labelled("held", Look::Plain, held));
    for (place, column) in comparison.columns.iter().enumerate() {
        let label = if place == 0 { "showed" } else { "" };
        let (showings, name) = (column.showings(), tame(&column.name()));
        if showings.is_empty() {
            let none = format!("{name}: no level is stronger");
            lines.extend(labelled(label, Look::Faint, [none]));
        }
        for (place, showing) in showings.iter().enumerate() {
            let label = if place == 0 { label } else { "" };
            let look = match showing.word {
                Word::Broken => Look::Bad,
                Word::Shown => Look::Plain,
                Word::Undecided => Look::Doubtful,
                Word::Nothing => Look::Faint,
            };
            lines.extend(labelled(label, look, [format!("{name}: {}", tame(&showing.text))]));
        }
    }
    lines
}
