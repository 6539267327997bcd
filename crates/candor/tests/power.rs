//! Machines that lose their power under a recorded load, while snapshots are placed and segments
//! are cut and used again: the judge finds all that was acknowledged.

mod support;

use std::thread::sleep;
use std::time::Duration;

use support::recorded::draw;
use support::{Cluster, FileSystem, Recording, Server, times, until};

/// Snapshots are taken all the time, and little is kept of the log.
const SMALL: [&str; 4] = ["--snapshot-log-size", "100kb", "--log-memory", "256kb"];
/// Values of some size, so that segments fill up.
const PADDING_MAX: u64 = 64 << 10;
/// Writes that are acknowledged before the next loss.
const ACKNOWLEDGED: u64 = 150;
/// The size of a file system, in MiB.
const SIZE_MIB: u64 = 256;

/// Lets machines lose their power again and again: one of them, or every third time all. What is
/// lost, and how they come back, `lose` knows.
#[track_caller]
fn lose_often(
    cluster: &mut Cluster,
    losses: u64,
    mut lose: impl FnMut(&mut Cluster, &[usize], u64),
) {
    let recording = Recording::new("linearizable", PADDING_MAX);
    let mut chance = 0x5eed_0001;
    recording.during(&cluster.ports(), || {
        for number in 0..losses {
            let enough = recording.acknowledged() + ACKNOWLEDGED;
            until("enough writes", || (recording.acknowledged() >= enough).then_some(()));
            // At no moment in particular.
            sleep(Duration::from_micros(draw(&mut chance) % 100_000));
            let one = (draw(&mut chance) % 3) as usize;
            let all = [0, 1, 2];
            let lost = if number % 3 == 2 { &all[..] } else { &all[one..=one] };
            lose(cluster, lost, draw(&mut chance) >> 1);
            cluster.wait_until_ready();
        }
    });
    recording.judge(&cluster.servers, cluster.directory());
    for server in &cluster.servers {
        let (snapshots, segments) =
            (server.figure("snapshot_number"), server.figure("log_segments"));
        println!("{snapshots} snapshots, {segments} segments");
        assert!(snapshots > losses / 4, "{snapshots} snapshots were taken in {losses} lives");
    }
}

/// The file systems of machines are cut off in the middle of whatever is done there.
#[test]
fn acknowledged_writes_outlive_real_power_cuts() {
    let mut cluster = Cluster::on_lasting_ports(3, &SMALL);
    let paths = cluster.servers.iter().map(|server| &*server.data_dir);
    let systems: Option<Vec<_>> = paths.map(|path| FileSystem::new(path, SIZE_MIB)).collect();
    let Some(systems) = systems else { return };
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let cut = |cluster: &mut Cluster, lost: &[usize], _| {
        lost.iter().for_each(|place| systems[*place].cut_power());
        for place in lost {
            cluster.servers[*place].kill();
            systems[*place].mount_again();
            cluster.servers[*place].start();
        }
    };
    lose_often(&mut cluster, times("CANDOR_POWER_CUTS", 4), cut);
}

/// In test mode a process that is killed takes with it what it had not synced.
#[test]
fn acknowledged_writes_outlive_kills_that_lose_what_was_not_synced() {
    let mut cluster = Cluster::on_lasting_ports(3, &[&SMALL[..], &["--test-mode"]].concat());
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let kill = |cluster: &mut Cluster, lost: &[usize], seed: u64| {
        lost.iter().for_each(|place| power_off(&mut cluster.servers[*place], seed));
        lost.iter().for_each(|place| drop(cluster.servers[*place].start()));
    };
    lose_often(&mut cluster, times("CANDOR_POWER_OFFS", 6), kill);
}

/// All that was not synced is gone, or by chance of this seed a part of it.
fn power_off(server: &mut Server, seed: u64) {
    let seed = (!seed.is_multiple_of(4)).then(|| seed.to_string());
    let mut power_off = redis::cmd("DEBUG");
    power_off.arg("DISK").arg("POWER-OFF").arg(seed);
    power_off.exec(&mut server.client()).expect_err("nobody is there any more to answer");
    assert_eq!(server.wait(), None, "it ended by a signal");
}
