//! What a start begins with: the newest snapshot that is good.

use std::path::PathBuf;

use node::{Recovery, SnapshotNumber, StartError};
use tracing::{info, warn};

use super::{Error, Folder, Kept, Reader};
use crate::logging::Progress;
use crate::mutants::mutant;

/// What takes in the bytes of a snapshot.
pub(crate) trait Load {
    /// Takes in the next bytes.
    fn load(&mut self, bytes: &[u8]) -> Result<(), StartError>;

    /// That was all of the snapshot of this number.
    fn loaded(&mut self, number: SnapshotNumber) -> Result<(), StartError>;
}

impl Load for Recovery {
    fn load(&mut self, bytes: &[u8]) -> Result<(), StartError> {
        Recovery::load(self, bytes)
    }

    fn loaded(&mut self, number: SnapshotNumber) -> Result<(), StartError> {
        Recovery::loaded(self, number)
    }
}

/// Where a start begins to read the log.
#[derive(Debug)]
pub(crate) struct Start<L> {
    /// What has taken in the newest good snapshot, or nothing if there is none.
    pub loaded: L,
    /// That snapshot.
    pub newest: Option<Kept>,
    /// Where those lie that cannot be read: newer ones that the system does not let us read, and
    /// all that were found bad, now or before.
    pub bad: Vec<PathBuf>,
}

impl Folder {
    /// Loads the newest snapshot that is good. Each is taken in by one that `make` makes, which is
    /// told the numbers of those that cannot be read.
    ///
    /// # Errors
    /// [`Error::Version`]: the newest one is of another version. [`Error::Refused`]: it is good,
    /// and of another node or order, or has what this version does not know. [`Error::Disk`]: what
    /// there is cannot be listed.
    pub(crate) fn start<L: Load>(
        &self,
        make: impl Fn(&[SnapshotNumber]) -> L,
    ) -> Result<Start<L>, Error> {
        let (mut skipped, mut bad) = (vec![], vec![]);
        let mut progress = Progress::default();
        for number in self.numbers()? {
            let mut loaded = make(&skipped);
            match self.load(number, &mut loaded, &mut progress) {
                Ok(newest) => {
                    bad.extend(self.bad()?);
                    return Ok(Start { loaded, newest: Some(newest), bad });
                }
                Err(error @ (Error::Version { .. } | Error::Refused { .. })) => return Err(error),
                Err(error) => bad.extend(self.pass_over(number, &error)),
            }
            mutant!(SkippedNumberUsedAgain, skipped.push(number), ());
        }
        bad.extend(self.bad()?);
        mutant!(BadNumberUsedAgain, skipped.extend(self.bad_numbers()?), ());
        skipped.sort_unstable();
        skipped.dedup();
        Ok(Start { loaded: make(&skipped), newest: None, bad })
    }

    /// Takes none of them. They stay until [`Folder::discard`].
    pub(crate) fn start_without<L: Load>(
        &self,
        make: impl Fn(&[SnapshotNumber]) -> L,
    ) -> Result<Start<L>, Error> {
        let skipped = [self.numbers()?, self.bad_numbers()?].concat();
        Ok(Start { loaded: make(&skipped), newest: None, bad: vec![] })
    }

    /// Gives all that are in place another name: no start takes them any more.
    pub(crate) fn discard(&self) -> Result<(), Error> {
        for number in self.numbers()? {
            let aside = self.set_aside(number)?;
            warn!("snapshot {number} is discarded: it is {} from now on", aside.display());
        }
        Ok(())
    }

    fn load(
        &self,
        number: SnapshotNumber,
        into: &mut impl Load,
        progress: &mut Progress,
    ) -> Result<Kept, Error> {
        let reader = Reader::open(self, number)?;
        let header = reader.header();
        let refused = |source| Error::Refused { path: self.placed(number), source };
        let mut done = 0;
        reader.for_each_piece(|piece| {
            into.load(piece).map_err(refused)?;
            done += piece.len() as u64;
            progress.tell(|| {
                format!("read {} of {} MiB of snapshot {number}", done >> 20, header.bytes >> 20)
            });
            Ok(())
        })?;
        into.loaded(number).map_err(refused)?;
        info!("read snapshot {number}, {} bytes", header.bytes);
        Ok(Kept { number, first: header.first })
    }

    /// Warns of a snapshot that cannot be read. A bad one gets another name. One that the system
    /// does not let us read may be good all the same: where that lies.
    fn pass_over(&self, number: SnapshotNumber, error: &Error) -> Option<PathBuf> {
        const MEANWHILE: &str = "what was before it is taken";
        match error.is_damage().then(|| self.set_aside(number)) {
            Some(Ok(aside)) => {
                warn!(
                    "{error}; {MEANWHILE}, and it is {} from now on\n  hint: check the disk; the file is for people to \
                     look at, and goes once two later ones are bad",
                    aside.display()
                );
                return None;
            }
            Some(Err(other)) => warn!("{error}; {MEANWHILE}, and it stays where it is: {other}"),
            None => warn!("{error}; {MEANWHILE}, and it goes when the next one is in place"),
        }
        Some(self.placed(number))
    }
}
