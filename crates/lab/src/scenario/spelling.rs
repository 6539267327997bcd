//! "Did you mean": the known name that is nearest to an unknown one.

/// How many letters may differ, for every three that the known name has.
const LETTERS_PER_SLIP: usize = 3;

/// The known name that is meant by `given`, if one is near enough.
pub(super) fn nearest<'n>(
    given: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    // The distance takes time by the product of both lengths.
    if given.len() > 64 {
        return None;
    }
    let given = given.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, name), name))
        .filter(|(slips, name)| *slips <= name.len() / LETTERS_PER_SLIP)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        let known = ["num_servers", "clients", "key", "ms"];
        assert_eq!(nearest("num_server", known), Some("num_servers"));
        assert_eq!(nearest("Num-Servers", known), Some("num_servers"));
        assert_eq!(nearest("cleints", known), Some("clients"));
        assert_eq!(nearest("kye", known), Some("key"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("s", known), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), known), None);
    }
}
