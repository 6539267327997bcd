//! The guarantees of Terry et al. 1994, read off what each read saw.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::level::Level;
use crate::witness::facts::Facts;
use crate::witness::order::Witness;

/// What an operation read, key by key.
type Saw = Vec<(usize, Option<usize>)>;

/// No read saw the initial value or an own write older than the latest own earlier one.
pub(super) fn read_your_writes(facts: &Facts<'_>) -> Result<(), String> {
    let mut saw = Saw::new();
    for chain in facts.clients.values() {
        let mut own: HashMap<usize, Vec<usize>> = HashMap::new();
        for &index in chain {
            facts.saw(index, &mut saw)?;
            for &(key, source) in &saw {
                let writes = own.entry(key).or_default();
                let (older, latest) = match writes.split_last() {
                    Some((latest, older)) => (older, Some(latest)),
                    None => (&writes[..], None),
                };
                let forgets = match source {
                    Some(source) => older.contains(&source),
                    None => latest.is_some(),
                };
                if forgets {
                    return Err(format!("{} forgot a write of its client", facts.name(index)));
                }
            }
            for key in facts.changed(index) {
                own.entry(key).or_default().push(index);
            }
        }
    }
    Ok(())
}

/// No client's reads of a key return to a source that they left, or to the initial value.
pub(super) fn monotonic_reads(facts: &Facts<'_>) -> Result<(), String> {
    let mut saw = Saw::new();
    for chain in facts.clients.values() {
        let mut now: HashMap<usize, Option<usize>> = HashMap::new();
        let mut left: HashSet<(usize, Option<usize>)> = HashSet::new();
        for &index in chain {
            facts.saw(index, &mut saw)?;
            for &(key, source) in &saw {
                let before = now.insert(key, source);
                if before.is_some_and(|before| before != source) {
                    left.insert((key, before.flatten()));
                    // Nothing comes before the initial value.
                    left.insert((key, None));
                }
                if before != Some(source) && left.contains(&(key, source)) {
                    let name = facts.name(index);
                    return Err(format!("{name} returned to what its client had left"));
                }
            }
        }
    }
    Ok(())
}

/// For each observer, an order of what is visible to it, in which each write stands behind what it
/// brings along and each read saw the last write of its key among those visible by then.
pub(super) fn observers(facts: &Facts<'_>, level: Level, witness: &Witness) -> Result<(), String> {
    let brought = Brought::new(facts, level)?;
    let mut reads: BTreeMap<(u64, Option<u64>), Vec<usize>> = BTreeMap::new();
    for index in facts.clients.values().flatten().copied().filter(|&i| facts.looked(i)) {
        reads.entry((facts.op(index).client, facts.op(index).server)).or_default().push(index);
    }
    for ((client, server), reads) in reads {
        let order = witness.orders.iter().find(|o| (o.client, o.server) == (Some(client), server));
        let order = order.ok_or_else(|| format!("client {client} has no order"))?;
        observe(facts, &brought, &order.operations, &reads)?;
    }
    Ok(())
}

/// What writes bring along: for each client a line of writes, and for each write of the client how
/// much of that line. For monotonic writes the line is the client's own writes, for writes follow
/// reads what it read from.
struct Brought {
    lines: Vec<Vec<usize>>,
    of_write: Vec<(usize, usize)>,
}

impl Brought {
    fn new(facts: &Facts<'_>, level: Level) -> Result<Brought, String> {
        let mut brought = Brought { lines: Vec::new(), of_write: vec![(0, 0); facts.counts.len()] };
        let mut saw = Saw::new();
        for (number, chain) in facts.clients.values().enumerate() {
            let mut line = Vec::new();
            for &index in chain {
                if level == Level::Wfr {
                    // What a transaction read it read before it wrote.
                    facts.saw(index, &mut saw)?;
                    line.extend(saw.iter().filter_map(|&(_, source)| source));
                }
                if facts.changed(index).next().is_some() {
                    brought.of_write[index] = (number, line.len());
                    line.extend((level == Level::Mw).then_some(index));
                }
            }
            brought.lines.push(line);
        }
        Ok(brought)
    }
}

fn observe(
    facts: &Facts<'_>,
    brought: &Brought,
    order: &[usize],
    reads: &[usize],
) -> Result<(), String> {
    const NOWHERE: usize = usize::MAX;
    let mut place = vec![NOWHERE; facts.counts.len()];
    order.iter().enumerate().for_each(|(at, &index)| place[index] = at);
    let mut visible = vec![false; facts.counts.len()];
    let mut shown = vec![0; brought.lines.len()];
    // For each client the place behind the last one of its line that is shown, and for each key
    // the place behind the last visible write.
    let mut behind = vec![Vec::new(); brought.lines.len()];
    let mut last = vec![0; facts.keys];
    let mut saw = Saw::new();
    for &read in reads {
        facts.saw(read, &mut saw)?;
        let mut todo: Vec<usize> = saw.iter().filter_map(|&(_, source)| source).collect();
        let mut fresh = Vec::new();
        while let Some(write) = todo.pop() {
            if !std::mem::replace(&mut visible[write], true) {
                fresh.push(write);
                let (client, until) = brought.of_write[write];
                if shown[client] < until {
                    todo.extend(&brought.lines[client][shown[client]..until]);
                    shown[client] = until;
                }
            }
        }
        for &write in &fresh {
            if place[write] == NOWHERE {
                return Err(format!("{} is visible but missing", facts.name(write)));
            }
            for key in facts.changed(write) {
                last[key] = last[key].max(place[write] + 1);
            }
        }
        // Behind everything that a write brings along: behind the last of that part of the line.
        for write in fresh {
            let (client, until) = brought.of_write[write];
            let line: &mut Vec<usize> = &mut behind[client];
            for brought in &brought.lines[client][line.len().min(until)..until] {
                line.push(place[*brought].max(line.last().copied().unwrap_or(0)));
            }
            if until > 0 && line[until - 1] >= place[write] {
                return Err(format!("{} stands before what it brings along", facts.name(write)));
            }
        }
        for &(key, source) in &saw {
            if source.map_or(0, |source| place[source] + 1) != last[key] {
                return Err(format!("{} overlooked a visible write", facts.name(read)));
            }
        }
    }
    Ok(())
}
