//! Which addresses are of this machine.

use std::net::IpAddr;

/// Whether an address is of this machine's loopback interface.
pub(crate) fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_by_loopback_is_local() {
        for address in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_local(address.parse().unwrap()), "{address}");
        }
        for address in ["10.0.0.1", "0.0.0.0", "192.168.1.1", "::ffff:10.0.0.1", "fe80::1", "::"] {
            assert!(!is_local(address.parse().unwrap()), "{address}");
        }
    }
}
