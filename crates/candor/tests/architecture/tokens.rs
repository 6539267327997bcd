//! Rust source as words and signs, without comments, texts and what is there for tests alone.

/// A word, or a sign; `::` is one sign.
pub(crate) type Token = String;

/// The tokens of a source, in order.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    without_tests(Lexer { rest: source }.collect())
}

/// Whether a token is a name or a keyword.
pub(crate) fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

struct Lexer<'s> {
    rest: &'s str,
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            let length = match self.nothing() {
                0 if self.rest.starts_with("::") => 2,
                0 if first.is_alphanumeric() || first == '_' => self.word(),
                0 => first.len_utf8(),
                skipped => {
                    self.rest = &self.rest[skipped..];
                    continue;
                }
            };
            let (token, rest) = self.rest.split_at(length);
            self.rest = rest;
            return Some(token.to_owned());
        }
    }
}

impl Lexer<'_> {
    fn word(&self) -> usize {
        let end = |c: char| !c.is_alphanumeric() && c != '_';
        self.rest.find(end).unwrap_or(self.rest.len())
    }

    /// How long the comment or the text is that begins here; 0: there is none.
    fn nothing(&self) -> usize {
        let rest = self.rest;
        let up_to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
        if rest.starts_with("//") {
            return up_to("\n");
        }
        if rest.starts_with("/*") {
            return up_to("*/");
        }
        let text = rest.strip_prefix('b').unwrap_or(rest);
        let prefix = rest.len() - text.len();
        let raw = text.strip_prefix('r').map(|text| text.trim_start_matches('#'));
        match raw {
            Some(raw) if raw.starts_with('"') => {
                let hashes = text.len() - raw.len() - 1;
                let end = format!("\"{}", "#".repeat(hashes));
                let begin = prefix + 1 + hashes + 1;
                rest[begin..].find(&end).map_or(rest.len(), |at| begin + at + end.len())
            }
            _ if text.starts_with('"') => prefix + quoted(text, '"'),
            _ if is_character(text) => prefix + quoted(text, '\''),
            _ => 0,
        }
    }
}

/// Whether a character stands here in quotes; a lifetime has no second quote.
fn is_character(text: &str) -> bool {
    text.strip_prefix('\'')
        .is_some_and(|text| text.starts_with('\\') || text.chars().nth(1) == Some('\''))
}

/// How long a text between quotes is, the quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The tokens but for items under `#[cfg(test)]`, a whole module of a file included.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut left, mut at) = (vec![], 0);
    while at < tokens.len() {
        if tokens[at..].iter().zip(MARK).filter(|(token, mark)| *token == mark).count()
            == MARK.len()
        {
            at = end_of_item(&tokens, at + MARK.len());
        } else {
            left.push(tokens[at].clone());
            at += 1;
        }
    }
    left
}

/// Where the item ends that begins here: behind its block, or its semicolon.
fn end_of_item(tokens: &[Token], begin: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(begin) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(token.as_str(), "}" | ";") {
            return at + 1;
        }
    }
    tokens.len()
}
