//! Members that are somewhere else than the log says: where they are dialled meanwhile.

use super::{MEMBERS_MAX, Options, check_address, has_no_port, parse_peer};
use crate::Error;

/// Reads a list of members that are somewhere else, `ID=HOST:PORT,…`.
pub fn parse_dial(text: &str) -> Result<Vec<(u64, String)>, Error> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let dial: Vec<_> = parts.map(|part| parse_peer("--dial", part)).collect::<Result<_, _>>()?;
    if dial.is_empty() {
        return Err(Error::configuration(format!(
            "--dial: {text:?} lists nobody\n  hint: it lists members that are somewhere else than their cluster \
             knows, as in --dial 2=10.0.0.2:7000"
        )));
    }
    Ok(dial)
}

impl Options {
    /// Addresses that can be dialled, one for each.
    pub(super) fn check_dial(&self) -> Result<(), Error> {
        if self.dial.len() > MEMBERS_MAX {
            return Err(Error::configuration(format!(
                "--dial lists {} members\n  hint: a cluster has at most {MEMBERS_MAX}",
                self.dial.len()
            )));
        }
        for (place, (id, address)) in self.dial.iter().enumerate() {
            if *id == 0 {
                return Err(Error::configuration(format!(
                    "--dial: 0={address} has the id 0\n  hint: ids begin at 1"
                )));
            }
            check_address("--dial", address)?;
            if has_no_port(address) {
                return Err(Error::configuration(format!(
                    "--dial: {id}={address} has no port that this node could dial\n  hint: give the \
                     port that node {id} receives its peers on"
                )));
            }
            if self.dial[..place].iter().any(|(other, _)| other == id) {
                return Err(Error::configuration(format!(
                    "--dial: the id {id} is listed twice\n  hint: each member is in one place"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use super::*;

    #[test]
    fn who_is_somewhere_else_has_an_id_and_an_address_that_can_be_dialled() {
        let dials = |text: &str| Options { dial: parse_dial(text).unwrap(), ..Options::default() };
        dials("2=a:1, 3=[::1]:1").check().unwrap();
        refused(dials("0=a:1"), "--dial: 0=a:1 has the id 0");
        refused(dials("2=a"), "--dial: \"a\" is not HOST:PORT");
        refused(dials("2=a:0"), "--dial: 2=a:0 has no port");
        refused(dials("2=a:1,2=b:1"), "--dial: the id 2 is listed twice");
        let many: Vec<_> = (1..=32).map(|id| format!("{id}=a:1")).collect();
        refused(dials(&many.join(",")), "--dial lists 32 members");
        for (text, reason) in
            [("a:1", "--dial: \"a:1\" is not ID=HOST:PORT"), (" ,", "lists nobody")]
        {
            let error = parse_dial(text).unwrap_err();
            assert!(error.exit_code == 78 && error.reason.contains(reason), "{error}");
        }
    }
}
