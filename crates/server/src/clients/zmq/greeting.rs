//! The greeting: 64 bytes that each side sends before anything else (ZMTP 3.0, "Version
//! Negotiation").
//!
//! ```text
//!   FF 00 00 00 00 00 00 00 01 7F   signature; the eight bytes between may be anything
//!   03 00                           version
//!   "NULL" and 16 zeros             mechanism
//!   00 and 31 zeros                 as-server, filler
//! ```

use super::error::Error;

/// How long a greeting is.
pub(super) const GREETING_BYTES: usize = 64;
/// The version that is spoken here; a peer of a later one speaks it, too.
const VERSION: [u8; 2] = [3, 0];
/// The name of the mechanism, as long as its field.
const MECHANISM: [u8; 20] = *b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const SIGNATURE: [u8; 10] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f];

/// What the server says first.
pub(super) fn own() -> [u8; GREETING_BYTES] {
    let mut greeting = [0; GREETING_BYTES];
    greeting[..10].copy_from_slice(&SIGNATURE);
    greeting[10..12].copy_from_slice(&VERSION);
    greeting[12..32].copy_from_slice(&MECHANISM);
    greeting
}

/// Whether these bytes, which may be its beginning only, are a greeting that is understood here.
pub(super) fn check(bytes: &[u8]) -> Result<(), Error> {
    let is = |place: usize, right: &dyn Fn(u8) -> bool| bytes.get(place).is_none_or(|b| right(*b));
    if !is(0, &|byte| byte == SIGNATURE[0]) || !is(9, &|byte| byte == SIGNATURE[9]) {
        return Err(Error::NotZmtp);
    }
    if !is(10, &|major| major >= VERSION[0]) {
        return Err(Error::Version);
    }
    let mechanism = bytes.get(12..).unwrap_or_default();
    if !mechanism.iter().zip(MECHANISM).all(|(byte, right)| *byte == right) {
        return Err(Error::Mechanism);
    }
    Ok(())
}
