//! What is said of a keyspace when it is created: its name, its prefix, its order and its levels.

use crate::api::{Durability, Level, Order};
use crate::reply::Error;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::wire::record::{order_byte, order_of_byte};

/// The longest name and prefix, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 64;
pub(crate) const PREFIX_BYTES_MAX: usize = 256;

/// All levels but the bounded ones, the strongest first, and their numbers on disk and in messages.
const LEVELS: [(Level, u8); 4] =
    [(Level::Linearizable, 1), (Level::Sequential, 2), (Level::Causal, 3), (Level::Eventual, 4)];
/// The number of a bounded level, behind which its bound stands.
const BOUNDED: u8 = 5;

fn number_of(level: Level) -> u8 {
    LEVELS.into_iter().find(|(known, _)| *known == level).map_or(BOUNDED, |(_, number)| number)
}

/// Which levels that are weaker than its own a keyspace gives to who asks.
///
/// - Who may have sequential reads may have bounded ones, which are stronger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    mask: u8,
    /// The longest bound, in milliseconds; 0: none.
    bound_ms: u32,
}

impl Allowed {
    /// Whatever the order can give.
    pub const ALL: Allowed = Allowed { mask: 0b1_1110, bound_ms: 0 };

    /// These.
    pub fn of(levels: &[Level]) -> Allowed {
        let mut allowed = Allowed::default();
        for level in levels {
            match level {
                Level::Bounded { ms } => allowed.bound_ms = allowed.bound_ms.max(*ms),
                level => allowed.mask |= 1 << number_of(*level),
            }
        }
        allowed
    }

    /// Whether this one is among them.
    pub fn has(self, level: Level) -> bool {
        match level {
            Level::Bounded { ms } => ms <= self.bound_ms || self.has(Level::Sequential),
            level => self.mask & 1 << number_of(level) != 0,
        }
    }

    /// All of them, the strongest first.
    pub fn iter(self) -> impl Iterator<Item = Level> {
        let bounded = (self.bound_ms > 0).then_some(Level::Bounded { ms: self.bound_ms });
        let (first, others) = LEVELS.split_at(1);
        let all = first.iter().map(|(level, _)| *level).chain(bounded);
        all.chain(others.iter().map(|(level, _)| *level)).filter(move |level| self.has(*level))
    }

    /// Of these, those that there can be. (ALTER took any, once.)
    fn of_those(self, can_give: impl Fn(Level) -> bool) -> Allowed {
        if self == Allowed::ALL {
            return self;
        }
        let given: Vec<Level> = self.iter().filter(|level| can_give(*level)).collect();
        Allowed::of(&given)
    }

    fn encode(self, out: &mut Vec<u8>) {
        out.push(self.mask);
        put_uint(out, u64::from(self.bound_ms));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Allowed, Malformed> {
        let (mask, bound_ms) = (reader.byte()?, reader.uint()?);
        let is_known = mask & !Allowed::ALL.mask == 0;
        let bound_ms = u32::try_from(bound_ms).ok().filter(|_| is_known);
        bound_ms.map(|bound_ms| Allowed { mask, bound_ms }).ok_or(Malformed)
    }
}

/// The level of reads that name none, and what may be asked for beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// The level of reads that name none.
    pub level: Level,
    /// The weaker ones that a read may name.
    pub allowed: Allowed,
}

impl Levels {
    /// Whether a keyspace of this order with these levels gives this one: what is weaker than its
    /// own only where that is allowed.
    pub(crate) fn give(self, order: Order, level: Level) -> bool {
        let is_weaker = level.is_weaker_than(self.level);
        order.can_give(level) && mutant!(WeakerAlways, !is_weaker || self.allowed.has(level), true)
    }

    /// What a keyspace of this order with these levels says of a level; of a bounded one, of all
    /// bounded ones together.
    pub(crate) fn leave(self, order: Order, level: Level) -> Leave {
        if !order.can_give(level) {
            return Leave::None;
        }
        let longest = Level::Bounded { ms: u32::MAX };
        match level {
            Level::Bounded { .. } if !self.give(order, longest) => {
                let own_ms = if let Level::Bounded { ms } = self.level { ms } else { 0 };
                match own_ms.max(self.allowed.bound_ms) {
                    0 => Leave::NotAllowed,
                    ms => Leave::GivenTo(ms),
                }
            }
            Level::Bounded { .. } => Leave::Given,
            level if self.give(order, level) => Leave::Given,
            _ => Leave::NotAllowed,
        }
    }

    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        out.push(number_of(self.level));
        if let Level::Bounded { ms } = self.level {
            put_uint(out, u64::from(ms));
        }
        self.allowed.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Levels, Malformed> {
        let level = match reader.byte()? {
            BOUNDED => Level::Bounded { ms: u32::try_from(reader.uint()?).map_err(|_| Malformed)? },
            number => {
                let known = LEVELS.into_iter().find(|(_, known)| *known == number);
                known.ok_or(Malformed)?.0
            }
        };
        Ok(Levels { level, allowed: Allowed::decode(reader)? })
    }
}

/// Whether a read may ask for a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It may.
    Given,
    /// It may, of the bounded ones up to so many milliseconds.
    GivenTo(u32),
    /// It is weaker than the keyspace's own, and not allowed.
    NotAllowed,
    /// The order has not got it.
    None,
}

/// A keyspace as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What people call it.
    pub name: String,
    /// What its keys begin with.
    pub prefix: Vec<u8>,
    /// Who may append to its logs: fixed.
    pub order: Order,
    /// What its reads promise.
    pub levels: Levels,
    /// When its writes are on disk: fixed.
    pub durability: Durability,
}

/// The number of a durability on disk and in messages. That of `disk` is left out, as it was before
/// there was another one.
const INTERVAL: u8 = 1;

impl Definition {
    /// Whether there can be such a keyspace.
    ///
    /// # Errors
    /// What is wrong with it, and what would help.
    pub fn check(&self) -> Result<(), Error> {
        check_name(&self.name)?;
        let Definition { prefix, order, levels, durability, .. } = self;
        if prefix.is_empty() {
            return Err(Error::Invalid(
                "an empty prefix: it is that of the keyspace default. Hint: PREFIX name:".into(),
            ));
        }
        if prefix.len() > PREFIX_BYTES_MAX {
            return Err(Error::Invalid(format!(
                "a prefix of {} bytes: it may have {PREFIX_BYTES_MAX}",
                prefix.len()
            )));
        }
        if *durability == Durability::Interval && *order == Order::Agreed {
            return Err(Error::Invalid(format!(
                "the keyspace {} is agreed, and an agreed write is on the disks of a majority before it is answered. \
                 Hint: ORDER merged, or DURABILITY disk",
                self.name
            )));
        }
        let allowed = (levels.allowed != Allowed::ALL).then(|| levels.allowed.iter());
        let mut named = [levels.level].into_iter().chain(allowed.into_iter().flatten());
        named.try_for_each(|level| self.check_level(level))
    }

    fn check_level(&self, level: Level) -> Result<(), Error> {
        let Definition { name, order, durability, .. } = self;
        if !order.can_give(level) {
            return Err(Error::Consistency(format!(
                "the keyspace {name} is {order}, which has no {level} read: there is no one order to be the latest in. \
                 Hint: LEVEL causal or LEVEL eventual, or ORDER agreed"
            )));
        }
        if !durability.can_give(level) {
            return Err(Error::Consistency(format!(
                "the keyspace {name} has DURABILITY {durability}, which offers eventual alone, and not {level}: what it \
                 shows may be lost with its node. Hint: LEVEL eventual, or DURABILITY disk"
            )));
        }
        Ok(())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        put_bytes(&mut out, self.name.as_bytes());
        put_bytes(&mut out, &self.prefix);
        out.push(order_byte(self.order));
        self.levels.encode(&mut out);
        if self.durability == Durability::Interval {
            out.push(INTERVAL);
        }
        out
    }

    /// Reads what [`Definition::encode`] wrote, which is all that there is.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Definition, Malformed> {
        let name = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| Malformed)?;
        let prefix = reader.bytes()?.to_vec();
        let order = order_of_byte(reader.byte()?)?;
        let levels = Levels::decode(reader)?;
        let durability = match reader.is_empty() {
            true => Durability::Disk,
            false if reader.byte()? == INTERVAL => Durability::Interval,
            false => return Err(Malformed),
        };
        let allowed = levels.allowed.of_those(|level| order.can_give(level));
        let levels = Levels { allowed, ..levels };
        let definition = Definition { name, prefix, order, levels, durability };
        definition.check().map_err(|_| Malformed)?;
        Ok(definition)
    }
}

/// Whether a keyspace can be called so.
///
/// # Errors
/// If not: what may be.
pub fn check_name(name: &str) -> Result<(), Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_fit = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_plain);
    if !is_fit {
        return Err(Error::Invalid(format!(
            "a name has 1 to {NAME_BYTES_MAX} letters, digits, dots, dashes and underscores"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str, prefix: &[u8], order: Order, level: Level) -> Definition {
        let levels = Levels { level, allowed: Allowed::of(&[Level::Eventual]) };
        let durability = Durability::Disk;
        Definition { name: name.into(), prefix: prefix.into(), order, levels, durability }
    }

    #[test]
    fn what_is_synced_now_and_then_is_merged_and_eventual() {
        use Level::*;
        let with = |order, level, allowed: &[Level]| {
            let levels = Levels { level, allowed: Allowed::of(allowed) };
            let durability = Durability::Interval;
            Definition { levels, durability, ..definition("m", b"m:", order, level) }
        };
        let good = with(Order::Merged, Eventual, &[]);
        let bytes = good.encode();
        assert_eq!(Definition::decode(&mut Reader::new(&bytes)), Ok(good.clone()));
        let on_disk = Definition { durability: Durability::Disk, ..good };
        let (last, before) = bytes.split_last().unwrap();
        assert_eq!((*last, before), (INTERVAL, &on_disk.encode()[..]), "it is only added to");
        let unknown = [before, &[INTERVAL + 1]].concat();
        assert_eq!(Definition::decode(&mut Reader::new(&unknown)), Err(Malformed));
        for (order, level, allowed) in [
            (Order::Agreed, Eventual, vec![]),
            (Order::Merged, Causal, vec![]),
            (Order::Merged, Eventual, vec![Causal]),
            (Order::Merged, Linearizable, vec![]),
        ] {
            let bad = with(order, level, &allowed);
            let hint = bad.check().unwrap_err().to_string();
            assert!(hint.contains("Hint"), "{hint}");
            assert_eq!(Definition::decode(&mut Reader::new(&bad.encode())), Err(Malformed));
        }
    }

    #[test]
    fn what_can_be_comes_back_and_what_cannot_is_malformed() {
        let longest = "x".repeat(NAME_BYTES_MAX);
        for (name, prefix, order, level, is_fit) in [
            ("users", &b"user:"[..], Order::Agreed, Level::Sequential, true),
            ("a.b-c_9", &[0xff, 0], Order::Merged, Level::Causal, true),
            ("news", b"news:", Order::Agreed, Level::Bounded { ms: 3_600_000 }, true),
            ("news", b"news:", Order::Merged, Level::Bounded { ms: 100 }, false),
            (&longest, &[b'x'; PREFIX_BYTES_MAX], Order::Agreed, Level::Linearizable, true),
            (&format!("{longest}x"), b"x", Order::Agreed, Level::Linearizable, false),
            ("", b"x", Order::Agreed, Level::Linearizable, false),
            ("two words", b"x", Order::Agreed, Level::Linearizable, false),
            ("users", b"", Order::Agreed, Level::Linearizable, false),
            ("users", &[b'x'; PREFIX_BYTES_MAX + 1], Order::Agreed, Level::Eventual, false),
            ("users", b"x", Order::Merged, Level::Sequential, false),
        ] {
            let definition = definition(name, prefix, order, level);
            assert_eq!(definition.check().is_ok(), is_fit, "{definition:?}");
            let bytes = definition.encode();
            let read = Definition::decode(&mut Reader::new(&bytes));
            assert_eq!(read, if is_fit { Ok(definition) } else { Err(Malformed) });
            for end in 0..bytes.len() {
                assert_eq!(Definition::decode(&mut Reader::new(&bytes[..end])), Err(Malformed));
            }
        }
    }

    #[test]
    fn what_the_order_has_not_got_cannot_be_allowed_either() {
        let levels = |allowed| Levels { level: Level::Causal, allowed };
        let check = |allowed| {
            let levels = levels(allowed);
            let definition = definition("m", b"m:", Order::Merged, Level::Causal);
            Definition { levels, ..definition }.check().is_ok()
        };
        assert!(check(Allowed::ALL) && check(Allowed::of(&[Level::Eventual])));
        assert!(!check(Allowed::of(&[Level::Linearizable])));
    }

    /// What an earlier ALTER wrote must not keep a node from starting.
    #[test]
    fn what_was_allowed_though_the_order_has_not_got_it_is_left_out() {
        let merged = definition("m", b"m:", Order::Merged, Level::Causal);
        let allowed =
            Allowed::of(&[Level::Linearizable, Level::Bounded { ms: 9 }, Level::Eventual]);
        let levels = Levels { allowed, ..merged.levels };
        let bytes = Definition { levels, ..merged.clone() }.encode();
        let read = Definition::decode(&mut Reader::new(&bytes));
        assert_eq!(read, Ok(merged), "which allows eventual alone");
    }

    #[test]
    fn what_is_weaker_needs_leave_and_what_is_stronger_needs_the_order() {
        let gives = |order, level, allowed: &[Level]| {
            let levels = Levels { level, allowed: Allowed::of(allowed) };
            LEVELS.map(|(asked, _)| levels.give(order, asked))
        };
        use Level::*;
        assert_eq!(gives(Order::Agreed, Sequential, &[]), [true, true, false, false]);
        assert_eq!(gives(Order::Agreed, Linearizable, &[Eventual]), [true, false, false, true]);
        assert_eq!(gives(Order::Merged, Eventual, &[]), [false, false, true, true]);
        let all: Vec<Level> = Allowed::ALL.iter().collect();
        assert_eq!(gives(Order::Merged, Causal, &all), [false, false, true, true]);
    }

    #[test]
    fn what_is_said_of_a_level_is_what_is_given() {
        use Level::*;
        let bounded = |ms| Bounded { ms };
        let leave = |own, allowed: &[Level], asked| {
            let levels = Levels { level: own, allowed: Allowed::of(allowed) };
            levels.leave(Order::Agreed, asked)
        };
        assert_eq!(leave(Linearizable, &[], Sequential), Leave::NotAllowed);
        assert_eq!(leave(Linearizable, &[Sequential], Sequential), Leave::Given);
        assert_eq!(leave(Linearizable, &[Sequential], bounded(1)), Leave::Given);
        assert_eq!(leave(Linearizable, &[Eventual], bounded(1)), Leave::NotAllowed);
        assert_eq!(leave(Linearizable, &[bounded(70)], bounded(1)), Leave::GivenTo(70));
        assert_eq!(leave(bounded(90), &[bounded(70)], bounded(1)), Leave::GivenTo(90));
        assert_eq!(leave(Eventual, &[], bounded(1)), Leave::Given);
        let merged = Levels { level: Causal, allowed: Allowed::ALL };
        assert_eq!(merged.leave(Order::Merged, Linearizable), Leave::None);
        assert_eq!(merged.leave(Order::Merged, bounded(1)), Leave::None);
        assert_eq!(merged.leave(Order::Merged, Eventual), Leave::Given);
    }

    #[test]
    fn a_bound_that_is_allowed_allows_all_that_are_shorter() {
        let has = |levels: &[Level], ms| Allowed::of(levels).has(Level::Bounded { ms });
        let to_100 = [Level::Bounded { ms: 30 }, Level::Bounded { ms: 100 }];
        assert_eq!([30, 100, 101].map(|ms| has(&to_100, ms)), [true, true, false]);
        assert!(has(&[Level::Sequential], 3_600_000) && !has(&[Level::Eventual], 1));
        let told: Vec<Level> = Allowed::of(&to_100).iter().collect();
        assert_eq!(told, [Level::Bounded { ms: 100 }]);
        let levels = Levels { level: Level::Bounded { ms: 50 }, allowed: Allowed::of(&to_100) };
        let gives = [20, 50, 80, 200].map(|ms| levels.give(Order::Agreed, Level::Bounded { ms }));
        assert_eq!(gives, [true, true, true, false], "what is shorter than its own is stronger");
        let mut out = vec![];
        levels.encode(&mut out);
        assert_eq!(Levels::decode(&mut Reader::new(&out)), Ok(levels));
    }
}
