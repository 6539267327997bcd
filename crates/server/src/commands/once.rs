//! `ONCE id command [argument …]`: the node runs the command at most once for its id.
//!
//! `ONCE id EXEC` makes the whole transaction one that runs once. What stands in it needs no id of
//! its own, and is refused one.

use super::spec::Call;
use super::{Action, Connection, data, transaction};

const INSIDE: &str =
    "ERR ONCE cannot stand in a transaction. Hint: ONCE id EXEC runs the whole of it once";

/// `ONCE id command [argument …]`
pub(super) fn once(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if call.request[2].eq_ignore_ascii_case(b"exec") {
        return transaction::exec_once(connection, call, out);
    }
    if connection.transaction.is_open() {
        connection.transaction.fail();
        connection.writer(out).error(INSIDE);
        return Action::Replied;
    }
    let row = node::find(b"once").expect("there is such a command");
    data::ask(row, connection, call, out)
}
