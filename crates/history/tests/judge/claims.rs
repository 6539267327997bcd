//! Certificates: an order that they claim is taken only if it proves the level, and a history is
//! judged alike with true certificates, with false ones and with none.

use history::{
    Budget, Certificate, Entry, History, Kind, Level, Operation, Place, Position, Replica, Source,
    Verdict, check,
};

use crate::chance::{self, Chance, Shape};

const SHAPE: Shape = Shape {
    operations: 12,
    clients: 3,
    keys: 2,
    values: 0,
    cas_percent: 15,
    update_percent: 0,
    delete_percent: 10,
    unknown_percent: 10,
    refused_percent: 5,
    level_percent: 0,
    length: 3,
    servers: 0,
    wild_percent: 10,
    stale_percent: 10,
};

fn place(index: u64) -> Place {
    Place { index: index / 2, offset: index % 2 }
}

/// Certificates as an agreed log would give them for the witness order, if there is one.
fn certify(history: &History, order: &[usize]) -> History {
    let mut certified = history.clone();
    let mut last = std::collections::BTreeMap::new();
    let mut applied = place(0);
    for (at, &index) in order.iter().enumerate() {
        let operation = &mut certified.operations[index];
        let key = operation.key.clone();
        if !matches!(operation.kind, Kind::Write { .. }) {
            let by = last.get(&key).copied().map_or(Source::Nothing, Source::Agreed);
            operation.certify(|held| held.by = Some(by));
        }
        if matches!(operation.kind, Kind::Read { .. }) {
            operation.certify(|held| held.position = Some(Position::Agreed(applied)));
            continue;
        }
        applied = place(at as u64 + 2);
        if operation.is_write() {
            last.insert(key, applied);
        }
        // An unknown outcome has no certificate.
        if operation.client_goes_on() {
            operation.certify(|held| held.position = Some(Position::Agreed(applied)));
        }
    }
    certified
}

fn by_claim(verdict: &Verdict) -> bool {
    verdict.notes.iter().any(|note| note.starts_with("proved by the order that the certificates"))
}

#[test]
fn true_certificates_prove_and_false_ones_do_no_harm() {
    let (mut proved, mut searched) = ([0; 2], 0);
    for seed in 0..1_000 {
        let mut chance = Chance(seed);
        let values = if chance.percent(50) { 0 } else { 3 };
        let plain = chance::history(&mut chance, &Shape { values, ..SHAPE });
        for (kind, level) in [Level::Linearizable, Level::Sequential].into_iter().enumerate() {
            let without = check(&plain, level, &Budget::default());
            let order = match &without.outcome {
                history::Outcome::Holds { witness: Some(witness) } => {
                    witness.orders[0].operations.clone()
                }
                _ => {
                    (0..plain.operations.len()).filter(|&i| !plain.operations[i].refused).collect()
                }
            };
            let certified = certify(&plain, &order);
            let with = check(&certified, level, &Budget::default());
            assert_eq!(with.word(), without.word(), "seed {seed} {}", certified.to_jsonl());
            proved[kind] += usize::from(by_claim(&with));
            let mut lies = certified.clone();
            for operation in &mut lies.operations {
                if operation.position().is_some() && chance.percent(20) {
                    let position = Position::Agreed(place(chance.below(9)));
                    operation.certify(|held| held.position = Some(position));
                }
                if operation.by().is_some() && chance.percent(20) {
                    let by = Source::Agreed(place(chance.below(9)));
                    operation.certify(|held| held.by = Some(by));
                }
            }
            let misled = check(&lies, level, &Budget::default());
            assert_eq!(misled.word(), without.word(), "seed {seed} {}", lies.to_jsonl());
            searched += usize::from(!by_claim(&misled));
        }
    }
    assert!(proved.iter().all(|&count| count > 200), "the claims proved only {proved:?}");
    assert!(searched > 200, "only {searched} lies sent the judge searching");
}

#[test]
fn an_unknown_write_takes_the_one_entry_that_somebody_saw() {
    let mut write = Operation::write(0, "x", "1", 0, None);
    write.server = Some(1);
    let read = Operation::read(1, "x", Some("1"), 10, 20).certified(Certificate {
        position: Some(Position::Agreed(place(8))),
        by: Some(Source::Agreed(place(6))),
        entry: None,
    });
    let one = History::new(None, vec![write.clone(), read.clone()]);
    assert!(by_claim(&check(&one, Level::Linearizable, &Budget::default())));
    // With two such writes it is not clear whose entry it is.
    let twin = Operation::write(2, "x", "1", 0, None);
    let two = History::new(None, vec![write, read, twin]);
    let verdict = check(&two, Level::Linearizable, &Budget::default());
    assert!(verdict.holds() && !by_claim(&verdict));
}

fn entry(node: u64, index: u64, stamp: u64) -> Entry {
    Entry { replica: Replica { node, boot: 1 }, index, offset: 0, stamp }
}

fn merged_write(client: u64, key: &str, value: &str, at: u64, own: Entry) -> Operation {
    let position = Some(Position::Merged(vec![(own.replica, own.index)]));
    let certificate = Certificate { position, by: None, entry: Some(own) };
    Operation::write(client, key, value, at, Some(at + 5)).certified(certificate)
}

fn merged_read(client: u64, key: &str, value: Option<&str>, at: u64, by: Source) -> Operation {
    let position = Some(Position::Merged(vec![(Replica { node: 1, boot: 1 }, 9)]));
    let certificate = Certificate { position, by: Some(by), entry: None };
    Operation::read(client, key, value, at, at + 5).certified(certificate)
}

#[test]
fn stamps_arbitrate_merged_writes_of_one_value() {
    // The same value written twice: only the certificates tell who was seen.
    let (low, high) = (entry(1, 1, 10), entry(2, 1, 20));
    let history = |second_sees: Entry| {
        History::new(
            None,
            vec![
                merged_write(0, "x", "a", 0, low),
                merged_write(1, "x", "b", 0, high),
                merged_write(2, "x", "a", 0, entry(3, 1, 5)),
                merged_read(3, "x", Some("a"), 10, Source::Merged(low)),
                merged_read(3, "x", Some("b"), 20, Source::Merged(second_sees)),
                merged_read(4, "y", None, 20, Source::Nothing),
            ],
        )
    };
    let verdict = check(&history(high), Level::Causal, &Budget::default());
    assert!(verdict.holds() && by_claim(&verdict), "{:?}", verdict.notes);
    // A claim that names an entry of another value is refused, and the judge looks itself.
    let verdict = check(&history(low), Level::Causal, &Budget::default());
    assert!(verdict.holds() && !by_claim(&verdict), "{:?}", verdict.notes);
    assert!(verdict.notes[0].contains("the judge searched"), "{:?}", verdict.notes);
}

/// A write of x, a delete of it by another node, and a read that found nothing and names no write.
fn deleted(vector: &[(u64, u64)], later: Option<Operation>) -> Verdict {
    let place = |&(node, index): &(u64, u64)| (Replica { node, boot: 1 }, index);
    let position = Some(Position::Merged(vector.iter().map(place).collect()));
    let certificate = Certificate { position, by: Some(Source::Nothing), entry: None };
    let mut delete = merged_write(0, "x", "", 10, entry(2, 1, 20));
    delete.kind = Kind::Write { value: None };
    let mut operations = vec![merged_write(0, "x", "a", 0, entry(1, 1, 10)), delete];
    operations.extend(later);
    operations.push(Operation::read(0, "x", None, 40, 45).certified(certificate));
    check(&History::new(None, operations), Level::Causal, &Budget::default())
}

#[test]
fn a_read_that_names_no_write_saw_a_delete_that_the_store_forgot() {
    let verdict = deleted(&[(1, 1), (2, 1)], None);
    assert!(verdict.holds() && by_claim(&verdict), "{:?}", verdict.notes);
    // A vector without the delete explains nothing: the judge looks itself.
    let verdict = deleted(&[(1, 1)], None);
    assert!(verdict.holds() && !by_claim(&verdict), "{:?}", verdict.notes);
    // A write that this client made after the delete is lost.
    let later = merged_write(0, "x", "b", 20, entry(1, 2, 30));
    let verdict = deleted(&[(1, 2), (2, 1)], Some(later));
    assert!(verdict.is_violated(), "{:?}", verdict.notes);
}

#[test]
fn stamps_that_contradict_what_was_seen_prove_nothing() {
    // Client 1 saw stamp 20 and then wrote with stamp 10: its own write is hidden behind the older.
    let (low, high) = (entry(2, 1, 10), entry(1, 1, 20));
    let history = History::new(
        None,
        vec![
            merged_write(0, "x", "old", 0, high),
            merged_read(1, "x", Some("old"), 10, Source::Merged(high)),
            merged_write(1, "x", "new", 20, low),
            merged_read(1, "x", Some("old"), 30, Source::Merged(high)),
        ],
    );
    let verdict = check(&history, Level::Causal, &Budget::default());
    assert!(verdict.is_violated(), "{}", verdict.lines(&history).join("\n"));
}

#[test]
fn an_operation_has_no_room_for_a_certificate_that_it_has_not() {
    let plain = Operation::write(0, "x", "1", 0, Some(5));
    assert_eq!(plain.clone().certified(Certificate::default()), plain);
    let mut certified = plain.clone();
    certified.certify(|held| held.entry = Some(entry(1, 1, 10)));
    assert_eq!((certified.entry(), certified.by()), (Some(entry(1, 1, 10)), None));
    certified.certify(|held| held.entry = None);
    assert_eq!(certified, plain);
    assert!(size_of::<Operation>() <= 168, "{} bytes", size_of::<Operation>());
}
