//! A story's cluster that has lost its majority: what its survivors hold, and the node made of it.

use node::*;

use super::World;
use super::disk::{Disk, Snapshot};

impl World {
    /// Makes node `new` of what these nodes hold, which are down.
    pub(super) fn recover(&mut self, ids: &[u64], new: u64) {
        if let Err(error) = self.try_recover(ids, new) {
            self.told.push(format!("nothing is made: {error}"));
        }
    }

    fn try_recover(&mut self, ids: &[u64], new: u64) -> Result<(), StartError> {
        let mut survivors = Survivors::default();
        for id in ids {
            survivors.add(self.read(*id)?)?;
        }
        let compared = survivors.compare();
        compared.map_err(|(place, error)| StartError(format!("n{}: {error}", ids[place])))?;
        self.told.extend(survivors.told().iter().map(in_words));
        self.told.extend(survivors.lost().iter().map(|lost| {
            let held = lost.merged.map_or("nothing".into(), |(boot, index)| {
                format!("up to {}.{boot}:{index}", lost.node.0)
            });
            format!("lost: n{} ({}), merged {held}", lost.node.0, lost.address)
        }));
        if survivors.are_majority() {
            self.told.push("they are a majority".into());
        }
        let (agreed, merged) = survivors.keys();
        let taken = |best: NodeId| format!("taken: n{}, keys {agreed} and {merged}", best.0);
        self.told.extend(survivors.best().map(taken));
        let mut founded = survivors.found(Founder {
            id: NodeId(new),
            address: format!("host{new}"),
            directory: DirectoryId(3000 + new),
            cluster: 4000 + new,
            incarnation: 5000 + new,
        })?;
        let mut snapshot = Snapshot::default();
        while let Some(bytes) = founded.go_on()? {
            snapshot.bytes.extend(bytes);
        }
        let snapshots = [(SnapshotNumber(1), snapshot)].into();
        self.disks.insert(new, Disk { snapshots, ..Disk::default() });
        self.directories.insert(new, 3000 + new);
        self.told_members.insert(new, vec![new]);
        self.told.push(format!("n{new} is made, epoch {}", founded.cluster().1));
        Ok(())
    }

    /// Reads the disk of a node.
    fn read(&self, id: u64) -> Result<Recovery, StartError> {
        let (disk, own) = (&self.disks[&id], if id > 9 { id / 10 } else { id });
        let mut reading = Survivors::reading(NodeId(own));
        let mut from = 0;
        if let Some((number, snapshot)) = disk.snapshots.last_key_value() {
            snapshot.bytes.chunks(100).try_for_each(|piece| reading.load(piece))?;
            reading.loaded(*number)?;
            from = snapshot.groups;
        }
        for (place, group) in disk.kept.iter().enumerate().skip(from) {
            reading.replay(LogPlace(place as u64), group)?;
        }
        Ok(reading)
    }
}

fn in_words(told: &Survivor) -> String {
    let Survivor { node, boot, last: (index, term), commit, merged, outlived, .. } = told;
    let merged: Vec<String> =
        merged.iter().map(|(id, boot, index)| format!("{}.{boot}:{index}", id.0)).collect();
    let copy = outlived.map_or(String::new(), |boot| format!(", outlived by boot {boot}"));
    format!(
        "n{}: boot {boot}, agreed up to {index} in term {term}, committed {commit}, merged [{}]{copy}",
        node.0,
        merged.join(" ")
    )
}
