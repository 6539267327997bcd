//! Transactions, which do not exist yet: refused as a whole.
//!
//! Clients send `MULTI`, the commands and `EXEC` in one go, so an error for the first would not
//! keep the others from running, one by one. So after a `MULTI` nothing runs up to what ends the
//! transaction, and `EXEC` fails in the way that clients know.

use resp::Writer;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Transaction {
    /// Outside.
    #[default]
    None,
    /// After a `MULTI`, which was refused.
    Refused,
}

const MULTI: &str = "ERR MULTI is not supported yet: nothing runs up to EXEC, DISCARD or RESET. Send the commands without it";
const INSIDE: &str =
    "ERR the command did not run: MULTI was refused, and EXEC, DISCARD or RESET did not come yet";
const EXEC: &str = "EXECABORT Transaction discarded because of previous errors.";

impl Transaction {
    /// Takes a command whose place is in a transaction; false if it is none of them.
    pub(super) fn take(&mut self, name: &[u8], writer: &mut Writer<'_>) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match self {
            Transaction::None if is("multi") => {
                *self = Transaction::Refused;
                writer.error(MULTI);
            }
            Transaction::None => return false,
            Transaction::Refused if is("exec") => {
                *self = Transaction::None;
                writer.error(EXEC);
            }
            Transaction::Refused if is("discard") => {
                *self = Transaction::None;
                writer.simple("OK");
            }
            Transaction::Refused if is("reset") || is("quit") => {
                *self = Transaction::None;
                return false;
            }
            Transaction::Refused => writer.error(INSIDE),
        }
        true
    }
}
