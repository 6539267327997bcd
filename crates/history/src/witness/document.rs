//! Witnesses as files: JSON Lines, in which each operation stands as in the history, so that an
//! order can be read, compared and judged again.

use std::fmt::Write as _;

use serde_json::Value;

use crate::formats::broken::Broken;
use crate::model::history::History;
use crate::model::level::Level;
use crate::witness::order::{Order, Witness};

/// The version of the form.
const VERSION: u64 = 1;

impl Witness {
    /// The witness as JSON Lines: for what level, then its orders with each operation as the
    /// history has it, then who saw whom.
    ///
    /// ```text
    /// {"candor_witness":1,"level":"cm"}
    /// {"order":0,"client":3}                                an order, and for whom it is
    /// {"operation":7,"line":8,"client":0,"kind":"write",…}  its operations, first to last
    /// {"operation":2,"line":3,"client":3,"kind":"read",…}
    /// {"operation":2,"saw":7}                               who saw whom; null: the initial value
    /// {"operation":2,"counted":[8,9]}                       and which increments beside it
    /// ```
    ///
    /// Operations are counted from 0 as they stand in the history; `line` is that of its file.
    ///
    /// ```
    /// use history::{Budget, History, Level, Operation, Outcome, Witness, check, validate};
    ///
    /// let operations =
    ///     vec![Operation::read(1, "x", None, 5, 9), Operation::write(0, "x", "1", 0, Some(10))];
    /// let history = History::new(None, operations);
    /// let verdict = check(&history, Level::Linearizable, &Budget::default());
    /// let Outcome::Holds { witness: Some(witness) } = verdict.outcome else { panic!() };
    /// let text = witness.to_jsonl(&history, Level::Linearizable);
    /// let (level, again) = Witness::from_jsonl(&text)?;
    /// assert_eq!(validate(&history, level, &again), Ok(()));
    /// # Ok::<(), history::Broken>(())
    /// ```
    pub fn to_jsonl(&self, history: &History, level: Level) -> String {
        let mut text = format!("{{\"candor_witness\":{VERSION},\"level\":\"{level}\"}}\n");
        for (number, order) in self.orders.iter().enumerate() {
            put(&mut text, format_args!("{{\"order\":{number}"));
            for (name, whose) in [("client", order.client), ("server", order.server)] {
                if let Some(whose) = whose {
                    put(&mut text, format_args!(",\"{name}\":{whose}"));
                }
            }
            text.push_str("}\n");
            for &index in &order.operations {
                let operation = &history.operations[index];
                put(&mut text, format_args!("{{\"operation\":{index}"));
                if operation.line > 0 {
                    put(&mut text, format_args!(",\"line\":{}", operation.line));
                }
                let json = operation.to_json();
                put(&mut text, format_args!(",{}\n", json.strip_prefix('{').unwrap_or(&json)));
            }
        }
        for (reader, source) in &self.sources {
            put(&mut text, format_args!("{{\"operation\":{reader},\"saw\":"));
            match source {
                Some(source) => put(&mut text, format_args!("{source}}}\n")),
                None => text.push_str("null}\n"),
            }
        }
        for (reader, counted) in &self.counted {
            put(&mut text, format_args!("{{\"operation\":{reader},\"counted\":{counted:?}}}\n"));
        }
        text
    }

    /// Reads what [`Witness::to_jsonl`] wrote: the level and the witness. Of the operations only
    /// their numbers count; whether they prove anything, [`validate`](crate::validate) tells.
    pub fn from_jsonl(text: &str) -> Result<(Level, Witness), Broken> {
        let (mut level, mut witness) = (None, Witness::default());
        for (number, line) in text.lines().enumerate() {
            let broken = |message: &str| Broken {
                line: number + 1,
                column: 1,
                message: message.to_string(),
            };
            let value: Value =
                serde_json::from_str(line).map_err(|error| broken(&error.to_string()))?;
            let index = |name: &str| value[name].as_u64().map(|index| index as usize);
            if level.is_none() {
                if value["candor_witness"] != VERSION {
                    return Err(broken("a witness begins with `\"candor_witness\":1`"));
                }
                let name = value["level"].as_str().unwrap_or_default();
                level = Some(name.parse().map_err(|error| broken(&format!("{error}")))?);
            } else if value.get("order").is_some() {
                let (client, server) = (value["client"].as_u64(), value["server"].as_u64());
                witness.orders.push(Order { client, server, operations: Vec::new() });
            } else {
                let operation =
                    index("operation").ok_or_else(|| broken("this names no `operation`"))?;
                if value.get("saw").is_some() {
                    witness.sources.push((operation, index("saw")));
                } else if let Some(counted) = value["counted"].as_array() {
                    let index = |value: &Value| value.as_u64().map(|index| index as usize);
                    let counted: Option<Vec<usize>> = counted.iter().map(index).collect();
                    let counted = counted.ok_or_else(|| broken("`counted` names operations"))?;
                    witness.counted.push((operation, counted));
                } else {
                    let order = witness.orders.last_mut();
                    order
                        .ok_or_else(|| broken("no order begins before"))?
                        .operations
                        .push(operation);
                }
            }
        }
        let nothing = || Broken { line: 1, column: 1, message: "the file is empty".to_string() };
        Ok((level.ok_or_else(nothing)?, witness))
    }
}

fn put(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = text.write_fmt(part);
}
