//! The order that fixed waits state, and whether a run kept it.
//!
//! If the fixed waits before one request of a client add up to at least [`MARGIN_MS`] less than
//! those before another client's request, and no random sleep comes before either, the first is
//! meant to end before the second begins. Machines are sometimes slow, so the run looks whether it
//! came about. In a scenario with faults waits state nothing.

use crate::scenario::{Request, Scenario};

/// How much less one request must have waited to be meant as the earlier one.
pub(crate) const MARGIN_MS: u64 = 100;

/// The operations whose time is stated by fixed waits alone, those that waited least first.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    due: Vec<Due>,
}

/// An operation and the waits before it.
#[derive(Clone, Copy, Debug)]
struct Due {
    waited_ms: u64,
    operation: OperationId,
}

/// An operation of a scenario: the client's place among the clients, and its place among the
/// requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OperationId {
    pub(crate) client: usize,
    pub(crate) step: usize,
}

/// Two operations that did not come in the stated order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    /// What should have ended first.
    pub(crate) first: OperationId,
    /// What should have begun after it.
    pub(crate) second: OperationId,
    /// How long after the second's start the first ended; `None` if it never did.
    pub(crate) late_ns: Option<u64>,
}

impl Stated {
    /// What the waits of a scenario state.
    pub(crate) fn by(scenario: &Scenario) -> Stated {
        let mut due = vec![];
        // Under faults operations take as long as they take.
        let listed = if scenario.faults.is_empty() { &scenario.clients[..] } else { &[] };
        for (client, requests) in listed.iter().map(|c| &c.requests).enumerate() {
            let mut waited_ms = 0;
            for (step, request) in requests.iter().enumerate() {
                match request {
                    Request::SleepAtRandom => break,
                    Request::Sleep { ms } => waited_ms += ms,
                    Request::Write { .. } | Request::Read { .. } | Request::Transaction { .. } => {
                        due.push(Due { waited_ms, operation: OperationId { client, step } });
                    }
                }
            }
        }
        due.sort_by_key(|due| due.waited_ms);
        Stated { due }
    }

    /// Whether any two operations have a stated order.
    pub(crate) fn says_something(&self) -> bool {
        let apart = |a: &Due, b: &Due| {
            a.operation.client != b.operation.client && a.waited_ms + MARGIN_MS <= b.waited_ms
        };
        let Some(last) = self.due.last() else { return false };
        // The first of another client than the last waited least of all that could precede it; if
        // none does, the first of all may still precede one of another client.
        let first = &self.due[0];
        self.due.iter().any(|due| apart(due, last) || apart(first, due))
    }

    /// Whether the operations came in the stated order. `times` gives the start and the end of
    /// each; without an end it never ended, and without times it never began.
    pub(crate) fn check(
        &self,
        times: impl Fn(OperationId) -> Option<(u64, Option<u64>)>,
    ) -> Result<(), Miss> {
        let mut earlier = self.due.iter().peekable();
        let mut latest = Latest::default();
        for second in &self.due {
            while let Some(first) =
                earlier.next_if(|first| first.waited_ms + MARGIN_MS <= second.waited_ms)
            {
                let end = times(first.operation).and_then(|(_, end)| end);
                latest.note(first.operation, end.unwrap_or(u64::MAX));
            }
            let Some((first, end)) = latest.of_others(second.operation.client) else { continue };
            let Some((start, _)) = times(second.operation) else { continue };
            if end >= start {
                let late_ns = (end != u64::MAX).then(|| end - start);
                return Err(Miss { first, second: second.operation, late_ns });
            }
        }
        Ok(())
    }
}

/// The operation that ended latest, and the latest one of any other client.
#[derive(Default)]
struct Latest {
    first: Option<(OperationId, u64)>,
    second: Option<(OperationId, u64)>,
}

impl Latest {
    fn note(&mut self, operation: OperationId, end: u64) {
        let is_later = |than: Option<(OperationId, u64)>| than.is_none_or(|(_, other)| end > other);
        if is_later(self.first) {
            let of_same_client =
                self.first.is_some_and(|(first, _)| first.client == operation.client);
            if !of_same_client {
                self.second = self.first;
            }
            self.first = Some((operation, end));
        } else if self.first.is_some_and(|(first, _)| first.client != operation.client)
            && is_later(self.second)
        {
            self.second = Some((operation, end));
        }
    }

    fn of_others(&self, client: usize) -> Option<(OperationId, u64)> {
        [self.first, self.second].into_iter().flatten().find(|(other, _)| other.client != client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scenario of clients that do what the letters say: `o` an operation, `r` a random sleep,
    /// digits a sleep of so many tenths of a second.
    fn stated(clients: &[&str]) -> Stated {
        let request = |letter: char| match letter {
            'o' => r#"{"type":"get","key":"a"}"#.to_owned(),
            'r' => r#"{"type":"sleep"}"#.to_owned(),
            tenths => format!(r#"{{"type":"sleep","ms":{tenths}00}}"#),
        };
        let clients: Vec<String> = clients
            .iter()
            .enumerate()
            .map(|(number, letters)| {
                let requests: Vec<String> = letters.chars().map(request).collect();
                format!(
                    r#"{{"client_number":{number},"server_number":0,"requests":[{}]}}"#,
                    requests.join(",")
                )
            })
            .collect();
        let text = format!(
            r#"{{"num_servers":1,"consistency_level":"sequential","clients":[{}]}}"#,
            clients.join(",")
        );
        Stated::by(&Scenario::parse("f", &text).unwrap())
    }

    fn id(client: usize, step: usize) -> OperationId {
        OperationId { client, step }
    }

    /// Checks against times written as (client, step, start, end).
    fn check(clients: &[&str], times: &[(usize, usize, u64, Option<u64>)]) -> Result<(), Miss> {
        stated(clients).check(|operation| {
            let found = times.iter().find(|(c, s, ..)| id(*c, *s) == operation);
            found.map(|(_, _, start, end)| (*start, *end))
        })
    }

    #[test]
    fn waits_that_differ_enough_state_an_order() {
        assert!(stated(&["o", "1o"]).says_something());
        assert!(stated(&["1o", "o"]).says_something());
        assert!(stated(&["o1o", "o"]).says_something());
        assert!(stated(&["5o", "5o", "o5o"]).says_something());
        assert!(!stated(&["o", "o"]).says_something());
        assert!(!stated(&["o5o"]).says_something(), "one client is in order anyway");
        assert!(!stated(&["o", "r9o"]).says_something(), "a random sleep comes before it");
        assert!(!stated(&[]).says_something());
    }

    #[test]
    fn kept_and_missed() {
        let clients = ["o", "1o"];
        assert_eq!(check(&clients, &[(0, 0, 10, Some(20)), (1, 1, 21, Some(30))]), Ok(()));
        let miss = |late_ns| Err(Miss { first: id(0, 0), second: id(1, 1), late_ns });
        let touching = [(0, 0, 10, Some(20)), (1, 1, 20, Some(30))];
        assert_eq!(check(&clients, &touching), miss(Some(0)), "equal times overlap");
        let late = [(0, 0, 10, Some(25)), (1, 1, 20, Some(30))];
        assert_eq!(check(&clients, &late), miss(Some(5)));
        assert_eq!(check(&clients, &[(0, 0, 10, None), (1, 1, 20, Some(30))]), miss(None));
        assert_eq!(check(&clients, &[(1, 1, 20, Some(30))]), miss(None));
        assert_eq!(check(&clients, &[(0, 0, 10, Some(11))]), Ok(()), "the second never began");
    }

    #[test]
    fn a_client_is_compared_with_the_latest_of_the_others() {
        // Client 0 has the latest end of all; client 1's is the latest before client 0's second.
        let clients = ["o5o", "o", "5o"];
        let times = |end_of_1| {
            [(0, 0, 0, Some(90)), (1, 0, 0, Some(end_of_1)), (0, 2, 50, Some(60)), (2, 1, 95, None)]
        };
        assert_eq!(check(&clients, &times(40)), Ok(()));
        let miss = Miss { first: id(1, 0), second: id(0, 2), late_ns: Some(20) };
        assert_eq!(check(&clients, &times(70)), Err(miss));
    }

    #[test]
    fn what_comes_after_a_random_sleep_is_free() {
        assert_eq!(check(&["oro", "9o"], &[(0, 0, 0, Some(1)), (1, 1, 5, Some(6))]), Ok(()));
    }
}
