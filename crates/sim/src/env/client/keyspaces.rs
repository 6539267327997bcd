//! What clients ask of keyspaces that come and go, and of their keys. Begin with
//! [`Client::draw_of_keyspaces`].

use bytes::Bytes;
use node::{Durability, Level, Order};

use super::{Client, Wish};
use crate::plan::setting::Setting;
use crate::record::keyspace::{Change, KEYSPACES, is_plain, keys_of, name_of};
use crate::record::operation::Action;
use crate::record::transaction::TOLD_KEYS;

/// How many of the keyspaces that can be are synced every second, out of 100.
const INTERVAL_PERCENT: u64 = 60;

/// Who has the keys of a keyspace that comes and goes, as far as a client knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) order: Order,
    /// Whether it is not there: they are those of `default`.
    pub(crate) is_default: bool,
}

/// The same, of each of them.
pub(crate) type Owners = [Owner; KEYSPACES.len()];

/// Where a command goes of which no history tells, or a transaction.
pub(super) struct Room {
    /// What all keys there begin with.
    prefix: &'static str,
    pub(super) order: Order,
    /// How many keys are kept for such commands, and for transactions.
    pub(super) others: u64,
    pub(super) told: u64,
}

impl Room {
    pub(super) fn of_default(order: Order) -> Room {
        Room { prefix: "", order, others: 3, told: 3 }
    }

    fn of_keyspace(which: usize, order: Order) -> Room {
        let count = |what: &str| {
            keys_of(which)
                .filter(|key| name_of(key.as_bytes()).starts_with(what.as_bytes()))
                .count()
        };
        let (others, told) = (count("other") as u64, count(TOLD_KEYS) as u64);
        Room { prefix: KEYSPACES[which].1, order, others, told }
    }

    pub(super) fn key(&self, name: &str, number: u64) -> Bytes {
        Bytes::from(format!("{}{name}{number}", self.prefix))
    }
}

impl Client {
    /// A keyspace comes or goes, or something is asked of its keys, as of all others: so seldom do
    /// these have a value that it often can.
    pub(super) fn draw_of_keyspaces(&mut self, setting: &Setting, owners: &Owners) -> Wish {
        let which = self.chance.index(KEYSPACES.len());
        let Owner { order, is_default } = owners[which];
        let all: Vec<Bytes> = keys_of(which).map(Bytes::from).collect();
        let plain = all.iter().filter(|key| is_plain(key)).count();
        let key = self.chance.pick_from(&all[..plain]).clone();
        // Most is asked of it while it is there.
        let weights = match is_default {
            true => [(5, 0), (1, 1), (6, 2), (2, 3), (2, 4), (2, 5)],
            false => [(1, 0), (2, 1), (5, 2), (5, 3), (4, 4), (5, 5)],
        };
        match self.chance.weighted(&weights) {
            0 => {
                let order = self.chance.pick(&[Order::Agreed, Order::Merged]);
                let level = match order {
                    Order::Agreed => {
                        self.chance.pick(&[Level::Linearizable, Level::Sequential, Level::Eventual])
                    }
                    Order::Merged => self.chance.pick(&[Level::Causal, Level::Eventual]),
                };
                let may_wait = (order, level) == (Order::Merged, Level::Eventual);
                let durability = match may_wait && self.chance.percent(INTERVAL_PERCENT) {
                    true => Durability::Interval,
                    false => Durability::Disk,
                };
                let action = Action::Keyspace(Change::Create(which, order, level, durability));
                Wish { key, action, ..Wish::PLAIN }
            }
            1 => {
                let levels = [Level::Linearizable, Level::Sequential, Level::Causal];
                let change = match self.chance.percent(30) {
                    true => Change::Allow(which, self.chance.pick(&levels)),
                    false => Change::Drop(which),
                };
                Wish { key, action: Action::Keyspace(change), ..Wish::PLAIN }
            }
            2 => Wish { key, action: Action::Many { keys: all, removes: true }, ..Wish::PLAIN },
            3 => self.draw_read_of_keyspace(setting, order, key),
            4 => {
                let value = self.draw_value_of_its_own();
                let action = self.draw_set(setting, order, &key, value);
                Wish { key, action, unique: true, ..Wish::PLAIN }
            }
            _ => self.draw_other(setting, &Room::of_keyspace(which, order)),
        }
    }

    /// A read of a key of a keyspace that comes and goes. (It names a level mostly where its
    /// connection would rather have one that this order has not got.)
    fn draw_read_of_keyspace(&mut self, setting: &Setting, order: Order, key: Bytes) -> Wish {
        let action = match self.chance.weighted(&[(6, 0), (1, 1), (1, 2)]) {
            0 => Action::Get,
            1 => Action::Exists,
            _ => Action::Many { keys: vec![key.clone(), key.clone()], removes: false },
        };
        let preference = self.connection.as_ref().and_then(|it| it.preference.as_ref());
        let is_weak = |level| matches!(level, Level::Causal | Level::Eventual);
        let fits = order == Order::Agreed
            || preference.is_none_or(|all| all.choices().iter().all(|one| is_weak(one.level)));
        let level = match self.draw_level(setting, order) {
            None if !fits && self.chance.percent(80) => {
                Some(self.chance.pick(&[Level::Causal, Level::Eventual]))
            }
            level => level,
        };
        Wish { key, action, level, ..Wish::PLAIN }
    }
}
