//! What the thread makes of what is queued, and what it tells.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use rustix::io::Errno;

use super::*;
use crate::log::Directory;
use crate::log::disk::{Disk, Fault, Faulty, Loss, Operation};

/// A log of small segments in this directory, and the groups that are in it, but for the seals.
fn open(path: &Path) -> (Log, Vec<Vec<u8>>) {
    open_on(&Disk::default(), path)
}

/// The same on this disk.
fn open_on(disk: &Disk, path: &Path) -> (Log, Vec<Vec<u8>>) {
    let mut found = vec![];
    let directory = Directory::open(disk, path).unwrap();
    let replay = |_, records: Bytes| {
        found.extend((!records.is_empty()).then(|| records.to_vec()));
        Ok(())
    };
    let (log, _) = Log::open(directory, 8192, 1, replay).unwrap();
    (log, found)
}

/// What is sent to the thread of the log: this ticket, with these records.
fn group(ticket: u64, records: &'static [u8]) -> Group {
    Group { ticket: Ticket(ticket), records: Bytes::from_static(records) }
}

/// What is told of a group.
fn durable(ticket: u64, bytes: usize, frame: u64) -> Report {
    Report::Durable(Completion { ticket: Ticket(ticket), bytes, frame })
}

fn without_frame(report: Report) -> Report {
    match report {
        Report::Durable(done) => durable(done.ticket.0, done.bytes, 0),
        other => other,
    }
}

#[test]
fn what_is_queued_during_a_sync_becomes_one_group() {
    let temp = tempfile::tempdir().unwrap();
    let (log, _) = open(temp.path());
    let counters = log.counters();
    let (done, completions) = mpsc::channel();
    let (go_on, gate) = mpsc::channel();
    let tell = move |report| {
        let Report::Durable(completion) = report else { panic!("there is room") };
        done.send(completion).unwrap();
        gate.recv().unwrap();
    };
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    handle.append(group(1, b"one"));
    // The thread has written the first and stands still: all of these are queued behind it.
    assert_eq!(completions.recv().unwrap(), Completion { ticket: Ticket(1), bytes: 3, frame: 1 });
    for ticket in 2..=9 {
        handle.append(group(ticket, b"more"));
    }
    go_on.send(()).unwrap();
    assert_eq!(completions.recv().unwrap(), Completion { ticket: Ticket(9), bytes: 32, frame: 2 });
    go_on.send(()).unwrap();
    // What is queued at the end is made durable too.
    handle.append(group(10, b"last"));
    go_on.send(()).unwrap();
    drop(handle);
    assert_eq!(counters.syncs.load(Relaxed), 4, "three groups and the seal");
    assert_eq!(open(temp.path()).1, [b"one".to_vec(), b"more".repeat(8), b"last".to_vec()]);
}

#[test]
fn harm_to_the_last_group_is_seen_once_it_is_sealed() {
    // One that leaves much room behind it, one that would end where the segment ends, and one that
    // would end where a segment of its own does.
    for length in [4, 8192 - 4096 - 64 - 20, 3 * 4096 - 20] {
        let temp = tempfile::tempdir().unwrap();
        let mut log = open(temp.path()).0;
        log.append(&[b"before it"]).unwrap();
        let handle = Handle::spawn(log, drop, |error| panic!("{error}")).unwrap();
        handle.append(group(2, &[b'k'; 3 * 4096][..length]));
        drop(handle);
        for segment in std::fs::read_dir(temp.path().join("log")).unwrap() {
            let path = segment.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            let Some(at) = bytes.windows(4).position(|part| part == b"kkkk") else { continue };
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
        let directory = Directory::open(&Disk::default(), temp.path()).unwrap();
        let opened = Log::open(directory, 8192, 1, |_, _| Ok(()));
        let error = opened.map(drop).expect_err("damage");
        assert!(error.to_string().contains("the log is damaged"), "{error}");
    }
}

#[test]
fn groups_that_do_not_fit_into_a_segment_together_are_apart() {
    let temp = tempfile::tempdir().unwrap();
    let (log, _) = open(temp.path());
    let (done, completions) = mpsc::channel();
    let (go_on, gate) = mpsc::channel();
    let tell = move |report| {
        let Report::Durable(completion) = report else { panic!("there is room") };
        done.send(completion).unwrap();
        gate.recv().unwrap();
    };
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    handle.append(group(1, b"one"));
    completions.recv().unwrap();
    for ticket in 2..=4 {
        handle.append(group(ticket, &[b'x'; 3000]));
    }
    (0..4).for_each(|_| go_on.send(()).unwrap());
    drop(handle);
    let told: Vec<_> =
        completions.iter().map(|each: Completion| (each.ticket.0, each.bytes)).collect();
    assert_eq!(told, [(2, 3000), (3, 3000), (4, 3000)], "what is held back is not durable yet");
}

#[test]
fn what_is_queued_at_the_end_is_made_durable() {
    let temp = tempfile::tempdir().unwrap();
    let (go_on, gate) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let tell = move |report| {
        tell.send(report).unwrap();
        gate.recv().unwrap();
    };
    let log = open(temp.path()).0;
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    handle.append(group(1, b"one"));
    told.recv().unwrap();
    handle.append(group(2, &[b'x'; 3000]));
    handle.append(group(3, &[b'y'; 3000]));
    let ending = handle.ending.clone();
    let ended = thread::spawn(move || drop(handle));
    while !ending.load(Relaxed) {
        thread::yield_now();
    }
    // The thread of the log stood still until now: the server ends with groups in the queue.
    (0..3).for_each(|_| go_on.send(()).unwrap());
    ended.join().unwrap();
    assert_eq!(open(temp.path()).1.concat().len(), 6003);
}

#[test]
fn what_is_written_beside_the_thread_comes_back_in_its_place() {
    let temp = tempfile::tempdir().unwrap();
    let (tell, reports) = mpsc::channel();
    let tell = move |report| tell.send(report).unwrap();
    let handle = Handle::spawn(open(temp.path()).0, tell, |error| panic!("{error}")).unwrap();
    let here = |ticket, records| written_here(&handle, ticket, records);
    here(1, b"one");
    here(2, b"two");
    handle.append(group(3, b"three"));
    reports.recv().unwrap();
    here(4, b"four");
    assert!(handle.append_here(group(5, &[b'x'; 4000])).is_none(), "this one needs a segment");
    drop(handle);
    let mut expected =
        ["one", "two", "three", "four"].map(|text| text.as_bytes().to_vec()).to_vec();
    expected.push(vec![b'x'; 4000]);
    assert_eq!(open(temp.path()).1, expected);
}

/// Waits until nothing but the log itself stands against writing beside the thread, which is about
/// to be done with what was queued.
fn wait_until_free(handle: &Handle) {
    while handle.shared.queued.load(Ordering::Acquire) > 0 {
        thread::yield_now();
    }
    // The thread may look at the log in this moment, or the disk may have been slow: it is not
    // waited for then.
    loop {
        let free = handle.shared.log.try_lock().is_ok_and(|mut log| {
            log.forget_slowness();
            true
        });
        if free {
            break;
        }
        thread::yield_now();
    }
}

/// Writes a group beside the thread.
fn written_here(handle: &Handle, ticket: u64, records: &'static [u8]) {
    wait_until_free(handle);
    let done = handle.append_here(group(ticket, records)).expect("nothing is in its way");
    assert_eq!((done.ticket, done.bytes), (Ticket(ticket), records.len()));
}

#[test]
fn what_is_acknowledged_beside_the_thread_survives_a_power_loss_at_any_moment() {
    let groups: [&'static [u8]; 4] = [b"one", &[2; 700], b"three", &[4; 1200]];
    let mut moments = 0;
    for after in 0.. {
        let temp = tempfile::tempdir().unwrap();
        let faulty = Arc::new(Faulty::new(false));
        let disk = Disk::faulty(faulty.clone());
        let log = open_on(&disk, temp.path()).0;
        faulty.plan(None, after, Fault::PowerLoss);
        let handle = Handle::spawn(log, drop, drop).unwrap();
        let mut acknowledged = 0;
        for records in groups {
            wait_until_free(&handle);
            if handle.append_here(group(acknowledged + 1, records)).is_none() {
                break;
            }
            acknowledged += 1;
        }
        drop(handle);
        let went_dark = faulty.is_dark();
        faulty.lose_power(Loss::Part(after)).unwrap();
        faulty.power_on();
        let found = open_on(&disk, temp.path()).1;
        assert!(found.len() as u64 >= acknowledged, "{} of {acknowledged}", found.len());
        assert!(std::iter::zip(&found, groups).all(|(found, group)| found == group));
        if !went_dark {
            assert_eq!(found.len(), groups.len());
            break;
        }
        moments += 1;
    }
    assert!(moments >= 8, "{moments}");
}

#[test]
fn what_is_queued_is_not_overtaken() {
    let temp = tempfile::tempdir().unwrap();
    let (done, completions) = mpsc::channel();
    let (go_on, gate) = mpsc::channel::<()>();
    let tell = move |report| {
        done.send(report).unwrap();
        let _ = gate.recv();
    };
    let handle = Handle::spawn(open(temp.path()).0, tell, |error| panic!("{error}")).unwrap();
    handle.append(group(1, b"one"));
    completions.recv().unwrap();
    handle.append(group(2, b"two"));
    // Nothing but the queue stands against it.
    handle.shared.log().forget_slowness();
    assert_eq!(handle.append_here(group(3, b"three")), None, "the second is still queued");
    drop(go_on);
    drop(handle);
    assert_eq!(open(temp.path()).1, [b"one".to_vec(), b"twothree".to_vec()]);
}

#[test]
fn what_was_written_beside_the_thread_is_sealed_after_a_while() {
    let temp = tempfile::tempdir().unwrap();
    let (log, _) = open(temp.path());
    let counters = log.counters();
    let handle = Handle::spawn(log, drop, |error| panic!("{error}")).unwrap();
    let syncs = |count| {
        let begun = std::time::Instant::now();
        while counters.syncs.load(Relaxed) < count && begun.elapsed() < 10 * SEAL_PAUSE {
            thread::sleep(Duration::from_millis(10));
        }
        counters.syncs.load(Relaxed)
    };
    handle.append(group(1, b"one"));
    assert_eq!(syncs(2), 2, "the first is sealed");
    while !handle.shared.resting.load(Relaxed) {
        thread::yield_now();
    }
    written_here(&handle, 2, b"two");
    assert_eq!(syncs(4), 4, "and so is the second");
}

#[test]
fn a_disk_that_was_slow_is_not_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    let (mut log, _) = open(temp.path());
    log.append(&[b"one"]).unwrap();
    log.forget_slowness();
    assert!(log.is_quick_for(100) && !log.is_quick_for(8192), "the other one needs a segment");
    log.was_slow();
    assert!(!log.is_quick_for(100));
}

/// After this fault of this operation nothing is acknowledged, and nothing is tried again.
#[track_caller]
fn is_the_end(operation: Operation, says: &str) {
    let temp = tempfile::tempdir().unwrap();
    let faulty = Arc::new(Faulty::new(false));
    let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
    faulty.plan(Some(operation), 0, Fault::Refused(Errno::IO));
    let (failed, failures) = mpsc::channel();
    let tell = |report| panic!("{report:?}, but nothing is durable");
    let failed = move |error: Error| failed.send(error.to_string()).unwrap();
    let handle = Handle::spawn(log, tell, failed).unwrap();
    handle.append(group(1, b"lost"));
    let text = failures.recv().unwrap();
    assert!(text.contains(says) && text.contains("1.log"), "{text}");
    handle.append(group(2, b"lost too"));
    drop(handle);
    assert!(failures.recv().is_err(), "it is not tried again");
}

#[test]
fn a_failed_write_is_the_end() {
    is_the_end(Operation::Write, "cannot write to");
}

#[test]
fn a_failed_sync_is_the_end() {
    is_the_end(Operation::Sync, "cannot sync");
}

/// After this fault, of what is done beside the thread or by it, nobody writes anything more, while
/// the server still says so and ends.
fn is_the_end_for_both(fault: impl FnOnce(&Faulty, &Handle)) {
    let temp = tempfile::tempdir().unwrap();
    let faulty = Arc::new(Faulty::new(false));
    let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
    let (tell_failed, failures) = mpsc::channel();
    let (end, ending) = mpsc::channel::<()>();
    let failed = move |error: Error| {
        tell_failed.send(error.to_string()).unwrap();
        let _ = ending.recv();
    };
    let tell = |report| panic!("{report:?}, but nothing is durable");
    let handle = Handle::spawn(log, tell, failed).unwrap();
    // Dropped before the handle, which waits for the thread: also if a check fails.
    let end = end;
    wait_until_free(&handle);
    fault(&faulty, &handle);
    let text = failures.recv_timeout(10 * SEAL_PAUSE).unwrap();
    assert!(text.contains("cannot") && text.contains("Input/output error"), "{text}");
    let before = faulty.counts();
    wait_until_free(&handle);
    assert_eq!(handle.append_here(group(2, b"it would take the place of the lost one")), None);
    assert_eq!(faulty.counts(), before, "nothing is written");
    drop(end);
}

#[test]
fn nothing_is_written_beside_the_thread_after_a_failure_there() {
    for operation in [Operation::Sync, Operation::Write] {
        is_the_end_for_both(|faulty, handle| {
            faulty.plan(Some(operation), 0, Fault::Refused(Errno::IO));
            assert_eq!(handle.append_here(group(1, b"lost")), None);
        });
    }
}

#[test]
fn nothing_is_written_beside_the_thread_after_a_failed_seal() {
    // Nothing is queued: the thread seals what an earlier life left.
    is_the_end_for_both(|faulty, _| {
        faulty.plan(Some(Operation::Sync), 0, Fault::Refused(Errno::IO));
    });
}

#[test]
fn room_that_is_back_is_told_without_a_write() {
    let temp = tempfile::tempdir().unwrap();
    let faulty = Arc::new(Faulty::new(false));
    let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
    let (tell, reports) = mpsc::channel();
    let tell = move |report| tell.send(report).unwrap();
    faulty.refuse(Some(Errno::NOSPC));
    let _handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    assert_eq!(reports.recv().unwrap(), Report::Full(Some(Shortage::of_room())));
    faulty.refuse(None);
    assert_eq!(reports.recv_timeout(50 * ROOM_PAUSE), Ok(Report::Full(None)));
}

#[test]
fn a_great_group_that_finds_no_room_is_told_of_while_it_waits() {
    let temp = tempfile::tempdir().unwrap();
    let faulty = Arc::new(Faulty::new(false));
    let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
    let (tell, reports) = mpsc::channel();
    let tell = move |report| tell.send(report).unwrap();
    faulty.plan(Some(Operation::Create), 0, Fault::Refused(Errno::NOSPC));
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    handle.append(group(1, &[b'x'; 6000]));
    let durable = Report::Durable(Completion { ticket: Ticket(1), bytes: 6000, frame: 1 });
    let told = [Report::Full(Some(Shortage::of_room())), durable, Report::Full(None)];
    told.into_iter().for_each(|report| assert_eq!(reports.recv().unwrap(), report));
}

#[test]
fn what_finds_no_room_waits_for_it() {
    let temp = tempfile::tempdir().unwrap();
    let faulty = Arc::new(Faulty::new(false));
    let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
    let (tell, reports) = mpsc::channel();
    // Seals may come between: the frames are not compared.
    let tell = move |report| tell.send(without_frame(report)).unwrap();
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    faulty.refuse(Some(Errno::NOSPC));
    assert_eq!(
        reports.recv().unwrap(),
        Report::Full(Some(Shortage::of_room())),
        "noticed without a write"
    );
    handle.append(group(1, b"small"));
    assert_eq!(reports.recv().unwrap(), durable(1, 5, 0), "there is a reserve");
    handle.append(group(2, &[b'x'; 3000]));
    assert_eq!(reports.recv().unwrap(), durable(2, 3000, 0));
    handle.append(group(3, &[b'y'; 3000]));
    assert!(reports.recv_timeout(2 * ROOM_PAUSE).is_err(), "it needs another segment");
    faulty.refuse(None);
    let mut told = vec![reports.recv().unwrap(), reports.recv().unwrap()];
    told.sort_by_key(|report| matches!(report, Report::Full(_)));
    assert_eq!(told, [durable(3, 3000, 0), Report::Full(None)]);
    faulty.refuse(Some(Errno::NOSPC));
    assert_eq!(reports.recv().unwrap(), Report::Full(Some(Shortage::of_room())));
    handle.append(group(4, &[b'z'; 3000]));
    drop(handle);
    assert!(reports.recv().is_err(), "the server ends: nobody waits for room any more");
    let lengths: Vec<usize> = open(temp.path()).1.iter().map(Vec::len).collect();
    assert_eq!(lengths, [5, 3000, 3000]);
}

const SNAPSHOT: SnapshotNumber = SnapshotNumber(7);

/// A thread that stands still after everything that it tells, until it is let go.
fn held_up(log: Log) -> (Handle, Receiver<Report>, Sender<()>) {
    let (tell, reports) = mpsc::channel();
    let (go_on, gate) = mpsc::channel();
    let tell = move |report| {
        // Nobody listens any more at the end of a test.
        let _ = tell.send(report);
        let _ = gate.recv();
    };
    (Handle::spawn(log, tell, |error| panic!("{error}")).unwrap(), reports, go_on)
}

#[test]
fn a_mark_ends_the_group_and_names_the_frame_behind_it() {
    let temp = tempfile::tempdir().unwrap();
    let (handle, reports, go_on) = held_up(open(temp.path()).0);
    handle.append(group(1, b"one"));
    assert_eq!(reports.recv().unwrap(), durable(1, 3, 1));
    // All of this is queued.
    handle.append(group(2, b"two"));
    handle.append(group(3, b"three"));
    handle.mark(SNAPSHOT);
    handle.append(group(4, b"four"));
    drop(go_on);
    drop(handle);
    let told: Vec<_> = reports.iter().collect();
    let marked = Report::Marked { snapshot: SNAPSHOT, frame: 3 };
    assert_eq!(told, [durable(3, 8, 2), marked, durable(4, 4, 3)]);
    let found = open(temp.path()).1;
    assert_eq!(found, [b"one".to_vec(), b"twothree".to_vec(), b"four".to_vec()]);
}

#[test]
fn what_is_written_beside_the_thread_does_not_overtake_a_mark() {
    let temp = tempfile::tempdir().unwrap();
    let (handle, reports, go_on) = held_up(open(temp.path()).0);
    handle.mark(SNAPSHOT);
    let marked = |frame| Report::Marked { snapshot: SNAPSHOT, frame };
    assert_eq!(reports.recv().unwrap(), marked(1));
    // The thread stands still, and writes nothing.
    handle.mark(SNAPSHOT);
    let here = handle.append_here(group(1, b"behind it"));
    drop(go_on);
    assert_eq!(reports.recv().unwrap(), marked(1));
    assert_eq!(here, None);
}

#[test]
fn what_is_cut_is_removed_when_the_handle_is_gone() {
    let temp = tempfile::tempdir().unwrap();
    let log = open(temp.path()).0;
    let counters = log.counters();
    let (tell, reports) = mpsc::channel();
    let tell = move |report| drop(tell.send(report));
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    for ticket in 1..=20 {
        // Each needs a segment of its own.
        handle.append(group(ticket, &[b'x'; 4000]));
        handle.mark(SNAPSHOT);
    }
    let last = Report::Marked { snapshot: SNAPSHOT, frame: 21 };
    reports.iter().find(|report| *report == last).unwrap();
    handle.cut(18);
    drop(handle);
    assert_eq!(counters.segments.load(Relaxed), 3);
    let names = || {
        let entries = std::fs::read_dir(temp.path().join("log")).unwrap();
        entries.map(|each| each.unwrap().path()).collect::<Vec<_>>()
    };
    assert_eq!(names().iter().filter(|path| path.extension().is_some()).count(), 3);
    // A few stay, to be used again in this life.
    assert!(names().len() <= 3 + 4 + 1);
    let directory = Directory::open(&Disk::default(), temp.path()).unwrap();
    let mut found = 0;
    Log::open(directory, 8192, 18, |_, records| {
        found += usize::from(!records.is_empty());
        Ok(())
    })
    .unwrap();
    assert_eq!((found, names().len()), (3, 3));
}

#[test]
fn a_cut_makes_room_for_a_log_that_waits_for_it() {
    let temp = tempfile::tempdir().unwrap();
    let faulty = Arc::new(Faulty::new(false));
    let log = open_on(&Disk::faulty(faulty.clone()), temp.path()).0;
    let (tell, reports) = mpsc::channel();
    let tell = move |report| drop(tell.send(report));
    let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
    for ticket in 1..=5 {
        handle.append(group(ticket, &[b'x'; 4000]));
    }
    let durable = Report::Durable(Completion { ticket: Ticket(5), bytes: 4000, frame: 5 });
    reports.iter().find(|report| *report == durable).unwrap();
    faulty.refuse(Some(Errno::NOSPC));
    handle.append(group(6, &[b'x'; 4000]));
    reports.iter().find(|report| matches!(report, Report::Full(Some(_)))).unwrap();
    // The thread of the log is where it waits for room.
    let segments = || {
        let entries = std::fs::read_dir(temp.path().join("log")).unwrap();
        entries.filter(|each| each.as_ref().unwrap().path().extension().is_some()).count()
    };
    let before = segments();
    handle.cut(5);
    let begun = Instant::now();
    while segments() == before && begun.elapsed() < Duration::from_secs(10) {
        thread::yield_now();
    }
    let after = segments();
    // Else the thread would wait for ever.
    faulty.refuse(None);
    assert!(after < before, "{after} of {before} are left");
}
