//! Temporary.
use std::sync::atomic::{AtomicU64, Ordering};
fn main() {
    let args: Vec<u64> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    let (from, count) = (args[0], args[1]);
    sim::hush();
    let next = AtomicU64::new(from);
    let (snaps, fetches, bad) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= from + count { break; }
                let report = sim::run(seed, &sim::Options::default());
                snaps.fetch_add(report.snapshots, Ordering::Relaxed);
                fetches.fetch_add(report.fetches, Ordering::Relaxed);
                if let Err(v) = &report.verdict {
                    bad.fetch_add(1, Ordering::Relaxed);
                    println!("seed {seed}: {v:?}\n   {}", report.setting);
                }
            });
        }
    });
    println!("{count} worlds, {} bad, {} snapshots, {} fetches", bad.into_inner(), snaps.into_inner(), fetches.into_inner());
}
