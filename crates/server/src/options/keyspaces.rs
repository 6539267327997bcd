//! `[[keyspace]]` in a configuration file: the keyspaces with which a cluster begins.

use std::ops::Range;

use node::{Allowed, Definition, Durability, Level, Levels, Order};
use serde::Deserialize;
use toml::Spanned;

/// A keyspace as a file says it, in the words of `KEYSPACE CREATE`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Keyspace {
    name: Spanned<String>,
    prefix: Spanned<String>,
    order: Spanned<String>,
    level: Spanned<String>,
    #[serde(default)]
    allow: Vec<Spanned<String>>,
    durability: Option<Spanned<String>>,
}

/// What is wrong, and where in the file it stands.
type Mistake = (Range<usize>, String);

/// The keyspaces that a file names, if a cluster can begin with them.
pub(super) fn read(all: &[Keyspace]) -> Result<Vec<Definition>, Mistake> {
    let mut definitions = vec![];
    for one in all {
        let at = |error: node::Error| (one.name.span(), told(&error));
        definitions.push(one.definition()?);
        node::check_keyspaces(&definitions).map_err(at)?;
    }
    Ok(definitions)
}

impl Keyspace {
    fn definition(&self) -> Result<Definition, Mistake> {
        let order = match &**self.order.get_ref() {
            "agreed" => Order::Agreed,
            "merged" => Order::Merged,
            other => {
                let what = format!(
                    "the order of a keyspace is agreed or merged, and not {other:?}\n  hint: agreed is one log, by a majority; \
                     merged is one log a node"
                );
                return Err((self.order.span(), what));
            }
        };
        let levels = Levels { level: level(&self.level)?, allowed: self.allowed()? };
        let (name, prefix) = (self.name.get_ref().clone(), self.prefix.get_ref().clone());
        let durability = self.durability()?;
        Ok(Definition { name, prefix: prefix.into(), order, levels, durability })
    }

    fn durability(&self) -> Result<Durability, Mistake> {
        let Some(word) = &self.durability else { return Ok(Durability::Disk) };
        match &**word.get_ref() {
            "disk" => Ok(Durability::Disk),
            "interval" => Ok(Durability::Interval),
            other => {
                let what = format!(
                    "the durability of a keyspace is disk or interval, and not {other:?}\n  hint: disk is before an answer; \
                     interval is every second, on merged keyspaces"
                );
                Err((word.span(), what))
            }
        }
    }

    fn allowed(&self) -> Result<Allowed, Mistake> {
        if let [all] = &*self.allow
            && all.get_ref() == "all"
        {
            return Ok(Allowed::ALL);
        }
        let levels: Result<Vec<Level>, Mistake> = self.allow.iter().map(level).collect();
        Ok(Allowed::of(&levels?))
    }
}

fn level(word: &Spanned<String>) -> Result<Level, Mistake> {
    let level = super::level_of(word.get_ref());
    level.ok_or_else(|| {
        let what = format!(
            "{:?} is not a level\n  hint: linearizable, bounded:<ms> (1 to 3600000), sequential, causal or eventual",
            word.get_ref()
        );
        (word.span(), what)
    })
}

/// What an error says, in the form of the lines of a configuration.
fn told(error: &node::Error) -> String {
    let text = match error {
        node::Error::Invalid(text) | node::Error::Consistency(text) => text.clone(),
        other => other.to_string(),
    };
    text.replace(". Hint: ", "\n  hint: ")
}
