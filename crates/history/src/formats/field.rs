//! Where the fields of a line stand, and faults that point there. The reader parses lines with
//! serde, which knows places only where syntax or a type is wrong; for what is wrong in meaning,
//! this finds the column.

/// The field that holds the operations of a transaction.
pub(crate) const OPERATIONS: &str = "operations";
/// The field that holds the keyspaces of a header.
pub(crate) const KEYSPACES: &str = "keyspaces";

/// One field of a JSON object on one line; columns count characters from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// The name between the quotes, as written.
    pub(crate) name: &'a str,
    /// The byte at which its value begins.
    value: usize,
    /// The column of the name's opening quote.
    pub(crate) column: usize,
    /// The column of the value's first character.
    pub(crate) value_column: usize,
    /// The column behind the value's last character.
    pub(crate) end_column: usize,
}

/// The top-level fields of `line`, as far as it is an object.
pub(crate) fn fields(line: &str) -> Vec<Field<'_>> {
    fields_from(line, 0)
}

/// The fields of the object that begins there or behind.
fn fields_from(line: &str, at: usize) -> Vec<Field<'_>> {
    let mut scanner = Scanner { line, at };
    let mut found = Vec::new();
    scanner.skip(|b| b != b'{');
    scanner.at += 1;
    loop {
        scanner.skip(|b| b.is_ascii_whitespace() || b == b',');
        let start = scanner.at;
        if scanner.peek() != Some(b'"') {
            return found;
        }
        scanner.string();
        let name = line.get(start + 1..scanner.at.saturating_sub(1)).unwrap_or("");
        scanner.skip(|b| b.is_ascii_whitespace() || b == b':');
        let value = scanner.at;
        scanner.value();
        found.push(Field {
            name,
            value,
            column: column(line, start),
            value_column: column(line, value),
            end_column: column(line, scanner.at),
        });
    }
}

/// Where the elements of an array begin, as bytes of the line: those of this field's value.
fn elements(line: &str, field: &Field<'_>) -> Vec<usize> {
    let mut scanner = Scanner { line, at: field.value };
    let mut found = Vec::new();
    if scanner.peek() != Some(b'[') {
        return found;
    }
    scanner.at += 1;
    loop {
        scanner.skip(|b| b.is_ascii_whitespace() || b == b',');
        // What is no list any more may end here, too.
        if scanner.peek().is_none_or(|byte| matches!(byte, b']' | b'}')) {
            return found;
        }
        found.push(scanner.at);
        scanner.value();
    }
}

/// The column, in characters from 1, of a byte of the line.
pub(crate) fn column(line: &str, byte: usize) -> usize {
    let byte = byte.min(line.len());
    line.bytes().take(byte).filter(|b| b & 0xc0 != 0x80).count() + 1
}

/// A fault inside one line.
pub(crate) struct Fault {
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl Fault {
    /// A fault of a field's value, or of the whole line if it lacks the field.
    pub(crate) fn at(line: &str, field: &str, message: String) -> Fault {
        let found = fields(line).into_iter().find(|found| found.name == field);
        Fault { column: found.map_or(1, |found| found.value_column), message }
    }

    /// A fault of a field of one of the objects that this line has in a list, or of that object if
    /// it lacks the field.
    pub(crate) fn inside(
        line: &str,
        list: &str,
        number: usize,
        field: &str,
        message: String,
    ) -> Fault {
        let own = fields(line).into_iter().find(|found| found.name == list);
        let start = own.and_then(|own| elements(line, &own).get(number).copied());
        let Some(start) = start else { return Fault::at(line, list, message) };
        let found = fields_from(line, start).into_iter().find(|found| found.name == field);
        Fault { column: found.map_or(column(line, start), |found| found.value_column), message }
    }

    /// What serde found; it points behind the token at fault, this points at its start.
    pub(crate) fn parse(line: &str, error: &serde_json::Error) -> Fault {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let message = message.replace("expected u64", "expected an integer of at least 0");
        if error.is_syntax() || error.is_eof() {
            let column = column(line, error.column().saturating_sub(1));
            return Fault { column, message: format!("this is no JSON object: {message}") };
        }
        let behind = column(line, error.column());
        let covers = |f: &&Field<'_>| f.column < behind && behind <= f.end_column;
        let place = |field: &Field<'_>| match behind <= field.value_column {
            true => field.column,
            false => field.value_column,
        };
        let outer = fields(line).into_iter().find(|field| covers(&field));
        let is_list = |field: &&Field<'_>| {
            [OPERATIONS, KEYSPACES].contains(&field.name) && behind > field.value_column
        };
        let inner = outer.as_ref().filter(is_list).and_then(|list| {
            let starts = elements(line, list);
            let last = starts.iter().rev().find(|&&start| column(line, start) < behind)?;
            let own = fields_from(line, *last).iter().find(covers).map(place);
            Some(own.unwrap_or(column(line, *last)))
        });
        let column = inner.or(outer.as_ref().map(place)).unwrap_or(1);
        Fault { column, message }
    }
}

struct Scanner<'a> {
    line: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&skipped) {
            self.at += 1;
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    fn value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}
