//! What `tests/fuzz` feeds: the readers of link messages and of what the store gives back, and the pipeline's decisions.
//! Only built with the feature `fuzzing`; no rules of its own.

use futures_util::FutureExt as _;
use proto::{
    chat::{LinkRequest, LinkResponse, link_request},
    ids::{RecipeId, UserId},
};
use runtime::clock::Timestamp;

use crate::{
    access::{Access, Member},
    grpc::{EncodedRecipes, requests, responses},
    link::Ask,
    message::{Content, Message, Principal, Update},
    outbox::{Event, Reply},
    recipe::{Recipe, Visibility},
    recipe_state::{Accepted, Draft, RecipeLimits, RecipeState},
    store,
    verifier::Verifier,
};

/// When everything here happens.
const NOW: Timestamp = Timestamp::from_unix_millis(1_795_379_762_123);

/// One recipe and what is said to it, by its owner unless a message names somebody else.
#[derive(Debug)]
pub struct Conversation {
    recipe_state: RecipeState,
    owner: Principal,
    sent: EncodedRecipes,
}

/// A message that was accepted, and the recipe after it.
#[derive(Debug)]
pub struct Said(Accepted);

impl Said {
    /// The recipe after it.
    pub fn recipe(&self) -> &Recipe {
        &self.0.recipe
    }

    /// What it did, in words.
    pub fn effect(&self) -> Option<&str> {
        self.0.message.effect.as_deref()
    }

    /// What would have worked.
    pub fn hint(&self) -> Option<&str> {
        self.0.message.hint.as_deref()
    }
}

/// What the store keeps of a recipe and of one of its messages, as text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stored<'a> {
    /// JSON.
    pub recipe: &'a str,
    /// JSON.
    pub undo: &'a str,
    /// `public` or `private`, and whether everybody may read it.
    pub visibility: (&'a str, bool),
    /// The name and the role of a member.
    pub member: (&'a str, &'a str),
    /// Id, name of the author, and content of a message.
    pub message: (&'a str, &'a str, &'a str),
    /// What the message did, in words.
    pub effect: &'a str,
}

impl Default for Conversation {
    fn default() -> Self {
        Self::of(RecipeState::new(
            recipe_id(),
            user("u1"),
            Visibility::Open,
            "Soup",
            NOW,
        ))
    }
}

impl Conversation {
    fn of(recipe_state: RecipeState) -> Self {
        let owner = Principal::new(recipe_state.access.owner.clone(), "ada");
        Self {
            recipe_state,
            sent: EncodedRecipes::default(),
            owner: owner.unwrap_or_else(|_| unreachable!("a good name")),
        }
    }

    /// A recipe as the store has it, with one message; `None` when the store's reader refuses it.
    pub fn stored(stored: &Stored<'_>) -> Option<(Self, LinkResponse)> {
        let mut recipe_state =
            RecipeState::new(recipe_id(), user("u1"), Visibility::Open, "Soup", NOW);
        let (name, role) = stored.member;
        recipe_state.access = Access {
            visibility: store::fuzzing::visibility(stored.visibility.0, stored.visibility.1),
            members: vec![Member {
                name: name.to_owned(),
                user: None,
                role: store::fuzzing::role(role),
            }],
            ..recipe_state.access
        };
        (recipe_state.recipe, recipe_state.undo) =
            store::fuzzing::state(stored.recipe, stored.undo).ok()?;
        let (id, author, content) = stored.message;
        let message = Message {
            id: id.parse().ok()?,
            author: Principal::new(user("u2"), author).ok()?,
            content: Content::stored(content),
            accepted_at: NOW,
            revision: 1,
            effect: Some(crate::message::shortened(stored.effect.to_owned())),
            hint: None,
            suggestions: Vec::new(),
            changes: Vec::new(),
        };
        recipe_state.revision = 1;
        recipe_state.last_message = Some(message.id.clone());
        let recipe = recipe_state.recipe.clone();
        let update = Update::new(recipe_id(), recipe, message.into(), None, None);
        let event = Event::Update {
            attachment: 0,
            update: update.into(),
        };
        let mut conversation = Self::of(recipe_state);
        let response = conversation.response(event);
        Some((conversation, response))
    }

    /// The recipe now.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe_state.recipe
    }

    /// What the store would be given of the recipe and its changes, and that it reads both back the same.
    pub fn is_stored_soundly(&self) -> bool {
        store::fuzzing::reads_back(&self.recipe_state)
    }

    /// The owner says something; `None` when that is no message, or is refused.
    pub fn say(&mut self, content: &str) -> Option<Said> {
        let id = format!("m{}", self.recipe_state.revision + 1)
            .parse()
            .ok()?;
        let content = content.parse().ok()?;
        let draft = Draft::new(recipe_id(), self.owner.clone(), id, content);
        self.accept(&draft).ok()
    }

    /// Hears a message of a link as the service does, and gives what it says to it.
    pub fn hear(&mut self, request: LinkRequest) -> Vec<LinkResponse> {
        let wanted = request.call.as_ref().map(|call| match call {
            link_request::Call::Post(post) => post.content.clone(),
            _ => String::new(),
        });
        // Whoever believes its callers asks nobody.
        let mut callers = Verifier::default().for_link();
        let Some(call) = requests::call(request, &mut callers).now_or_never() else {
            return Vec::new();
        };
        let number = call.number;
        let mut answer = |reply| vec![self.response(Event::Answer { number, reply })];
        match &call.ask {
            Ask::Refused(refused) => answer(Reply::Refused(*refused)),
            Ask::Malformed(why) => answer(Reply::Malformed(why.clone())),
            Ask::Post(draft) => {
                assert_eq!(
                    wanted.map(|text| text.parse()),
                    Some(Ok(draft.content.clone()))
                );
                match self.accept(draft) {
                    Ok(said) => vec![self.update(&said)],
                    Err(refused) => {
                        let reply = Reply::Refused(refused);
                        vec![self.response(Event::Answer { number, reply })]
                    }
                }
            }
            Ask::Attach(..) | Ask::Detach(_) | Ask::Presence(..) | Ask::Join { .. } => Vec::new(),
        }
    }

    fn accept(&mut self, draft: &Draft) -> Result<Said, crate::refused::Refused> {
        self.recipe_state
            .accept(draft, &RecipeLimits::default(), NOW)
            .map(Said)
    }

    fn response(&mut self, event: Event) -> LinkResponse {
        responses::response(event, &mut self.sent)
    }

    fn update(&mut self, Said(accepted): &Said) -> LinkResponse {
        let update = Update::new(
            self.recipe_state.id.clone(),
            accepted.recipe.clone(),
            accepted.message.clone(),
            accepted.previous.clone(),
            accepted.traceparent.clone(),
        );
        self.response(Event::Update {
            attachment: 0,
            update: update.into(),
        })
    }
}

fn recipe_id() -> RecipeId {
    "soup".parse().unwrap_or_else(|_| unreachable!("a good id"))
}

fn user(id: &str) -> UserId {
    id.parse().unwrap_or_else(|_| unreachable!("a good id"))
}
