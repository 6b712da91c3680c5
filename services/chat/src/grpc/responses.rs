//! From the domain to protobuf: what callers and links are answered.

use proto::chat::{self as wire, answer, export_user_response, link_response};
use runtime::clock::Timestamp;
use tonic::Code;

use super::{
    encoded_recipes::EncodedRecipes,
    presence,
    statuses::{code, retry_after_millis},
};
use crate::{
    access::Right,
    catch_up::{Joined, MessagePage, Recovery},
    message::{Message, Posted, Principal, Update},
    outbox::{Event, Reply},
    recipe::{Element, ElementChange, Ingredient, KitchenTimer, Recipe, Step},
    recipe_state::RecipeState,
    recipes::Exported,
    store::Summary,
};

/// What a link says, with the recipes that it has sent lately.
pub(crate) fn response(event: Event, recipes: &mut EncodedRecipes) -> wire::LinkResponse {
    let event = match event {
        Event::Answer { number, reply } => link_response::Event::Answer(wire::Answer {
            number,
            result: Some(reply.into()),
        }),
        Event::Update { attachment, update } => {
            link_response::Event::Update(link_update(&update, attachment, recipes))
        }
        Event::Audience {
            recipe,
            revision,
            audience,
            attachment,
        } => link_response::Event::Audience(wire::Audience {
            recipe_id: recipe.to_string(),
            revision,
            user_ids: audience.users.iter().map(ToString::to_string).collect(),
            names: audience.names,
            attachment,
        }),
        Event::Presence {
            recipe,
            attachment,
            present,
        } => link_response::Event::Presence(presence::told(&recipe, attachment, &present)),
        Event::Divergence {
            recipe,
            from,
            attachment,
        } => link_response::Event::Divergence(wire::Divergence {
            recipe_id: recipe.to_string(),
            revision: from.revision,
            message_id: from.message.map(|id| id.to_string()),
            attachment,
        }),
        Event::Ended {
            recipe,
            attachment,
            retryable,
        } => link_response::Event::AttachmentEnded(wire::AttachmentEnded {
            recipe_id: recipe.to_string(),
            attachment,
            retryable,
        }),
    };
    wire::LinkResponse { event: Some(event) }
}

fn link_update(update: &Update, attachment: u64, recipes: &mut EncodedRecipes) -> wire::LinkUpdate {
    wire::LinkUpdate {
        recipe_id: update.recipe_id.to_string(),
        revision: update.revision(),
        recipe: Some(recipes.encode(&update.recipe_id, &update.recipe)),
        message: Some((&*update.message).into()),
        traceparent: update.traceparent.clone().unwrap_or_default(),
        previous_id: update.previous.as_ref().map(ToString::to_string),
        attachment,
        access: update.access.as_deref().map(Into::into),
    }
}

impl From<Reply> for answer::Result {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Attached { recipe, revision } => Self::Attached(wire::Attached {
                recipe_id: recipe.to_string(),
                revision,
            }),
            Reply::Joined(joined) => Self::Joined((&*joined).into()),
            Reply::Posted { posted: answer, .. } => Self::Posted(posted(&answer, false)),
            Reply::Refused(refused) => Self::Failure(wire::Failure {
                code: code(refused).into(),
                message: refused.to_string(),
                retry_after_ms: retry_after_millis(refused),
            }),
            Reply::Malformed(why) => Self::Failure(wire::Failure {
                code: Code::InvalidArgument.into(),
                message: why,
                retry_after_ms: None,
            }),
        }
    }
}

/// On a link, only a duplicate carries the recipe: all others come as updates as well.
pub(super) fn posted(posted: &Posted, unary: bool) -> wire::PostMessageResponse {
    let wanted = unary || posted.duplicate;
    wire::PostMessageResponse {
        message: Some((&*posted.message).into()),
        duplicate: posted.duplicate,
        recipe: posted
            .recipe
            .as_ref()
            .filter(|_| wanted)
            .map(|recipe| (&**recipe).into()),
    }
}

impl From<&Joined> for wire::JoinRecipeResponse {
    fn from(joined: &Joined) -> Self {
        Self {
            recipe_id: joined.recipe_id.to_string(),
            revision: joined.position.revision,
            recipe: Some((&*joined.recipe).into()),
            messages: messages(&joined.page),
            messages_truncated: joined.page.truncated,
            message_id: joined.position.message.as_ref().map(ToString::to_string),
            recovery: wire::Recovery::from(joined.recovery).into(),
            role: wire::Role::from(joined.right).into(),
            visibility: wire::Visibility::from(joined.visibility).into(),
            tells_presence: true,
            name: joined.name.to_string(),
        }
    }
}

impl From<Recovery> for wire::Recovery {
    fn from(recovery: Recovery) -> Self {
        match recovery {
            Recovery::Unasked => Self::Unspecified,
            Recovery::Complete => Self::Complete,
            Recovery::Truncated => Self::Truncated,
            Recovery::Diverged => Self::Diverged,
        }
    }
}

impl From<MessagePage> for wire::ListMessagesResponse {
    fn from(page: MessagePage) -> Self {
        Self {
            messages: messages(&page),
            truncated: page.truncated,
        }
    }
}

/// Somebody who is told of.
pub(super) fn principal(who: &Principal) -> wire::Principal {
    wire::Principal {
        user_id: who.user.to_string(),
        name: who.name().to_owned(),
        ..wire::Principal::default()
    }
}

fn messages(page: &MessagePage) -> Vec<wire::Message> {
    page.messages.iter().map(|m| (&**m).into()).collect()
}

impl From<RecipeState> for wire::CreateRecipeResponse {
    fn from(recipe_state: RecipeState) -> Self {
        Self {
            recipe_id: recipe_state.id.to_string(),
            revision: recipe_state.revision,
            recipe: Some((&*recipe_state.recipe).into()),
        }
    }
}

impl From<Summary> for wire::RecipeSummary {
    fn from(summary: Summary) -> Self {
        Self {
            recipe_id: summary.id.to_string(),
            title: summary.title,
            revision: summary.revision,
            changed_at: Some(timestamp(summary.changed_at)),
            owned: summary.right == Right::Own,
            role: wire::Role::from(summary.right).into(),
            owner: Some(principal(&summary.owner)),
            tags: summary.tags,
            servings: summary.servings,
            changed_by: summary.changed_by.as_ref().map(principal),
            first_ingredients: summary.first_ingredients,
            people: summary.people.iter().map(principal).collect(),
        }
    }
}

impl From<&Update> for wire::Update {
    fn from(update: &Update) -> Self {
        Self {
            recipe_id: update.recipe_id.to_string(),
            revision: update.revision(),
            recipe: Some((&*update.recipe).into()),
            message: Some((&*update.message).into()),
            traceparent: update.traceparent.clone().unwrap_or_default(),
            previous_id: update.previous.as_ref().map(ToString::to_string),
            attachment: 0,
            access: update.access.as_deref().map(Into::into),
        }
    }
}

impl From<Exported> for wire::ExportUserResponse {
    fn from(exported: Exported) -> Self {
        let piece = match exported {
            Exported::Recipe(state) => export_user_response::Piece::Recipe(wire::ExportedRecipe {
                recipe_id: state.id.to_string(),
                revision: state.revision,
                recipe: Some((&*state.recipe).into()),
            }),
            Exported::Messages(recipe, messages) => {
                export_user_response::Piece::Messages(wire::ExportedMessages {
                    recipe_id: recipe.to_string(),
                    messages: messages.iter().map(|message| (&**message).into()).collect(),
                })
            }
        };
        Self { piece: Some(piece) }
    }
}

impl From<&Message> for wire::Message {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.to_string(),
            author: Some(wire::Principal {
                user_id: message.author.user.to_string(),
                name: message.author.shown_name().to_owned(),
                ..wire::Principal::default()
            }),
            content: message.content.as_str().to_owned(),
            accepted_at: Some(timestamp(message.accepted_at)),
            revision: message.revision,
            effect: message.effect.clone(),
            hint: message.hint.clone(),
            suggestions: message.suggestions.clone(),
            changes: message.changes.iter().map(changed_part).collect(),
        }
    }
}

fn changed_part((became, element): &(ElementChange, Element)) -> wire::ChangedPart {
    use wire::changed_part::{Became as Then, Part};
    let became = match became {
        ElementChange::Added => Then::Added,
        ElementChange::Changed => Then::Changed,
        ElementChange::Removed => Then::Removed,
        ElementChange::Moved => Then::Moved,
    };
    let (part, id) = match element {
        Element::Title => (Part::Title, ""),
        Element::Description => (Part::Description, ""),
        Element::Servings => (Part::Servings, ""),
        Element::Tag(tag) => (Part::Tag, tag.as_str()),
        Element::Ingredient(id) => (Part::Ingredient, id.as_str()),
        Element::Step(id) => (Part::Step, id.as_str()),
    };
    wire::ChangedPart {
        became: became.into(),
        part: part.into(),
        id: id.to_owned(),
    }
}

impl From<&Recipe> for wire::Recipe {
    fn from(recipe: &Recipe) -> Self {
        Self {
            title: recipe.title.clone(),
            servings: recipe.servings,
            ingredients: recipe.ingredients.iter().map(Into::into).collect(),
            steps: recipe.steps.iter().map(Into::into).collect(),
            tags: recipe.tags.clone(),
            description: recipe.description.clone(),
            timers: recipe.timers.iter().map(Into::into).collect(),
        }
    }
}

impl From<&KitchenTimer> for wire::Timer {
    fn from(timer: &KitchenTimer) -> Self {
        Self {
            id: timer.id.clone(),
            label: timer.label.clone(),
            ends_at: Some(timestamp(Timestamp::from_unix_millis(timer.ends_at))),
            by: timer.by.clone(),
        }
    }
}

impl From<&Ingredient> for wire::Ingredient {
    fn from(ingredient: &Ingredient) -> Self {
        Self {
            id: ingredient.id.clone(),
            name: ingredient.name.clone(),
            quantity: ingredient.quantity_text(),
            unit: ingredient.unit_text().to_owned(),
            note: ingredient.note.clone().unwrap_or_default(),
        }
    }
}

impl From<&Step> for wire::Step {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.clone(),
            text: step.text.clone(),
        }
    }
}

pub(super) fn timestamp(moment: Timestamp) -> prost_types::Timestamp {
    let millis = moment.unix_millis().rem_euclid(1000);
    prost_types::Timestamp {
        seconds: moment.unix_seconds(),
        nanos: i32::try_from(millis * 1_000_000).unwrap_or(0),
    }
}
