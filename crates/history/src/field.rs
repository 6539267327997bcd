//! Where the fields of a line stand. The reader parses lines with serde, which knows places only
//! where syntax or a type is wrong; for what is wrong in meaning, this finds the column.

/// One top-level field of a JSON object on one line; columns count characters from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// The name between the quotes, as written.
    pub(crate) name: &'a str,
    /// The column of the name's opening quote.
    pub(crate) column: usize,
    /// The column of the value's first character.
    pub(crate) value_column: usize,
    /// The column behind the value's last character.
    pub(crate) end_column: usize,
}

/// The top-level fields of `line`, as far as it is an object.
pub(crate) fn fields(line: &str) -> Vec<Field<'_>> {
    let mut scanner = Scanner { line, at: 0 };
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
            column: column(line, start),
            value_column: column(line, value),
            end_column: column(line, scanner.at),
        });
    }
}

/// The column, in characters from 1, of a byte of the line.
pub(crate) fn column(line: &str, byte: usize) -> usize {
    let byte = byte.min(line.len());
    line.bytes().take(byte).filter(|b| b & 0xc0 != 0x80).count() + 1
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
