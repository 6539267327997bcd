//! What must hold for any bytes that somebody takes for a history: nothing panics, memory stays
//! within its limit, and what is read can be written and read again.
//!
//! The fuzz targets in `fuzz/` look for bytes for which it does not; the tests here try some at
//! random.

use crate::History;

/// What may be taken to read one history.
const BYTES_MAX: usize = 64 << 20;

/// A history in any form.
pub fn histories(bytes: &[u8]) {
    let history = match History::from_bytes_within(bytes, BYTES_MAX) {
        Ok(Some(history)) => history,
        Ok(None) => return,
        Err(broken) => {
            assert!(broken.line > 0 && broken.column > 0, "places count from 1: {broken}");
            return;
        }
    };
    assert!(history.bytes() <= BYTES_MAX);
    let text = history.to_jsonl();
    let again = History::from_jsonl(&text).expect("what was read can be written");
    assert_eq!(again.operations.len(), history.operations.len());
    assert_eq!(again.to_jsonl(), text, "all that counts of it is written");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: [&str; 23] = [
        r#"{"candor_history":1,"unit":"ms","level":"causal"}"#,
        r#"{"client":1,"kind":"write","key":"x","value":"1","start":1,"end":2}"#,
        r#"{"client":2,"kind":"read","key":"x","start":3,"end":null}"#,
        r#"{"client":3,"kind":"cas","key":"y","from":null,"to":"2","ok":true,"start":5,"end":9}"#,
        r#"{"client":4,"kind":"append","key":"z","value":"a","start":7,"end":8,"refused":true}"#,
        r#"{"client":5,"kind":"incr","key":"n","add":2,"value":"3","start":7,"end":8}"#,
        r#"{"client":6,"kind":"transaction","operations":[{"kind":"delete","key":"x"},{"kind":"read","key":"y","value":1}],"start":7,"end":8}"#,
        "{:process 0, :type :invoke, :f :write, :value 3}",
        "{:process 0, :type :ok, :f :write, :value 3}",
        "{:process 1, :type :invoke, :f :read, :value nil, :time 12}",
        "{:process 1, :type :info, :f :cas, :value [1 2], :index 3}",
        "{:process :nemesis, :type :info, :f :start}",
        r#"{"process": 0, "type": "invoke", "f": "read", "value": null}"#,
        r#"{"process": 0, "type": "ok", "f": "read", "value": [1, "a"]}"#,
        "INFO  jepsen.util - 0 :invoke :read nil",
        "INFO  jepsen.util - 0 :ok :read 3",
        "INFO  jepsen.util - 1 :invoke :cas [1 2]",
        "[",
        "]",
        "; a comment",
        "#inst \"2020\" ^{:a 1} \\a \"\\u00e9\" 1.5M 10N",
        "\u{feff}",
        "",
    ];

    /// Lines of all forms, with some bytes changed.
    fn any_file() -> impl Strategy<Value = Vec<u8>> {
        let lines = prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..8);
        let harms = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (lines, harms).prop_map(|(lines, harms)| {
            let mut bytes = lines.join("\n").into_bytes();
            for (place, value) in harms.into_iter().filter(|_| !lines.is_empty()) {
                let place = place.index(bytes.len() + 1);
                if place < bytes.len() {
                    bytes[place] = value;
                }
            }
            bytes
        })
    }

    /// What was found before.
    #[test]
    fn a_fault_in_a_transaction_that_ends_otherwise() {
        histories(br#"{"client":6,"kind":"transaction","operations":[{"ki7d":"read","key":"y"}i,"start":7}"#);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_history(bytes in any_file()) {
            histories(&bytes);
        }
    }
}
