//! A node that is to join a cluster which is there: whom it asks, and where it can be reached.

use std::net::IpAddr;

use super::{MEMBERS_MAX, Options, check_address, has_no_port};
use crate::Error;

/// Reads a list of addresses, `HOST:PORT,…`, as flags and configuration files give it. One that
/// lists none is refused: it is more likely a variable that is not set than a node by itself.
pub fn parse_join(text: &str) -> Result<Vec<String>, Error> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let addresses: Vec<_> = parts.map(str::to_owned).collect();
    if addresses.is_empty() {
        return Err(Error::configuration(format!(
            "--join: {text:?} lists no address\n  hint: it lists members of the cluster to join, as \
             in --join 10.0.0.1:7000,10.0.0.2:7000"
        )));
    }
    Ok(addresses)
}

impl Options {
    /// The addresses at which it asks to join: not its own, in a list that is the same everywhere.
    pub(crate) fn to_dial(&self) -> Vec<String> {
        let own = self.peer_address();
        self.join.iter().filter(|address| Some(address.as_str()) != own).cloned().collect()
    }

    /// Addresses that can be dialled, each once.
    pub(super) fn check_join_addresses(&self) -> Result<(), Error> {
        if self.join.len() > MEMBERS_MAX {
            return Err(Error::configuration(format!(
                "--join lists {} addresses\n  hint: a cluster has at most {MEMBERS_MAX} members, \
                 and one of them is enough",
                self.join.len()
            )));
        }
        for (place, address) in self.join.iter().enumerate() {
            if address.contains('=') {
                return Err(Error::configuration(format!(
                    "--join: {address:?} is not HOST:PORT\n  hint: addresses alone, without ids: \
                     who is there is asked"
                )));
            }
            check_address("--join", address)?;
            if has_no_port(address) {
                return Err(Error::configuration(format!(
                    "--join: {address} has no port that this node could dial\n  hint: give the port \
                     that the member receives its peers on"
                )));
            }
            if self.join[..place].contains(address) {
                return Err(Error::configuration(format!(
                    "--join: {address} is listed twice\n  hint: list each address once"
                )));
            }
        }
        Ok(())
    }

    /// Whether this node can join, if it is to; and whether the others can be told where it is.
    pub(super) fn check_join(&self) -> Result<(), Error> {
        if self.joins() && !self.peers.is_empty() {
            return Err(Error::configuration(
                "--join and --peers exclude each other\n  hint: the first members of a cluster are \
                 started with --peers; one that is to be added, with --join alone",
            ));
        }
        if !self.peers.is_empty() {
            return Ok(());
        }
        let Some(own) = &self.peer_listen else {
            if self.joins() {
                return Err(Error::configuration(
                    "--join needs --peer-listen HOST:PORT\n  hint: give the address at which the \
                     members are to reach this node",
                ));
            }
            return Ok(());
        };
        if has_no_port(own) || is_wildcard(own) {
            return Err(Error::configuration(format!(
                "--peer-listen {own} is no address that other nodes could dial, and without --peers \
                 they are told it\n  hint: give the host and the port at which they reach this node"
            )));
        }
        if self.joins() && self.join.iter().all(|address| address == own) {
            return Err(Error::configuration(format!(
                "--join {own} is the address of this node itself\n  hint: give that of a member of \
                 the cluster"
            )));
        }
        Ok(())
    }
}

/// Whether this is an address at which every address of a machine is meant.
fn is_wildcard(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let ip: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    ip.is_ok_and(|ip| ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{refused, three};
    use super::*;

    #[test]
    fn a_node_that_is_to_join_is_where_the_others_can_be_told() {
        let joins = |join: &str, own: &str| Options {
            join: parse_join(join).unwrap(),
            peer_listen: Some(own.into()),
            ..Options::default()
        };
        joins("a:1, [::1]:2", "b:1").check().unwrap();
        let everywhere = joins("a:1,b:1", "b:1");
        everywhere.check().unwrap();
        assert_eq!(everywhere.to_dial(), ["a:1"]);
        refused(joins("b:1", "b:1"), "--join b:1 is the address of this node itself");
        refused(joins("a", "b:1"), "--join: \"a\" is not HOST:PORT");
        refused(joins("1=a:1", "b:1"), "--join: \"1=a:1\" is not HOST:PORT");
        refused(joins("a:0", "b:1"), "--join: a:0 has no port");
        refused(joins("a:1,a:1", "b:1"), "--join: a:1 is listed twice");
        let many: Vec<_> = (1..=32).map(|port| format!("a:{port}")).collect();
        refused(joins(&many.join(","), "b:1"), "--join lists 32 addresses");
        for own in ["b:0", "0.0.0.0:7", "[::]:7"] {
            refused(joins("a:1", own), &format!("--peer-listen {own} is no address"));
        }
        refused(Options { peer_listen: None, ..joins("a:1", "b:1") }, "needs --peer-listen");
        let both = Options { join: vec!["a:1".into()], ..three() };
        refused(both, "--join and --peers exclude each other");
        let error = parse_join(" ,").unwrap_err();
        assert!(error.exit_code == 78 && error.reason.contains("lists no address"), "{error}");
    }

    #[test]
    fn a_node_by_itself_may_be_where_others_can_come() {
        let at = |own: &str| Options { peer_listen: Some(own.into()), ..Options::default() };
        at("a:1").check().unwrap();
        assert_eq!(at("a:1").peer_address(), Some("a:1"));
        refused(at("0.0.0.0:1"), "--peer-listen 0.0.0.0:1 is no address");
        assert_eq!(Options::default().peer_address(), None);
        // With its place in the list it may listen anywhere.
        Options { peer_listen: Some("0.0.0.0:0".into()), ..three() }.check().unwrap();
        assert_eq!(three().peer_address(), Some("127.0.0.1:7002"));
    }
}
