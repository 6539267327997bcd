//! `candor recover`: a new cluster out of what is left of one that lost its majority.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use server::{Boot, Index, Lost, NodeId, Survey, Survivor};

use super::{Failure, NewNodeArgs};
use crate::progress::Progress;

/// Make a new cluster's first node of what is left of a cluster that lost its majority for good.
///
/// While a majority can come back, let it come back: nothing is lost then. This is for when it
/// never will, and it is your word that what only the lost members had may be gone, although it was
/// acknowledged.
///
/// Stop all nodes that are left, and name the data directories of all of them: a member whose
/// directory is not named counts as lost. They are read, and stay as they are. It tells what is
/// there, what is lost and what it would take, and ends there, unless --force says that this is
/// meant; on a terminal it then asks once more, unless --yes is there.
///
/// Of the agreed logs it takes the one with the greatest (term, index) at its end, with all its
/// entries: also those that nobody knows to be committed, since the lost may have acknowledged
/// them. Of the merged logs it takes all that any survivor holds.
///
/// What it makes has a new cluster id and the next epoch: nodes and tokens of the old cluster are
/// refused, so a lost node that comes back can never join it. Positions, boots, log time and the
/// clock of stamps go on behind all that is named. Other nodes come in with new directories: candor
/// serve --join, candor cluster add.
///
/// Exit codes: 0 the directory is made; 1 it is not, since nobody said that this is meant, a node
/// still runs, or something failed; 78 a directory is of no use or damaged, or they do not go
/// together, or the new one is not empty.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The data directories of all survivors.
    #[arg(value_name = "DIR", required = true)]
    directories: Vec<PathBuf>,
    #[command(flatten)]
    new: NewNodeArgs,
    /// Make it, although what the lost members alone had is gone.
    #[arg(long)]
    force: bool,
    /// Do not ask on a terminal.
    #[arg(long, requires = "force")]
    yes: bool,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    match recover(args) {
        Ok(words) => crate::say(&words),
        Err(failure) => crate::fail(failure.exit_code, &failure.what),
    }
}

fn recover(args: &Args) -> Result<String, Failure> {
    let bar = Progress::of_bytes("read");
    let survey = server::survey(&args.directories, args.new.node(), &mut |bytes| bar.tell(bytes));
    bar.end();
    let survey = survey?;
    let printed = io::stdout().lock().write_all(in_words(&survey).as_bytes());
    crate::output::heard(printed).map_err(|error| Failure::run_time(error.to_string()))?;
    if !args.force {
        return Err(unmade(&format!(
            "--force says that this is meant: {} becomes the first node of a new cluster then",
            args.new.data_dir.display()
        )));
    }
    if !args.yes && io::stdin().is_terminal() {
        ask(args)?;
    }
    let bar = Progress::of_bytes("written");
    let made = survey.found(&mut |bytes| bar.tell(bytes));
    bar.end();
    let made = made?;
    Ok(format!("{}\n{}", args.new.made(&made), args.new.started_by(made.order)))
}

/// Asks whether this is meant.
fn ask(args: &Args) -> Result<(), Failure> {
    let place = args.new.data_dir.display();
    eprint!("Make {place} the first node of a new cluster of this? (yes/no) ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(unmade("only \"yes\" is taken for yes")),
    }
}

fn unmade(hint: &str) -> Failure {
    Failure::run_time(format!("nothing was made\n  hint: {hint}"))
}

/// What is there, what is lost, and what becomes of it, in lines.
fn in_words(survey: &Survey) -> String {
    let survivors = survey.survivors();
    let mut all = String::new();
    if let Some((id, epoch)) = survivors.cluster() {
        let _ = writeln!(all, "cluster {id:016x}, epoch {epoch}: what its survivors hold");
    }
    table(survey, &mut all);
    for remark in survey.remarks() {
        let _ = writeln!(all, "{remark}");
    }
    for survivor in survivors.told() {
        if let Some(boot) = survivor.outlived {
            let _ = writeln!(
                all,
                "the directory of node {} is an older copy: another survivor has believed its boot {boot}, and this one has lived \
                 boot {}; what it wrote since is lost, unless another holds it",
                survivor.node.0, survivor.boot
            );
        }
    }
    for lost in survivors.lost() {
        let _ = writeln!(all, "{}", of_lost(&lost));
    }
    if survivors.are_majority() {
        let _ = writeln!(
            all,
            "these are a majority: started again as they are, they go on by themselves, and nothing agreed is lost (then: candor \
             cluster remove --lose)"
        );
    }
    let _ = writeln!(
        all,
        "a member whose directory is not named counts as lost: what it alone had is gone, acknowledged or not"
    );
    all + &of_taken(survey)
}

fn table(survey: &Survey, all: &mut String) {
    let mut rows = vec![
        ["node", "agreed log ends at", "committed", "snapshot at", "merged logs", "directory"]
            .map(str::to_owned),
    ];
    for (survivor, path) in survey.survivors().told().iter().zip(survey.directories()) {
        let Survivor { node, last: (index, term), commit, snapshot, merged, .. } = survivor;
        rows.push([
            node.0.to_string(),
            format!("{index}, term {term}"),
            commit.to_string(),
            if snapshot.0 == 0 { "-".into() } else { snapshot.to_string() },
            format!("{{{}}}", places(merged)),
            path.display().to_string(),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(all, "  {}", line.trim_end());
    }
}

fn of_lost(Lost { node, address, merged }: &Lost) -> String {
    let at = if address.is_empty() { String::new() } else { format!(" ({address})") };
    let held = match merged {
        Some((boot, index)) => format!(
            "its merged log is held up to {}.{boot}: {index}, and what it wrote behind that is lost",
            node.0
        ),
        None => "nothing of its merged log is held".into(),
    };
    format!("lost: node {}{at}: {held}", node.0)
}

/// What is taken.
fn of_taken(survey: &Survey) -> String {
    let survivors = survey.survivors();
    let best = survivors.told().iter().find(|told| Some(told.node) == survivors.best());
    let (agreed, merged) = survivors.keys();
    let known = survivors.told().iter().map(|told| told.commit).max().unwrap_or_default();
    let agreed = best.map_or(String::new(), |best| {
        let unknown = best.last.0.0.saturating_sub(known.0);
        let counts = match unknown {
            0 => String::new(),
            1 => "; its last entry is not known to be committed, and counts from now on".into(),
            count => format!(
                "; its last {count} entries are not known to be committed, and count from now on"
            ),
        };
        format!(
            "taken: the agreed log of node {}, up to {}, with {agreed} keys{counts}\n",
            best.node.0, best.last.0
        )
    });
    format!(
        "{agreed}taken: the merged logs {{{}}}, with {merged} keys\n",
        places(&survivors.merged())
    )
}

fn places(all: &[(NodeId, Boot, Index)]) -> String {
    let place = |(node, boot, index): &(NodeId, Boot, Index)| format!("{}.{boot}: {index}", node.0);
    all.iter().map(place).collect::<Vec<_>>().join(", ")
}
