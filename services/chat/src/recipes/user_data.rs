//! All that is a user's: given to them, and removed when they leave for good.

use std::collections::VecDeque;

use futures_util::{Stream, stream};
use proto::ids::{RecipeId, Revision};

use super::Recipes;
use crate::{
    access::folded,
    message::{Message, Principal},
    recipe_state::RecipeState,
    refused::Refused,
    store::{MAX_TRACES, Page, Prefer, Trace},
};

/// How many messages are read at once.
const PAGE: usize = 200;

/// A piece of what is a user's.
#[derive(Debug)]
pub(crate) enum Exported {
    /// A recipe of theirs; its messages follow.
    Recipe(Box<RecipeState>),
    /// Messages of the recipe before, or, after all recipes, their own elsewhere.
    Messages(RecipeId, Vec<std::sync::Arc<Message>>),
}

impl Recipes {
    /// Removes a user from all recipes: what nobody else edits goes, other recipes of theirs pass to whoever has been an
    /// editor for longest. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the store cannot be asked. Some of it may be done.
    pub(crate) async fn forget_user(&self, who: &Principal) -> Result<(), Refused> {
        let (user, name) = (&who.user, folded(who.name()));
        let mut after = String::new();
        loop {
            let traces = self.ask(self.store.traces(user, &name, &after)).await?;
            for trace in &traces {
                let ends = trace.owned && trace.successor.is_none();
                match ends {
                    true => self.ask(self.store.delete_recipe(&trace.recipe)).await?,
                    false => self.ask(self.store.forget_in(trace, user, &name)).await?,
                }
                self.pipeline.forget(&trace.recipe).await;
                if ends {
                    self.hub.close(&trace.recipe);
                }
            }
            match traces.last() {
                Some(last) if traces.len() == MAX_TRACES => after = last.recipe.to_string(),
                Some(_) | None => break,
            }
        }
        self.ask(self.store.forget_in_audit(user)).await
    }

    /// Gives everything that is a user's, piece by piece: their recipes with the conversation, then their own messages
    /// elsewhere.
    pub(crate) fn export_user(
        &self,
        who: Principal,
    ) -> impl Stream<Item = Result<Exported, Refused>> + Send + use<> {
        let export = Export {
            recipes: self.clone(),
            who,
            of_owned: true,
            after: Some(String::new()),
            queue: VecDeque::new(),
            open: None,
        };
        stream::try_unfold(export, |mut export| async move {
            let piece = export.next().await?;
            Ok(piece.map(|piece| (piece, export)))
        })
    }
}

struct Export {
    recipes: Recipes,
    who: Principal,
    /// Whether their own recipes are given now, or what they wrote elsewhere.
    of_owned: bool,
    /// After which recipe to look further; `None`: there are no more.
    after: Option<String>,
    queue: VecDeque<Trace>,
    /// The recipe whose messages are read, and up to where they are.
    open: Option<(RecipeId, Revision)>,
}

impl Export {
    async fn next(&mut self) -> Result<Option<Exported>, Refused> {
        loop {
            if let Some((recipe, upto)) = self.open.take() {
                if let Some(piece) = self.messages(recipe, upto).await? {
                    return Ok(Some(piece));
                }
            } else if let Some(trace) = self.queue.pop_front() {
                if trace.owned != self.of_owned {
                    continue;
                }
                self.open = Some((trace.recipe.clone(), 0));
                if trace.owned {
                    let loaded = self.recipes.store.load_one(&trace.recipe);
                    match self.recipes.ask(loaded).await? {
                        Some(state) => return Ok(Some(Exported::Recipe(Box::new(state)))),
                        None => self.open = None,
                    }
                }
            } else if let Some(after) = self.after.take() {
                let name = folded(self.who.name());
                let traces = self.recipes.store.traces(&self.who.user, &name, &after);
                let traces = self.recipes.ask(traces).await?;
                let last = traces.last().filter(|_| traces.len() == MAX_TRACES);
                self.after = last.map(|last| last.recipe.to_string());
                self.queue.extend(traces);
            } else if self.of_owned {
                self.of_owned = false;
                self.after = Some(String::new());
            } else {
                return Ok(None);
            }
        }
    }

    /// The next messages that are theirs; `None` when the recipe has no more, or none of these is.
    async fn messages(
        &mut self,
        recipe: RecipeId,
        after: Revision,
    ) -> Result<Option<Exported>, Refused> {
        let page = Page {
            after,
            upto: Revision::MAX,
            limit: PAGE,
            prefer: Prefer::Oldest,
        };
        let read = self.recipes.store.messages(&recipe, page);
        let mut messages = self.recipes.ask(read).await?;
        let Some(last) = messages.last() else {
            return Ok(None);
        };
        self.open = Some((recipe.clone(), last.revision));
        if !self.of_owned {
            messages.retain(|message| message.author.user == self.who.user);
        }
        Ok((!messages.is_empty()).then_some(Exported::Messages(recipe, messages)))
    }
}
