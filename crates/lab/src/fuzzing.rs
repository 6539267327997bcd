//! What must hold for any bytes that somebody takes for a scenario file: nothing panics, and a
//! refusal says something of each problem.
//!
//! The fuzz targets in `fuzz/` look for bytes for which it does not; the tests here try some at
//! random.

use crate::scenario::Scenario;

/// A scenario file.
pub fn scenarios(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Scenario::parse("file.json", text) {
        Ok(scenario) => assert_eq!(Scenario::parse("file.json", text), Ok(scenario)),
        Err(refusal) => {
            assert!(!refusal.problems.is_empty());
            let lines = refusal.to_string();
            assert!(lines.lines().next().is_some_and(|line| line.starts_with("file.json:")));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A scenario that is shipped, with some bytes changed and a part given twice or left out.
    fn any_file() -> impl Strategy<Value = Vec<u8>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test");
        let files: Vec<Vec<u8>> = std::fs::read_dir(folder)
            .expect("scenarios are shipped")
            .map(|file| std::fs::read(file.expect("it can be listed").path()).expect("it is there"))
            .collect();
        let place = any::<prop::sample::Index>;
        let harms = prop::collection::vec((place(), any::<u8>()), 0..3);
        let part = (place(), place(), 0..3usize);
        (prop::sample::select(files), harms, part).prop_map(
            |(mut bytes, harms, (from, to, times))| {
                let ends = [from.index(bytes.len()), to.index(bytes.len())];
                let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let part = bytes[from..to].repeat(times);
                bytes.splice(from..to, part);
                for (place, value) in harms {
                    if !bytes.is_empty() {
                        let place = place.index(bytes.len());
                        bytes[place] = value;
                    }
                }
                bytes
            },
        )
    }

    #[test]
    fn brackets_within_brackets_do_not_overflow_the_stack() {
        for open in ["[", "{\"a\":", "{\"clients\":["] {
            scenarios(open.repeat(1 << 20).as_bytes());
        }
    }

    proptest! {
        #[test]
        fn any_scenario(bytes in any_file()) {
            scenarios(&bytes);
        }
    }
}
