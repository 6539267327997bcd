//! The picture that `candor check --html` draws.

use std::fs;
use std::io;
use std::path::Path;

use ::picture::{Fault, Picture, Ruling, Standing};
use history::{History, Level, Report};
use lab::{STANDINGS, quoted};

/// Writes the picture of a history and its verdicts, which those options gave, to `html`.
pub(crate) fn draw(
    html: &Path,
    file: &Path,
    level: Option<Level>,
    options: &str,
    history: &History,
    report: &Report,
) -> io::Result<()> {
    let picture = Picture {
        history,
        title: file.display().to_string(),
        promised: history.promised().map(|level| level.to_string()),
        point: None,
        asked: level.map(|level| level.to_string()),
        rulings: Ruling::from_report(&report.json),
        seed: None,
        command: format!("candor check{options} {}", quoted(&file.display().to_string())),
        facts: vec![],
        troubles: vec![],
        quiet: None,
        faults: faults(history),
        standings: standings(&standings_beside(file)),
    };
    fs::write(html, picture.html())
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", html.display())))
}

/// Where servers stood, if a run left that beside its history.
fn standings_beside(history: &Path) -> Vec<lab::Standing> {
    let text = fs::read_to_string(history.with_file_name(STANDINGS)).unwrap_or_default();
    lab::Standing::from_jsonl(&text)
}

/// Where servers stood, to be drawn.
pub(crate) fn standings(told: &[lab::Standing]) -> Vec<Standing> {
    let standing = |told: &lab::Standing| Standing {
        at_us: told.at_us,
        server: told.server,
        position: told.position.clone(),
    };
    told.iter().map(standing).collect()
}

/// The faults that stand in the history.
pub(crate) fn faults(history: &History) -> Vec<Fault> {
    let unit_ns = u128::from(history.unit().nanoseconds());
    let us = |time: u64| (u128::from(time) * unit_ns / 1000) as u64;
    let fault = |fault: &history::Fault| Fault {
        from_us: us(fault.start),
        until_us: fault.end.map(us),
        server: fault.server,
        text: fault.text.clone(),
    };
    history.faults.iter().map(fault).collect()
}
