//! Which operations of a run are shown: all of them where they are few or all are asked for, else
//! the first and the last ones, and what was not done with what came right before it.

use std::collections::{HashMap, VecDeque};

use super::live::gist;
use super::terminal::Look;
use crate::attempt::recording::Recorded;
use crate::clients::step::Answer;

/// The most operations of a run that are all shown.
const ALL_MAX: usize = 40;
/// How many are shown first, and last, where there are more.
const FIRST: usize = 12;
const LAST: usize = 6;

/// The operations of a run as they come.
pub(crate) struct Rows {
    /// Every one is asked for.
    all: bool,
    /// How many are still shown as they come.
    first: usize,
    /// Those that are shown only if they are the last ones.
    held: VecDeque<String>,
    /// How many were left out since the last one that is shown, and how many of them were not done.
    left_out: usize,
    not_done: usize,
    /// Why each client's last operation was not done, by its place among the clients.
    troubles: HashMap<usize, String>,
}

impl Rows {
    /// For a run of so many operations at most. `all`: every one is asked for.
    pub(crate) fn of(operations: usize, all: bool) -> Rows {
        Rows {
            all,
            first: if operations <= ALL_MAX { operations } else { FIRST },
            held: VecDeque::new(),
            left_out: 0,
            not_done: 0,
            troubles: HashMap::new(),
        }
    }

    /// One more, which is told as `row`; gives what is shown now.
    pub(crate) fn take(&mut self, recorded: &Recorded, row: String) -> Vec<String> {
        if self.all {
            return vec![row];
        }
        let (trouble, is_repeated) = self.trouble(recorded);
        if is_repeated {
            self.left_out += 1 + self.held.len();
            self.not_done += 1;
            self.held.clear();
            return vec![];
        }
        if self.first > 0 || trouble {
            self.first = self.first.saturating_sub(1);
            let mut rows = self.flush();
            rows.push(row);
            return rows;
        }
        self.held.push_back(row);
        if self.held.len() > LAST {
            self.held.pop_front();
            self.left_out += 1;
        }
        vec![]
    }

    /// Whether an operation was not done, and whether its client's operation before it was not done
    /// for the same reason.
    fn trouble(&mut self, recorded: &Recorded) -> (bool, bool) {
        let client = recorded.id.client;
        let (Answer::Refused(why) | Answer::Unknown(why)) = &recorded.answer else {
            self.troubles.remove(&client);
            return (false, false);
        };
        let gist = gist(why);
        let before = self.troubles.insert(client, gist.clone());
        (true, before == Some(gist))
    }

    /// What is left to be shown: how many are left out, and those that came last.
    pub(crate) fn flush(&mut self) -> Vec<String> {
        let gap = (self.left_out > 0).then(|| self.gap());
        (self.left_out, self.not_done) = (0, 0);
        gap.into_iter().chain(self.held.drain(..)).collect()
    }

    fn gap(&self) -> String {
        let (count, plural) = (self.left_out, if self.left_out == 1 { "" } else { "s" });
        let not_done = match self.not_done {
            0 => String::new(),
            not_done => format!(", {not_done} not done for the same reason as before"),
        };
        let text = format!("… {count} operation{plural} more{not_done}; --all shows each");
        format!("           {}", Look::Faint.on(text))
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::attempt::stated_order::OperationId;
    use crate::clients::step::Step;

    fn recorded(step: usize, answer: Answer) -> Recorded {
        Recorded {
            id: OperationId { client: 0, step },
            step: Step::Read { key: "a".into(), level: None },
            server: 0,
            number: 0,
            start: 0,
            end: 1,
            answer,
            certificate: None,
        }
    }

    /// What is shown of these operations, each told by its number.
    fn shown(all: bool, answers: Vec<Answer>) -> Vec<String> {
        let mut rows = Rows::of(answers.len(), all);
        let take = |(step, answer)| rows.take(&recorded(step, answer), step.to_string());
        let mut shown: Vec<String> = answers.into_iter().enumerate().flat_map(take).collect();
        shown.extend(rows.flush());
        shown.iter().map(|row| strip_str(row).to_string().trim_start().to_owned()).collect()
    }

    fn done(count: usize) -> Vec<Answer> {
        vec![Answer::Written; count]
    }

    fn refused(count: usize) -> Vec<Answer> {
        (0..count).map(|at| Answer::Refused(format!("CLUSTERDOWN for the {at}. time"))).collect()
    }

    fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    }

    #[test]
    fn few_are_all_shown_and_of_many_the_first_and_the_last() {
        assert_eq!(shown(false, done(ALL_MAX)), numbers(0..ALL_MAX));
        let gap = "… 222 operations more; --all shows each".to_owned();
        let expected = [numbers(0..12), vec![gap], numbers(234..240)].concat();
        assert_eq!(shown(false, done(240)), expected);
        assert_eq!(shown(true, done(240)), numbers(0..240));
    }

    #[test]
    fn what_was_not_done_is_shown_once_for_one_reason() {
        let answers = [done(50), refused(3), done(50)].concat();
        let gap = |text: &str| vec![format!("… {text}; --all shows each")];
        let expected = [
            numbers(0..12),
            gap("32 operations more"),
            numbers(44..51),
            gap("46 operations more, 2 not done for the same reason as before"),
            numbers(97..103),
        ];
        assert_eq!(shown(false, answers), expected.concat());
        let few = [refused(3), done(1), refused(1)].concat();
        let gap = gap("2 operations more, 2 not done for the same reason as before");
        assert_eq!(shown(false, few.clone()), [numbers(0..1), gap, numbers(3..5)].concat());
        assert_eq!(shown(true, few), numbers(0..5));
    }
}
