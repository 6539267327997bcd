//! `SET key value [NX | XX | IFEQ value] [GET]`: the options, in any order and any case.
//!
//! `NX`, `XX` and `GET` are Redis 7's; `IFEQ` is that of Redis 8.4 and Valkey 8.1: the value is replaced if it is exactly
//! the one given, and a key that is missing equals nothing. What clashes is a syntax error, as there.

use bytes::Bytes;
use node::{Command, Condition, SetIf};
use resp::Writer;

use super::refusal;
use super::spec::Call;

/// Options for which there is nothing here yet, and whether a value follows.
const ABSENT: [(&str, Kind, bool); 8] = [
    ("EX", Kind::Expiry, true),
    ("PX", Kind::Expiry, true),
    ("EXAT", Kind::Expiry, true),
    ("PXAT", Kind::Expiry, true),
    ("KEEPTTL", Kind::Expiry, false),
    ("IFNE", Kind::Condition, true),
    ("IFDEQ", Kind::Condition, true),
    ("IFDNE", Kind::Condition, true),
];

/// Of each kind a call may have one; `NX NX` is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Condition,
    Expiry,
}

/// Why options do not make a command.
#[derive(Debug)]
pub(super) enum Fault {
    /// They make no sense, here or in Redis.
    Syntax,
    /// This one does not exist yet.
    Absent(&'static str),
}

impl Fault {
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Fault::Syntax => refusal::syntax(writer),
            Fault::Absent(option) => writer.error_with(format_args!(
                "ERR SET option '{option}' is not supported yet; only NX, XX, IFEQ and GET are"
            )),
        }
    }
}

/// The options of one call.
#[derive(Debug, Default)]
struct Options {
    condition: Option<(&'static str, Condition)>,
    expiry: Option<&'static str>,
    get: bool,
    /// The first one that does not exist yet.
    absent: Option<&'static str>,
}

/// The command that a `SET` with options means.
pub(super) fn conditional(call: &Call<'_>) -> Result<Command, Fault> {
    let mut options = Options::default();
    let mut place = 3;
    while place < call.request.len() {
        let value = place + 1;
        let value = (value < call.request.len()).then(|| call.request.bytes(value));
        place += if options.take(&call.request[place], value)? { 2 } else { 1 };
    }
    if let Some(option) = options.absent {
        return Err(Fault::Absent(option));
    }
    let (key, value) = (call.request.bytes(1), call.request.bytes(2));
    let condition = options.condition.map_or(Condition::Always, |(_, condition)| condition);
    Ok(Command::SetIf(Box::new(SetIf { key, value, condition, get: options.get })))
}

impl Options {
    /// Takes in an option, and perhaps what follows it; true if it was taken, too.
    fn take(&mut self, option: &[u8], value: Option<Bytes>) -> Result<bool, Fault> {
        let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        if is("GET") {
            self.get = true;
            return Ok(false);
        }
        if is("NX") {
            return self.compare("NX", Condition::Absent).map(|()| false);
        }
        if is("XX") {
            return self.compare("XX", Condition::Present).map(|()| false);
        }
        if is("IFEQ") {
            let expected = value.ok_or(Fault::Syntax)?;
            return self.compare("IFEQ", Condition::Equals(expected)).map(|()| true);
        }
        let (name, kind, valued) =
            ABSENT.into_iter().find(|(name, ..)| is(name)).ok_or(Fault::Syntax)?;
        if valued && value.is_none() {
            return Err(Fault::Syntax);
        }
        self.absent.get_or_insert(name);
        match kind {
            Kind::Condition => self.compare(name, Condition::Always)?,
            Kind::Expiry if self.expiry.is_some_and(|other| other != name) => {
                return Err(Fault::Syntax);
            }
            Kind::Expiry => self.expiry = Some(name),
        }
        Ok(valued)
    }

    /// Only `NX` and `XX` may be said twice: two values could not both be compared.
    fn compare(&mut self, name: &'static str, condition: Condition) -> Result<(), Fault> {
        let same = |other: &str| other == name && matches!(name, "NX" | "XX");
        if self.condition.as_ref().is_some_and(|(other, _)| !same(other)) {
            return Err(Fault::Syntax);
        }
        self.condition = Some((name, condition));
        Ok(())
    }
}
