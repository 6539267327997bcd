//! What a story says of keyspaces.

use node::*;

use super::words::level_of;

/// The command that these words say behind `keyspace`.
pub(super) fn command(words: &[&str]) -> Command {
    match words {
        ["create", name, prefix, order, level, allowed @ ..] => {
            let order = match *order {
                "agreed" => Order::Agreed,
                "merged" => Order::Merged,
                _ => panic!("not an order: {order}"),
            };
            let levels = Levels { level: level_of(level), allowed: levels(allowed) };
            let (name, prefix) = ((*name).into(), prefix.as_bytes().into());
            let definition = Definition { name, prefix, order, levels };
            Command::create_keyspace(&definition).expect("a keyspace that can be")
        }
        ["alter", name, level, allowed @ ..] => {
            let unset = Levels { level: Level::Linearizable, allowed: Allowed::ALL };
            let (level, allowed) = (level_of(level), levels(allowed));
            Command::alter_keyspace(name, Some(level), Some(allowed), unset).expect("a name")
        }
        ["drop", name] => Command::drop_keyspace(name).expect("a name"),
        ["list"] => Command::keyspaces(),
        ["get", name] => Command::keyspace(name),
        _ => panic!("nothing about keyspaces: {words:?}"),
    }
}

fn levels(words: &[&str]) -> Allowed {
    Allowed::of(&words.iter().map(|word| level_of(word)).collect::<Vec<_>>())
}
