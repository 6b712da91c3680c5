//! Who of this edge's people is on one recipe: what the chat service is told of them, as changes, and what somebody who
//! comes is shown first. Pure.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use proto::{
    ids::UserId,
    websocket::frames::{Person, Presence, Role},
};

use crate::upstream::Principal;

/// How many people are shown by name.
pub(crate) const MAX_SHOWN: usize = 50;

/// This edge's people on one recipe.
#[derive(Debug, Default)]
pub(super) struct People {
    /// Who is alone: most rooms are of one person, and must cost little.
    one: Option<OnlyPerson>,
    /// Otherwise.
    many: Option<Box<Crowd>>,
    /// Whether somebody was shown others, and nothing was told of them since.
    shown_others: bool,
}

#[derive(Debug)]
struct OnlyPerson {
    user: UserId,
    here: LocalPerson,
    /// Whether the chat service must hear of them.
    unsent: bool,
}

#[derive(Debug, Default)]
struct Crowd {
    here: HashMap<UserId, LocalPerson>,
    /// In the order in which they came.
    order: BTreeMap<u64, UserId>,
    arrivals: u64,
    /// Of whom the chat service must hear.
    unsent: HashSet<UserId>,
}

#[derive(Debug)]
struct LocalPerson {
    arrival: u64,
    connections: u32,
    /// Over how many of them they type.
    typing: u32,
    name: Arc<str>,
    role: Role,
}

/// What others see of somebody, as the chat service has said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenAs {
    /// What they are called there; `None`: as their token says.
    pub name: Option<Arc<str>>,
    /// What they may do; `None`: nobody has said.
    pub role: Option<Role>,
}

/// What the chat service must hear of a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleChange {
    /// Who is there, or is there in another way.
    pub here: Vec<Person>,
    /// Who has gone.
    pub gone: Vec<UserId>,
    /// Whether somebody was shown others beside themself.
    pub shown_others: bool,
}

impl PeopleChange {
    fn is_nothing(&self) -> bool {
        self.here.is_empty() && self.gone.is_empty()
    }
}

impl People {
    /// Somebody comes by one more connection; tells whether the chat service must hear of it. A role that nobody has told is
    /// the least.
    pub(super) fn enter(&mut self, who: &Principal, shown: &SeenAs) -> bool {
        if let Some(here) = self.get_mut(&who.user) {
            here.connections += 1;
            return self.show(who, shown);
        }
        let here = LocalPerson {
            arrival: 0,
            connections: 1,
            typing: 0,
            name: Arc::clone(shown.name.as_ref().unwrap_or(&who.shown_name)),
            role: shown.role.unwrap_or(Role::Viewer),
        };
        let user = who.user.clone();
        if self.one.is_none() && self.many.is_none() {
            self.one = Some(OnlyPerson {
                user,
                here,
                unsent: true,
            });
        } else {
            let crowd = self.crowd();
            crowd.unsent.insert(user.clone());
            crowd.add(user, here);
        }
        true
    }

    /// One of somebody's connections ends, over which they type or not; tells whether the chat service must hear of it.
    pub(super) fn leave(&mut self, user: &UserId, typing: bool) -> bool {
        let Some(here) = self.get_mut(user) else {
            return false;
        };
        here.connections -= 1;
        if here.connections > 0 {
            return typing && self.types(user, false);
        }
        self.crowd().remove(user);
        true
    }

    /// Somebody is shown under that name, and may do that; tells whether the chat service must hear of it.
    pub(super) fn show(&mut self, who: &Principal, shown: &SeenAs) -> bool {
        let Some(here) = self.get_mut(&who.user) else {
            return false;
        };
        let name = shown.name.as_ref().unwrap_or(&who.shown_name);
        let role = shown.role.unwrap_or(here.role);
        if here.name == *name && here.role == role {
            return false;
        }
        here.name = Arc::clone(name);
        here.role = role;
        self.mark(&who.user)
    }

    /// Somebody begins to type over one of their connections, or ends; tells whether the chat service must hear of it.
    pub(super) fn types(&mut self, user: &UserId, begins: bool) -> bool {
        let Some(here) = self.get_mut(user) else {
            return false;
        };
        let typed = here.typing > 0;
        here.typing = match begins {
            true => here.typing + 1,
            false => here.typing.saturating_sub(1),
        };
        typed != (here.typing > 0) && self.mark(user)
    }

    /// What the chat service must hear: `all`: of everybody who is there, not only of who has changed. `None`: nothing.
    pub(super) fn take_change(&mut self, all: bool) -> Option<PeopleChange> {
        let (here, gone) = self.take_unsent();
        let change = PeopleChange {
            here: match all {
                true => self.shown(usize::MAX),
                false => here.iter().filter_map(|user| self.person(user)).collect(),
            },
            gone: if all { Vec::new() } else { gone },
            shown_others: self.shown_others,
        };
        Some(change).filter(|change| all || !change.is_nothing())
    }

    /// Hears that everybody was shown who is there.
    pub(super) fn all_shown(&mut self) {
        self.shown_others = false;
    }

    /// What somebody who is there is shown first, when `shown` is what everybody was shown last, if anything yet; `None`: as
    /// they were.
    pub(super) fn first_shown(
        &mut self,
        user: &UserId,
        shown: Option<&Presence>,
    ) -> Option<Presence> {
        let first = match shown {
            Some(shown) => {
                // Of a crowd a newcomer is not among the first: the next word counts them as well.
                let is_crowd = shown.people.len() >= MAX_SHOWN;
                let known = shown.people.iter().any(|person| person.id == user.as_str());
                if is_crowd || known {
                    return None;
                }
                let mut first = shown.clone();
                first.people.extend(self.person(user));
                first.count = first.count.saturating_add(1);
                first
            }
            None => Presence {
                people: self.shown(MAX_SHOWN),
                count: self.count() as u64,
            },
        };
        self.shown_others |= first.count > 1;
        Some(first)
    }

    /// The first of them.
    fn shown(&self, limit: usize) -> Vec<Person> {
        match &self.many {
            Some(crowd) => {
                let first = crowd.order.values().take(limit);
                first.filter_map(|user| self.person(user)).collect()
            }
            None => {
                let one = self.one.iter();
                one.filter_map(|one| self.person(&one.user)).collect()
            }
        }
    }

    fn count(&self) -> usize {
        let many = self.many.as_ref().map(|crowd| crowd.here.len());
        many.unwrap_or(usize::from(self.one.is_some()))
    }

    fn person(&self, user: &UserId) -> Option<Person> {
        let one = self.one.as_ref().filter(|one| one.user == *user);
        let here = match &self.many {
            Some(crowd) => crowd.here.get(user)?,
            None => &one?.here,
        };
        Some(Person {
            id: user.to_string(),
            name: here.name.to_string(),
            role: here.role,
            typing: here.typing > 0,
        })
    }

    fn get_mut(&mut self, user: &UserId) -> Option<&mut LocalPerson> {
        match &mut self.many {
            Some(crowd) => crowd.here.get_mut(user),
            None => {
                let one = self.one.as_mut().filter(|one| one.user == *user)?;
                Some(&mut one.here)
            }
        }
    }

    /// From now on there is room for many.
    fn crowd(&mut self) -> &mut Crowd {
        let one = self.one.take();
        let crowd = self.many.get_or_insert_default();
        if let Some(OnlyPerson { user, here, unsent }) = one {
            crowd.unsent.extend(unsent.then(|| user.clone()));
            crowd.add(user, here);
        }
        crowd
    }

    /// The chat service must hear of somebody; tells whether that is new.
    fn mark(&mut self, user: &UserId) -> bool {
        match (&mut self.many, &mut self.one) {
            (Some(crowd), _) => crowd.unsent.insert(user.clone()),
            (None, Some(one)) => !std::mem::replace(&mut one.unsent, true),
            (None, None) => false,
        }
    }

    /// Those of whom the chat service must hear: who is there, and who has gone.
    fn take_unsent(&mut self) -> (Vec<UserId>, Vec<UserId>) {
        if let Some(crowd) = &mut self.many {
            let unsent = std::mem::take(&mut crowd.unsent);
            let is_here = |user: &UserId| crowd.here.contains_key(user);
            return unsent.into_iter().partition(is_here);
        }
        let one = self.one.as_mut();
        let unsent = one.and_then(|one| {
            let unsent = std::mem::take(&mut one.unsent);
            unsent.then(|| one.user.clone())
        });
        (unsent.into_iter().collect(), Vec::new())
    }
}

impl Crowd {
    fn add(&mut self, user: UserId, here: LocalPerson) {
        self.arrivals += 1;
        self.order.insert(self.arrivals, user.clone());
        let here = LocalPerson {
            arrival: self.arrivals,
            ..here
        };
        self.here.insert(user, here);
    }

    fn remove(&mut self, user: &UserId) {
        if let Some(here) = self.here.remove(user) {
            self.order.remove(&here.arrival);
            self.unsent.insert(user.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(name: &str) -> Principal {
        Principal::for_tests(name)
    }

    fn of(role: Option<Role>) -> SeenAs {
        SeenAs { name: None, role }
    }

    fn enter(people: &mut People, name: &str) {
        people.enter(&somebody(name), &of(Some(Role::Editor)));
    }

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn person(name: &str) -> Person {
        Person {
            id: name.to_owned(),
            name: name.to_owned(),
            role: Role::Editor,
            typing: false,
        }
    }

    /// Who is there and who has gone, as the chat service is told; `None`: nothing.
    fn told(people: &mut People, all: bool) -> Option<(Vec<String>, Vec<String>)> {
        let change = people.take_change(all)?;
        let mut here: Vec<_> = change.here.into_iter().map(|person| person.id).collect();
        if !all {
            here.sort_unstable();
        }
        Some((here, change.gone.iter().map(ToString::to_string).collect()))
    }

    fn words(here: &[&str], gone: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
        let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Some((words(here), words(gone)))
    }

    #[test]
    fn the_chat_service_hears_of_changes_only_and_once() {
        let mut people = People::default();
        enter(&mut people, "ada");
        enter(&mut people, "bob");
        assert_eq!(told(&mut people, false), words(&["ada", "bob"], &[]));
        assert_eq!(told(&mut people, false), None);
        enter(&mut people, "ada");
        assert_eq!(told(&mut people, false), None, "by a second connection");
        assert!(!people.leave(&user("ada"), false));
        assert!(people.leave(&user("ada"), false));
        assert_eq!(told(&mut people, false), words(&[], &["ada"]));
        enter(&mut people, "ada");
        assert_eq!(
            told(&mut people, true),
            words(&["bob", "ada"], &[]),
            "in their order"
        );
        assert_eq!(told(&mut people, false), None);
        enter(&mut people, "eve");
        people.leave(&user("eve"), false);
        assert_eq!(
            told(&mut people, false),
            words(&[], &["eve"]),
            "came and went"
        );
    }

    #[test]
    fn a_role_and_a_name_are_told_when_they_are_others() {
        let mut people = People::default();
        people.enter(&somebody("ada"), &of(None));
        assert_eq!(
            people.take_change(false).unwrap().here[0].role,
            Role::Viewer
        );
        assert!(people.show(&somebody("ada"), &of(Some(Role::Owner))));
        assert!(!people.show(&somebody("ada"), &of(Some(Role::Owner))));
        assert!(
            !people.show(&somebody("ada"), &of(None)),
            "nobody has told another"
        );
        people.take_change(false);
        let renamed = Principal {
            shown_name: "Ada L.".into(),
            ..somebody("ada")
        };
        assert!(people.show(&renamed, &of(Some(Role::Owner))));
        let here = people.take_change(false).unwrap().here;
        assert_eq!(
            (here[0].name.as_str(), here[0].role),
            ("Ada L.", Role::Owner)
        );
        let called = SeenAs {
            name: Some("Ada L. (2)".into()),
            role: Some(Role::Owner),
        };
        assert!(people.show(&renamed, &called), "there she is called so");
        assert_eq!(
            people.take_change(false).unwrap().here[0].name,
            "Ada L. (2)"
        );
        assert!(
            !people.show(&somebody("bob"), &of(Some(Role::Owner))),
            "is not there"
        );
    }

    #[test]
    fn who_types_over_one_of_several_connections_types() {
        let mut people = People::default();
        enter(&mut people, "ada");
        enter(&mut people, "ada");
        people.take_change(false);
        let typing = |people: &mut People| people.take_change(false).unwrap().here[0].typing;
        assert!(people.types(&user("ada"), true));
        assert!(typing(&mut people));
        assert!(!people.types(&user("ada"), true));
        assert!(!people.types(&user("ada"), false));
        assert!(
            people.leave(&user("ada"), true),
            "the one over which they type"
        );
        assert!(!typing(&mut people));
    }

    #[test]
    fn a_newcomer_is_added_to_what_others_were_shown() {
        let mut people = People::default();
        enter(&mut people, "bob");
        let mut shown = Presence {
            people: vec![person("ada")],
            count: 1,
        };
        let first = people.first_shown(&user("bob"), Some(&shown)).unwrap();
        assert_eq!(first.people, [person("ada"), person("bob")]);
        assert_eq!(first.count, 2);
        assert!(people.take_change(false).unwrap().shown_others);
        people.types(&user("bob"), true);
        assert!(
            people.take_change(false).unwrap().shown_others,
            "until the chat service tells"
        );
        people.all_shown();
        people.types(&user("bob"), false);
        assert!(!people.take_change(false).unwrap().shown_others);
        assert_eq!(people.first_shown(&user("bob"), Some(&first)), None);
        shown.people = (0..MAX_SHOWN).map(|n| person(&format!("p{n}"))).collect();
        shown.count = 70;
        assert_eq!(people.first_shown(&user("bob"), Some(&shown)), None);
    }

    #[test]
    fn before_anything_is_told_a_newcomer_is_shown_this_edges_people() {
        let mut people = People::default();
        enter(&mut people, "ada");
        let first = people.first_shown(&user("ada"), None).unwrap();
        assert_eq!((first.people, first.count), (vec![person("ada")], 1));
        assert!(!people.take_change(true).unwrap().shown_others);
        for number in 0..70 {
            enter(&mut people, &format!("p{number}"));
        }
        let first = people.first_shown(&user("p69"), None).unwrap();
        assert_eq!((first.people.len(), first.count), (MAX_SHOWN, 71));
        assert!(people.take_change(false).unwrap().shown_others);
    }
}
