//! What a receiver is told of a message, in the shapes of the WebSocket protocol. Pure.

use proto::{
    ids::RecipeId,
    websocket::frames::{Author, Change, ChangeOp, ChangedPart, Message as Told},
};
use serde::Serialize;

use crate::{
    message::Message,
    recipe::{Element, ElementChange},
};

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    recipe_id: &'a str,
    revision: u64,
    message: Told,
}

/// The JSON of a delivery. Hints and suggestions are for the author alone.
pub(super) fn body(recipe: &RecipeId, message: &Message) -> serde_json::Result<Vec<u8>> {
    let timestamp = message.accepted_at.to_string();
    serde_json::to_vec(&Body {
        r#type: match message.effect {
            Some(_) => "recipe.changed",
            None => "recipe.message",
        },
        timestamp: timestamp.clone(),
        data: Data {
            recipe_id: recipe.as_str(),
            revision: message.revision,
            message: Told {
                id: message.id.to_string(),
                author: Author {
                    id: message.author.user.to_string(),
                    name: message.author.shown_name().to_owned(),
                },
                content: message.content.as_str().to_owned(),
                timestamp,
                revision: message.revision,
                effect: message.effect.clone(),
                hint: None,
                suggestions: None,
                changes: match message.changes.as_slice() {
                    [] => None,
                    changes => Some(changes.iter().map(change).collect()),
                },
            },
        },
    })
}

fn change((became, element): &(ElementChange, Element)) -> Change {
    let op = match became {
        ElementChange::Added => ChangeOp::Added,
        ElementChange::Changed => ChangeOp::Changed,
        ElementChange::Removed => ChangeOp::Removed,
        ElementChange::Moved => ChangeOp::Moved,
    };
    let (what, id) = match element {
        Element::Title => (ChangedPart::Title, None),
        Element::Description => (ChangedPart::Description, None),
        Element::Servings => (ChangedPart::Servings, None),
        Element::Tag(tag) => (ChangedPart::Tag, Some(tag.clone())),
        Element::Ingredient(id) => (ChangedPart::Ingredient, Some(id.clone())),
        Element::Step(id) => (ChangedPart::Step, Some(id.clone())),
    };
    Change { op, what, id }
}
