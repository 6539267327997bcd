//! The lab has a list of its own of what clients ask, since it shares no code with the store. Here
//! it is compared with the column `model` of the store's commands.

use lab::{Model, operations};
use node::Command;

/// What the lab takes for the same.
fn of_store(model: node::Model) -> Option<Model> {
    match model {
        node::Model::Read => Some(Model::Read),
        node::Model::Write => Some(Model::Write),
        node::Model::Cas => Some(Model::Cas),
        node::Model::Append => Some(Model::Append),
        node::Model::Increment => Some(Model::Increment),
        node::Model::Delete => Some(Model::Delete),
        node::Model::None => None,
    }
}

#[test]
fn what_the_lab_asks_is_what_the_store_takes_it_for() {
    for (model, words) in operations() {
        let command =
            Command::of_words(&words).unwrap_or_else(|error| panic!("{words:?}: {error:?}"));
        assert_eq!(of_store(command.model()), Some(model), "{words:?}");
    }
}

#[test]
fn the_lab_asks_for_everything_that_a_history_has_a_word_for() {
    let asked: Vec<Model> = operations().into_iter().map(|(model, _)| model).collect();
    for row in node::table() {
        let is_asked = of_store(row.run.model).is_none_or(|model| asked.contains(&model));
        assert!(is_asked, "nobody asks for what {} does", row.name);
    }
}
