//! What is told of a run before it begins.

use super::terminal::Look;
use super::text::{labelled, tame};
use crate::attempt::task::Task;
use crate::scenario::{Scenario, Transport};

/// The file, what is run of it, and what it is about; it is run so many times.
pub(crate) fn title_lines(task: &Task<'_>, repeat: u32) -> Vec<String> {
    let title = Look::Strong.on(task.file.display());
    let mut lines = vec![format!("\n{title}  {}", about(task, repeat))];
    let Scenario { description, .. } = task.scenario;
    for text in description.iter().map(String::as_str).chain(task.scenario.shown()) {
        lines.extend(labelled("", Look::Faint, [tame(text)]));
    }
    lines
}

fn about(task: &Task<'_>, repeat: u32) -> String {
    let Task { scenario, seed, run, .. } = task;
    let repeat = match repeat {
        1 => String::new(),
        repeat => format!("run {run} of {repeat} · "),
    };
    format!(
        "{repeat}{}{} · {} · {} · {} · seed {seed}",
        scenario.promises(),
        match scenario.transport {
            Transport::Resp => "",
            Transport::Zmq => " · over ZeroMQ",
        },
        counted(scenario.servers, "server"),
        counted(scenario.all_clients().len(), "client"),
        match scenario.workloads.is_empty() {
            true => counted(scenario.operations(), "operation"),
            false => format!("up to {} operations", scenario.operations_max()),
        },
    )
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
