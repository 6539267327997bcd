//! Tells the program of which commit it is, where git knows.

use std::process::Command;

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // It changes with every commit and checkout.
    let moves = git(&["rev-parse", "--git-path", "logs/HEAD"]);
    moves.iter().for_each(|path| println!("cargo::rerun-if-changed={path}"));
    let version = env!("CARGO_PKG_VERSION");
    let told = match git(&["rev-parse", "--short=12", "HEAD"]) {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    println!("cargo::rustc-env=CANDOR_VERSION={told}");
}
