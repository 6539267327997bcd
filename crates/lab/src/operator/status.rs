//! What a server says of its cluster: the answer to CLUSTER-ADMIN STATUS.

use resp::Value;
use serde_json::json;

use crate::report::table;
use crate::report::terminal::Look;
use crate::report::text::tame;

/// The cluster as one of its nodes sees it.
#[derive(Debug)]
pub(super) struct Status {
    /// All that was said: also what this program does not know.
    said: Value,
}

/// A member.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: i64,
    pub(super) address: String,
    pub(super) role: String,
    is_reachable: bool,
    matched: Option<i64>,
    lag: Option<i64>,
}

impl Status {
    /// Of an answer in RESP3.
    ///
    /// # Errors
    /// If it is no such answer.
    pub(super) fn of(said: Value) -> Result<Status, String> {
        let status = Status { said };
        match field(&status.said, "members") {
            Some(Value::Array(_)) => Ok(status),
            _ => Err(format!("CLUSTER-ADMIN STATUS was answered {}", status.said)),
        }
    }

    /// The node that tells.
    pub(super) fn node(&self) -> i64 {
        self.number("node").unwrap_or(0)
    }

    pub(super) fn members(&self) -> Vec<Member> {
        let Some(Value::Array(members)) = field(&self.said, "members") else { return vec![] };
        members.iter().map(Member::of).collect()
    }

    pub(super) fn member(&self, id: u64) -> Option<Member> {
        self.members().into_iter().find(|member| member.id as u64 == id)
    }

    /// The change that is under way; empty: none.
    pub(super) fn under_way(&self) -> String {
        text(field(&self.said, "under_way"))
    }

    /// What came of the last change; empty: there was none.
    pub(super) fn last_change(&self) -> String {
        text(field(&self.said, "last_change"))
    }

    fn number(&self, name: &str) -> Option<i64> {
        number(field(&self.said, name))
    }

    /// For machines.
    pub(super) fn document(&self) -> serde_json::Value {
        document(&self.said)
    }

    /// For people, with colours.
    pub(super) fn lines(&self) -> String {
        let cluster = match text(field(&self.said, "cluster")) {
            id if id.is_empty() => "no cluster yet: not all members have met".into(),
            id => format!("cluster {id}, epoch {}", self.number("epoch").unwrap_or(0)),
        };
        let leader = match self.number("leader") {
            Some(leader) => format!("node {leader} leads"),
            None => "nobody is known to lead".into(),
        };
        let told = format!("{cluster}; {leader}, as node {} sees it", self.node());
        let mut lines = vec![told];
        if let (Some(version), Some(newest)) =
            (self.number("version"), self.number("newest_version"))
            && version < newest
        {
            lines.push(format!(
                "it uses version {version} of the log, and this node understands {newest}: once all members do, candor cluster \
                 finalize"
            ));
        }
        lines.push(String::new());
        lines.extend(self.table());
        for (name, text) in [("under way", self.under_way()), ("last change", self.last_change())] {
            if !text.is_empty() {
                lines.extend([String::new(), format!("{name}: {}", tame(&text))]);
            }
        }
        lines.join("\n")
    }

    /// The members, a line each.
    fn table(&self) -> Vec<String> {
        let members = self.members();
        let mut header = vec!["node", "address", "role", "reachable"];
        let leads = members.iter().any(|member| member.matched.is_some());
        if leads {
            header.extend(["matched", "lag"]);
        }
        let rows = members.iter().map(|member| member.row(leads)).collect();
        let table = table(header.into_iter().map(str::to_owned).collect(), rows, 4);
        let looks = members.iter().map(Member::look);
        // The header, and the rule below it.
        let looks = [Look::Faint; 2].into_iter().chain(looks);
        table.lines().zip(looks).map(|(line, look)| look.on(line)).collect()
    }
}

impl Member {
    fn of(said: &Value) -> Member {
        Member {
            id: number(field(said, "id")).unwrap_or(0),
            address: text(field(said, "address")),
            role: text(field(said, "role")),
            is_reachable: number(field(said, "reachable")) == Some(1),
            matched: number(field(said, "matched")),
            lag: number(field(said, "lag")),
        }
    }

    fn row(&self, with_log: bool) -> Vec<String> {
        let reachable = if self.is_reachable { "yes" } else { "no" };
        let address = if self.address.is_empty() { "–" } else { &self.address };
        let mut row =
            vec![self.id.to_string(), tame(address), tame(&self.role), reachable.to_owned()];
        if with_log {
            let shown = |number: Option<i64>| number.map_or("–".into(), |it| it.to_string());
            row.extend([shown(self.matched), shown(self.lag)]);
        }
        row
    }

    fn look(&self) -> Look {
        match self.role.as_str() {
            _ if !self.is_reachable => Look::Bad,
            "leader" => Look::Strong,
            "voter" => Look::Plain,
            _ => Look::Doubtful,
        }
    }
}

/// What a map says under this name.
fn field<'v>(map: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Map(pairs) = map else { return None };
    let is_it = |(key, _): &&(Value, Value)| key.as_bytes() == Some(name.as_bytes());
    pairs.iter().find(is_it).map(|(_, value)| value)
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> String {
    let bytes = value.and_then(Value::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A value as JSON. What a server of another version says beside the rest is there, too.
fn document(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Integer(number) => json!(number),
        Value::Boolean(is) => json!(is),
        Value::Double(number) => json!(number),
        Value::Array(all) | Value::Set(all) | Value::Push(all) => {
            all.iter().map(document).collect()
        }
        Value::Map(pairs) => {
            let pair = |(name, value): &(Value, Value)| {
                let name = text(Some(name));
                let value = match (name.as_str(), value) {
                    ("reachable", Value::Integer(is)) => json!(*is == 1),
                    _ => document(value),
                };
                (name, value)
            };
            serde_json::Value::Object(pairs.iter().map(pair).collect())
        }
        Value::Attributed(_, value) => document(value),
        other => json!(text(Some(other))),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::BytesMut;

    use super::*;

    /// What a leader says of two members.
    pub(crate) const SAID: &str = "%5\r\n$7\r\ncluster\r\n$2\r\nc1\r\n$5\r\nepoch\r\n:1\r\n$4\r\nnode\r\n:1\r\n\
        $6\r\nleader\r\n:1\r\n$7\r\nmembers\r\n*2\r\n\
        %6\r\n$2\r\nid\r\n:1\r\n$7\r\naddress\r\n$9\r\nhost:7101\r\n$4\r\nrole\r\n$6\r\nleader\r\n\
        $9\r\nreachable\r\n:1\r\n$7\r\nmatched\r\n:42\r\n$3\r\nlag\r\n:0\r\n\
        %6\r\n$2\r\nid\r\n:2\r\n$7\r\naddress\r\n$9\r\nhost:7102\r\n$4\r\nrole\r\n$5\r\nvoter\r\n\
        $9\r\nreachable\r\n:0\r\n$7\r\nmatched\r\n_\r\n$3\r\nlag\r\n_\r\n";

    fn status(said: &str) -> Status {
        let mut bytes = BytesMut::from(said);
        Status::of(resp::Decoder::default().next(&mut bytes).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn people_see_a_table() {
        let lines = anstream::adapter::strip_str(&status(SAID).lines()).to_string();
        let told = "cluster c1, epoch 1; node 1 leads, as node 1 sees it\n\n  \
            node  address    role    reachable  matched  lag\n  \
            ────────────────────────────────────────────────\n  \
            1     host:7101  leader  yes             42    0\n  \
            2     host:7102  voter   no               –    –";
        assert_eq!(lines, told);
        let changing = SAID.replacen("%5", "%6", 1) + "$9\r\nunder_way\r\n$5\r\nADD 4\r\n";
        assert!(status(&changing).lines().ends_with("\n\nunder way: ADD 4"));
    }

    #[test]
    fn machines_see_all_that_was_said() {
        let more = SAID.replacen("%5", "%6", 1) + "$7\r\nremoved\r\n*0\r\n";
        let document = status(&more).document();
        assert_eq!(document["members"][1]["reachable"], false);
        assert_eq!(document["members"][1]["lag"], serde_json::Value::Null);
        assert_eq!(document["removed"], json!([]));
    }

    #[test]
    fn what_is_no_status_is_told() {
        let error = Status::of(Value::Simple("PONG".into())).unwrap_err();
        assert_eq!(error, "CLUSTER-ADMIN STATUS was answered PONG");
    }
}
