//! Invitations by link: whoever has one becomes a member. Of its token only a hash is kept, so that nobody who reads the
//! database comes in by it.

use std::time::Duration;

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::ids::{MessageId, RecipeId};
use secrecy::{ExposeSecret as _, SecretString};

use super::Recipes;
pub(crate) use crate::share_link::Link;
use crate::{
    access::Right,
    message::Principal,
    recipe::Role,
    recipe_state::{Draft, RecipeState},
    refused::Refused,
};

/// How many random bytes a token has.
const TOKEN_BYTES: usize = 16;
/// How long a link lasts unless said otherwise, and at most.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const MAX_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The longest text that is looked at as a token.
const MAX_TOKEN_LENGTH: usize = 128;

/// What a link tells anybody who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// What the recipe is called.
    pub title: String,
    /// The name of whoever made the link.
    pub by: String,
    /// What it makes of whoever takes it.
    pub role: Role,
}

impl Recipes {
    /// Makes a link to a recipe; gives it with its token, which nobody is told again.
    ///
    /// # Errors
    /// When `who` is not the owner, or has as many links as they may.
    pub(crate) async fn create_link(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        role: Role,
        lifetime: Option<Duration>,
    ) -> Result<(Link, SecretString), Refused> {
        self.owned(who, recipe).await?;
        let now = self.clock.now();
        if self.quotas.limits_links() {
            let links = self.ask(self.store.count_links(&who.user, now)).await?;
            self.quotas.check_links(links)?;
        }
        let token = new_token()?;
        let lifetime = lifetime.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME);
        let link = Link {
            id: MessageId::random().to_string(),
            recipe: recipe.clone(),
            role,
            created_by: who.user.clone(),
            created_at: now,
            expires_at: now + lifetime,
        };
        self.ask(self.store.add_link(&link, hash(&token))).await?;
        self.note("create_link", who, recipe, &link.id);
        Ok((link, token))
    }

    /// Lists the links to a recipe that have not expired, the oldest first.
    ///
    /// # Errors
    /// When `who` is not the owner.
    pub(crate) async fn links(
        &self,
        who: &Principal,
        recipe: &RecipeId,
    ) -> Result<Vec<Link>, Refused> {
        self.owned(who, recipe).await?;
        self.ask(self.store.links(recipe, self.clock.now())).await
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// When `who` is not the owner, or there is no such link.
    pub(crate) async fn delete_link(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        link: &str,
    ) -> Result<(), Refused> {
        self.owned(who, recipe).await?;
        match self.ask(self.store.delete_link(recipe, link)).await? {
            true => {
                self.note("delete_link", who, recipe, link);
                Ok(())
            }
            false => Err(Refused::NoSuchLink),
        }
    }

    /// Tells anybody who has a link's token what it leads to.
    ///
    /// # Errors
    /// When it leads nowhere.
    pub(crate) async fn describe_link(&self, token: &SecretString) -> Result<Invitation, Refused> {
        let (link, recipe_state) = self.followed(token).await?;
        let name = self.store.visitor_name(&link.recipe, &link.created_by);
        Ok(Invitation {
            title: recipe_state.recipe.title.clone(),
            by: self.ask(name).await?.unwrap_or_default(),
            role: link.role,
        })
    }

    /// Makes somebody a member by a link, as a message of theirs. Whoever may do as much already stays what they are.
    ///
    /// # Errors
    /// When it leads nowhere, or the recipe has as many members as it may.
    pub(crate) async fn accept_link(
        &self,
        who: &Principal,
        token: &SecretString,
    ) -> Result<(RecipeId, Right), Refused> {
        if !who.may_come_and_go(None) {
            return Err(Refused::OutOfScope);
        }
        let (link, recipe_state) = self.followed(token).await?;
        let right = Right::of(link.role);
        let has = recipe_state.access.own_right(who);
        if has.is_none_or(|has| has < right) {
            let draft = Draft::admission(
                link.recipe.clone(),
                who.clone(),
                MessageId::random(),
                link.role,
            );
            self.post(draft.ok_or(Refused::Unavailable)?).await?;
        }
        self.come(&recipe_state, who).await?;
        Ok((link.recipe, has.map_or(right, |has| has.max(right))))
    }

    /// The recipe, when `who` owns it.
    pub(super) async fn owned(
        &self,
        who: &Principal,
        recipe: &RecipeId,
    ) -> Result<RecipeState, Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        match recipe_state.right_of(who)? {
            Right::Own => Ok(recipe_state),
            Right::Write | Right::Read => Err(Refused::OwnerOnly),
        }
    }

    /// The link of a token that still leads somewhere, and the recipe there.
    async fn followed(&self, token: &SecretString) -> Result<(Link, RecipeState), Refused> {
        if token.expose_secret().len() > MAX_TOKEN_LENGTH {
            return Err(Refused::NoSuchLink);
        }
        let found = self.ask(self.store.find_link(hash(token))).await?;
        let link = found.filter(|link| self.clock.now() < link.expires_at);
        let link = link.ok_or(Refused::NoSuchLink)?;
        let recipe_state = self.ask(self.store.load_one(&link.recipe)).await?;
        Ok((link, recipe_state.ok_or(Refused::NoSuchLink)?))
    }
}

fn new_token() -> Result<SecretString, Refused> {
    let mut token = [0; TOKEN_BYTES];
    rand::fill(&mut token).map_err(|_| Refused::Unavailable)?;
    Ok(URL_SAFE_NO_PAD.encode(token).into())
}

/// What is kept of a token. It has as many random bits as nobody can try, so that it needs no salt.
fn hash(token: &SecretString) -> String {
    let digest = digest::digest(&digest::SHA256, token.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}
