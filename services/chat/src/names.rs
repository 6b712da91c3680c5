//! What people are called on a recipe: nobody by a name that looks like that of somebody else there.
//!
//! Which names are taken the store knows, by their looks; what it has told is remembered here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto::ids::{RecipeId, UserId};
use unicode_security::skeleton;

use crate::{
    access::Access,
    message::Principal,
    store::{self, FORMER_MEMBER, Store, Visit},
};

/// How many times a name may be numbered.
const MAX_NUMBER: u32 = 9;
/// How much of a user's id stands in the last of their names.
const ID_CHARS: usize = 8;

/// How many names are remembered; past that, all are read again.
const MAX_REMEMBERED: usize = 50_000;

/// A name that somebody may be given, and what it has in common with all names that look like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) look: String,
}

impl Candidate {
    fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            look: look(&name),
            name,
        }
    }
}

/// What somebody is called on one recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    /// The name that they had chosen when they were given this one.
    pub(crate) chosen: Arc<str>,
    /// As others there see it.
    pub(crate) name: Arc<str>,
}

/// What people are called, as far as it was asked.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashMap<(RecipeId, UserId), Called>>);

impl Names {
    /// What somebody is called; `None` when that is not known, or they have chosen another name since.
    pub(crate) fn of(&self, who: &Principal, recipe: &RecipeId) -> Option<Arc<str>> {
        let names = self.lock();
        let called = names.get(&(recipe.clone(), who.user.clone()))?;
        (*called.chosen == *who.shown_name()).then(|| Arc::clone(&called.name))
    }

    /// Lets somebody come to a recipe, who is given a name there unless they have one.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn give(
        &self,
        store: &Store,
        recipe: &RecipeId,
        who: &Principal,
        access: &Access,
    ) -> Result<Visit, store::Error> {
        let asked = vec![(recipe.clone(), who.user.clone())];
        let called = store.called(asked).await?.pop();
        let called = called.map(|(_, _, called)| called);
        self.give_unless(store, recipe, who, access, called).await
    }

    /// The same, where it is known what they are `called` there, if they ever came.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn give_unless(
        &self,
        store: &Store,
        recipe: &RecipeId,
        who: &Principal,
        access: &Access,
        called: Option<Called>,
    ) -> Result<Visit, store::Error> {
        let known = called.filter(|called| *called.chosen == *who.shown_name());
        let visit = match known {
            Some(called) => Visit {
                first: false,
                name: called.name,
            },
            None => store.visit(recipe, who, candidates(who, access)).await?,
        };
        let called = Called {
            chosen: who.shown_name().into(),
            name: Arc::clone(&visit.name),
        };
        self.remember(recipe, &who.user, called);
        Ok(visit)
    }

    /// Remembers what somebody is called.
    pub(crate) fn remember(&self, recipe: &RecipeId, user: &UserId, called: Called) {
        let mut names = self.lock();
        if names.len() >= MAX_REMEMBERED {
            names.clear();
        }
        names.insert((recipe.clone(), user.clone()), called);
    }

    /// Somebody is of a recipe no more: others may be called so.
    pub(crate) fn forget(&self, recipe: &RecipeId, user: &UserId) {
        self.lock().remove(&(recipe.clone(), user.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(RecipeId, UserId), Called>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which names somebody may be given, the best first: the one they chose, their username, then numbered ones. Those of
/// people who were invited are theirs, whether they have come or not.
pub(crate) fn candidates(who: &Principal, access: &Access) -> Vec<Candidate> {
    let others = access.members.iter().filter(|member| !member.is(who));
    let mut reserved: Vec<String> = others.map(|member| look(&member.name)).collect();
    reserved.push(look(FORMER_MEMBER));
    let (chosen, username) = (who.shown_name(), who.name());
    let numbered = (2..=MAX_NUMBER).map(|number| format!("{chosen} ({number})"));
    let id: String = who.user.as_str().chars().rev().take(ID_CHARS).collect();
    let mut candidates: Vec<Candidate> = [chosen.to_owned(), username.to_owned()]
        .into_iter()
        .chain(numbered)
        .chain([format!("{chosen} ({id})")])
        .map(Candidate::new)
        .filter(|candidate| !reserved.contains(&candidate.look))
        .collect();
    candidates.dedup();
    candidates
}

/// What all names have in common that look like this one, whatever their case: the skeleton of Unicode's technical
/// standard 39. Letters of other cases have other doubles, so it is taken of both. `migrations` say the same of usernames.
fn look(name: &str) -> String {
    let lower = skeleton(name).collect::<String>().to_lowercase();
    skeleton(&lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Member,
        recipe::{Role, Visibility},
    };

    fn recipe_of_ada(members: &[&str]) -> Access {
        let member = |name: &&str| Member {
            name: (*name).to_owned(),
            user: None,
            role: Role::Editor,
        };
        Access {
            owner: "id-ada".parse().unwrap(),
            visibility: Visibility::Private,
            members: members.iter().map(member).collect(),
        }
    }

    fn names(name: &str, chosen: &str, members: &[&str]) -> Vec<String> {
        let user = format!("id-{name}").parse().unwrap();
        let who = Principal::new(user, name).unwrap().shown_as(chosen);
        let candidates = candidates(&who.unwrap(), &recipe_of_ada(members));
        candidates.into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn names_that_look_alike_have_one_look() {
        for (one, other) in [
            ("ada", "аdа"),
            ("ada", "ADA"),
            ("Adal", "AdaI"),
            ("b0b", "Bob"),
            ("Mom", "rnorn"),
            ("paypal", "раураl"),
            ("Ada Lovelace", "Ada\u{a0}Lovelace"),
            ("ada", "a\u{200d}da"),
            ("Zoë", "Zoe\u{308}"),
            ("Ѕсоре", "scope"),
        ] {
            assert_eq!(look(one), look(other), "{one:?} {other:?}");
        }
        for (one, other) in [
            ("ada", "adam"),
            ("Zoë", "Zoe"),
            ("Анна", "Anna"),
            ("山田", "山本"),
        ] {
            assert_ne!(look(one), look(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_name_is_the_chosen_one_or_the_username_or_numbered() {
        let got = names("eve", "Eve L.", &[]);
        assert_eq!(got[..3], ["Eve L.", "eve", "Eve L. (2)"]);
        assert_eq!(got.len(), 11);
        assert_eq!(names("eve", "", &[])[..2], ["eve", "eve (2)"]);
    }

    #[test]
    fn names_of_those_who_were_invited_and_of_those_who_have_gone_are_not_given() {
        assert_eq!(names("eve", "Ваrt", &["bart"])[0], "eve");
        assert_eq!(names("eve", "Former Member", &[])[0], "eve");
        assert_eq!(
            names("eve", "Eve", &["eve"])[0],
            "Eve",
            "their own invitation"
        );
        assert_eq!(names("b0b", "", &["bob"])[0], "b0b (2)");
    }
}
