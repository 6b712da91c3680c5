//! What links carry of who is on a recipe, between protobuf and the domain. Whom this service cannot read is passed over:
//! it decides nothing by who is there.

use proto::{chat as wire, ids::RecipeId};

use crate::{
    access::Right,
    message::Principal,
    presence::{Change, Person, Present},
};

/// What an edge tells of who has come and gone.
pub(super) fn change(change: &wire::PresenceChange) -> Change {
    Change {
        all: false,
        here: people(&change.here),
        gone: change
            .gone
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect(),
        shown_others: change.shown_others,
    }
}

/// Those who can be read.
pub(super) fn people(people: &[wire::Person]) -> Vec<Person> {
    people.iter().filter_map(person).collect()
}

/// What edges are told of a recipe.
pub(super) fn told(recipe: &RecipeId, attachment: u64, present: &Present) -> wire::Presence {
    let person = |person: &Person| wire::Person {
        user_id: person.user.to_string(),
        name: person.name.to_string(),
        role: wire::Role::from(person.right).into(),
        typing: person.typing,
    };
    wire::Presence {
        recipe_id: recipe.to_string(),
        attachment,
        people: present.people.iter().map(person).collect(),
        count: present.count as u64,
    }
}

fn person(person: &wire::Person) -> Option<Person> {
    let right = match person.role() {
        wire::Role::Owner => Right::Own,
        wire::Role::Editor => Right::Write,
        wire::Role::Viewer | wire::Role::Unspecified => Right::Read,
    };
    let who = Principal::new(person.user_id.parse().ok()?, &person.name).ok()?;
    Some(Person {
        name: who.name().into(),
        user: who.user,
        right,
        typing: person.typing,
    })
}
