//! What is done to the network between the servers.

use std::collections::BTreeSet;

use super::Injection;
use crate::nemesis::log::Harm;
use crate::nemesis::proxy::Way;
use crate::nemesis::target::{names, numbers};
use crate::scenario::{Cut, Servers, Ways};

impl Injection<'_> {
    pub(super) fn partition(&mut self, cut: &Cut) -> String {
        let servers = self.cluster.servers().len();
        let (ways, text) = match cut {
            Cut::Ways(list) => {
                let mut ways = BTreeSet::new();
                let mut texts = vec![];
                for one in list {
                    let (from, to) = self.ends(one);
                    ways.extend(pairs(&from, &to));
                    texts.push(one_way(&from, &to));
                }
                (ways, format!("no bytes pass {}", texts.join(", ")))
            }
            Cut::Groups(groups) => {
                let mut groups: Vec<_> = groups.iter().map(|group| self.find(group)).collect();
                let rest: BTreeSet<usize> = (0..servers)
                    .filter(|server| groups.iter().all(|group| !group.contains(server)))
                    .collect();
                if !rest.is_empty() {
                    groups.push(rest);
                }
                let all: BTreeSet<usize> = (0..servers).collect();
                let apart = |pair: &(usize, usize)| {
                    !groups.iter().any(|group| group.contains(&pair.0) && group.contains(&pair.1))
                };
                let text = groups.iter().map(numbers).collect::<Vec<_>>().join(" | ");
                (pairs(&all, &all).into_iter().filter(apart).collect(), format!("partition {text}"))
            }
        };
        if let Some(proxy) = &self.nemesis.proxy {
            proxy.cut(&ways);
        }
        self.note_network(Harm::Cut, !ways.is_empty(), text, |way| way.is_cut)
    }

    pub(super) fn heal(&mut self, servers: &Servers) -> String {
        let servers = self.find(servers);
        let Some(proxy) = &self.nemesis.proxy else { return String::new() };
        proxy.heal(&servers);
        let left = [
            (Harm::Cut, self.is_some_way(|way| way.is_cut)),
            (Harm::Slow, self.is_some_way(|way| !way.delay.is_zero())),
            (Harm::Torn, self.is_some_way(|way| way.drop_percent > 0)),
        ];
        for (harm, goes_on) in left {
            if !goes_on {
                self.nemesis.log.end(harm, None, self.at_us);
            }
        }
        match servers.len() == self.cluster.servers().len() {
            true => "heal the network".into(),
            false => format!("heal the network of {}", names(&servers)),
        }
    }

    /// Changes ways; says which.
    pub(super) fn change(&self, ways: &Ways, change: impl Fn(&mut Way)) -> String {
        let (from, to) = self.ends(ways);
        if let Some(proxy) = &self.nemesis.proxy {
            for (from, to) in pairs(&from, &to) {
                proxy.change(from, to, &change);
            }
        }
        let all = self.cluster.servers().len();
        match (from.len(), to.len()) {
            (from, to) if from == all && to == all => "everywhere".into(),
            _ => one_way(&from, &to),
        }
    }

    /// Whether some way between the servers is so.
    pub(super) fn is_some_way(&self, is_so: impl Fn(&Way) -> bool) -> bool {
        self.nemesis.proxy.as_ref().is_some_and(|proxy| proxy.any(is_so))
    }

    /// Notes what was done to the network; gives the text back.
    pub(super) fn note_network(
        &mut self,
        harm: Harm,
        begins: bool,
        text: String,
        is_so: impl Fn(&Way) -> bool,
    ) -> String {
        let goes_on = self.is_some_way(is_so);
        if begins {
            self.nemesis.log.begin(harm, None, text.clone(), self.at_us);
        } else if !goes_on {
            self.nemesis.log.end(harm, None, self.at_us);
        }
        text
    }

    fn ends(&self, ways: &Ways) -> (BTreeSet<usize>, BTreeSet<usize>) {
        (self.find(&ways.from), self.find(&ways.to))
    }
}

fn pairs(from: &BTreeSet<usize>, to: &BTreeSet<usize>) -> BTreeSet<(usize, usize)> {
    let pairs = from.iter().flat_map(|from| to.iter().map(|to| (*from, *to)));
    pairs.filter(|(from, to)| from != to).collect()
}

fn one_way(from: &BTreeSet<usize>, to: &BTreeSet<usize>) -> String {
    let to: BTreeSet<usize> = match from.len() {
        1 => to.difference(from).copied().collect(),
        _ => to.clone(),
    };
    format!("from {} to {}", names(from), numbers(&to))
}
