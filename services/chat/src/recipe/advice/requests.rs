//! Requests that no rule of the language reads, answered with a message that would: what the words come to is tried on
//! the recipe before it is said.

use super::said::{Said, whole};
use crate::recipe::apply::follow;
use crate::recipe::change::{Change, Parsed};
use crate::recipe::language::{self, parse};
use crate::recipe::model::in_words;
use crate::recipe::naming;
use crate::recipe::word_list::WordList;

/// What stands before the thing that somebody wishes for.
const REQUEST_PHRASES: &[&str] = &[
    "there should be",
    "there has to be",
    "there must be",
    "we will need",
    "we'll need",
    "we also need",
    "i also need",
    "we'll also need",
    "you'll need",
    "you will need",
    "also need",
    "we need",
    "i need",
    "you need",
    "it needs",
    "needs",
    "need",
    "we want",
    "i want",
    "we could use",
    "it could use",
    "could use",
    "should have",
    "must have",
    "give me",
    "let's have",
];
/// A request is short.
const MOST_WORDS: usize = 9;
/// Words of whoever tells or asks something.
static NARRATION_WORDS: WordList = WordList::new(
    "added used bought made forgot yesterday tomorrow don't didn't doesn't never said says mum mom dad maybe next \
    who how why when where which was were is are had been would wouldn't i'd we'd time times today tonight already",
);

pub(super) fn is_counted(words: &str) -> bool {
    let first = words.split(' ').next().unwrap_or_default();
    words.starts_with(|letter: char| letter.is_ascii_digit()) || whole(first).is_some()
}

impl Said<'_> {
    pub(super) fn request_of_any_kind(&self) -> Option<String> {
        let asks = self.content.trim_end().ends_with('?') && !self.asked;
        if asks || self.words.len() > MOST_WORDS || self.has_any(&NARRATION_WORDS) {
            return None;
        }
        self.should_be()
            .or_else(|| self.wished_for())
            .or_else(|| self.bare_amount())
            .or_else(|| self.cannot_be_followed())
    }

    /// "The flour should be 300g".
    pub(super) fn should_be(&self) -> Option<String> {
        let be = self.words.iter().position(|word| word == "be")?;
        let must = matches!(self.word(be.checked_sub(1)?), "should" | "must" | "to");
        if must && be <= 2 && matches!(self.word(0), "it" | "that" | "this") {
            return self.amount_of_known(&self.after(be + 1));
        }
        let name = self.words.get(..be - 1)?.join(" ");
        let name = name
            .trim_end_matches(" needs")
            .trim_end_matches(" ought")
            .trim_end_matches(" has")
            .trim_start_matches("the ");
        let line = self.ingredient(name).filter(|_| must)?;
        let change = format!("change {} to {}", line.name, self.after(be + 1));
        (is_counted(self.word(be + 1)) && self.works(&change))
            .then(|| format!("To change it, write \"{change}\"."))
    }

    /// "We need 2 onions", "how about oat milk instead", "I'd like it for 6".
    fn wished_for(&self) -> Option<String> {
        let wish = REQUEST_PHRASES.iter().find(|wish| self.begins(wish));
        let rest = match wish {
            Some(wish) => self.after(wish.split(' ').count()),
            None if self.asked => self.said().to_owned(),
            None => return None,
        };
        let rest = rest
            .trim_end_matches(" too")
            .trim_end_matches(" in it")
            .trim_end_matches(" as well");
        if let Some((_, people)) = rest.rsplit_once("for ")
            && let Some(count) = people.split(' ').next().and_then(whole)
            && people.split(' ').count() <= 2
        {
            return Some(format!(
                "To make it for {count}, write \"for {count} people\"."
            ));
        }
        // A trailing "instead" is no word of what is said; the content still has it.
        if self.lower().contains("instead")
            && let Some((_, kind)) = rest.rsplit_once(' ')
            && let Some(line) = self.ingredient(kind)
            && naming::key(&line.name) != naming::key(rest)
        {
            let replace = format!("replace {} with {rest}", line.name);
            if self.works(&replace) {
                return Some(format!("To replace it, write \"{replace}\"."));
            }
        }
        let what = rest.trim_start_matches("some ").trim_start_matches("more ");
        if is_counted(what)
            && let Some(either) = self.amount_of_known(what)
        {
            return Some(either);
        }
        if let Some(line) = self.ingredient(what) {
            let counted = line
                .quantity
                .is_some_and(|quantity| quantity.bounds().is_some());
            return Some(match counted {
                true => format!(
                    "Say how much more, as in \"increase {} by 50%\".",
                    line.name
                ),
                false => format!("Say how much, as in \"change {} to 1 tsp\".", line.name),
            });
        }
        // "We need a break" is no wish for an ingredient, "it needs cinnamon" and "we need a pinch of salt" are.
        static NO_FOOD: WordList = WordList::new(
            "work help love time luck attention practice space air heat improvement you me us it one",
        );
        let of_dish = wish.is_some_and(|wish| wish.contains("needs"))
            && what.split(' ').count() <= 2
            && !what.ends_with("ing")
            && !what.starts_with("to ")
            && !what.split(' ').any(|word| NO_FOOD.contains(word));
        let measured = what.starts_with("a ")
            && language::ingredient_line(what)
                .is_ok_and(|read| read.amount.is_some_and(|amount| amount.unit.is_some()));
        let some = what.len() < rest.len() || of_dish || measured;
        let add = format!("add {what}");
        ((some || is_counted(what)) && self.works(&add))
            .then(|| format!("To add it, write \"{add}\"."))
    }

    /// "2 onions", "3 cups".
    fn bare_amount(&self) -> Option<String> {
        static NO_FOOD: WordList = WordList::new(
            "out for am pm in at percent days weeks months years thumbs points likes votes dollars euros \
            bucks km miles people help ideas idea day days other thoughts music luck friends fun kind sort reason",
        );
        let some = matches!(self.word(0), "some" | "plenty") && self.words.len() <= 3;
        let a_part = self.words.len() == 1 && self.word(0).contains('/');
        if !(is_counted(self.word(0)) || some)
            || a_part
            || self.words.len() > 4
            || self.has_any(&NO_FOOD)
        {
            return None;
        }
        let add = format!("add {}", self.bare_content());
        match parse(&add) {
            _ if self.works(&add) => Some(format!("To add it, write \"{add}\".")),
            // "Say what it is 3 cups of …"
            Parsed::Unclear { hint } if hint.starts_with("Say what it is") => Some(hint),
            _ => None,
        }
    }

    /// What was written, or its words when small words stand around them: "and 2 bananas please".
    pub(super) fn bare_content(&self) -> String {
        let content = self.content.trim().trim_end_matches(['.', '!']);
        let written = content.to_lowercase();
        let bare = written.starts_with(self.word(0))
            && self
                .words
                .last()
                .is_some_and(|last| written.ends_with(last.as_str()));
        match bare {
            true => content.to_owned(),
            false => {
                let said = self.said();
                let ends = [" too", " as well", " also"];
                let end = ends.iter().find_map(|end| said.strip_suffix(end));
                end.unwrap_or(said).to_owned()
            }
        }
    }

    /// A verb that asks for a change and nothing else.
    fn cannot_be_followed(&self) -> Option<String> {
        static VERBS: WordList = WordList::new(
            "add change replace remove delete swap rename substitute increase decrease",
        );
        let asks = VERBS.contains(self.word(0));
        (asks && self.words.len() > 1).then(|| {
            "Nothing was changed, because this can't be followed; write just what to change, as in \"add 2 cups flour\", \
             \"change flour to 300 g\" or \"remove sugar\"."
                .to_owned()
        })
    }

    /// The hint that an ingredient is there already, with a message that adds the others that were named.
    pub(super) fn and_the_rest(&self, given: String) -> String {
        let there = given.strip_prefix("The recipe already has ");
        let Some((there, _)) = there.and_then(|there| there.split_once(';')) else {
            return given;
        };
        let Parsed::Changes(changes) = parse(self.content) else {
            return given;
        };
        let rest: Option<Vec<String>> = changes
            .iter()
            .filter_map(|change| match change {
                Change::AddIngredient(new) if naming::key(&new.name) == naming::key(there) => None,
                Change::AddIngredient(new) if new.note.is_none() => {
                    Some(Some(in_words(&new.name, new.amount.as_ref())))
                }
                _ => Some(None),
            })
            .collect();
        let add = rest.map(|rest| format!("add {}", rest.join(", ")));
        match add.filter(|add| self.works(add)) {
            Some(add) => format!(
                "{}; to add the rest alone, write \"{add}\".",
                given.trim_end_matches('.')
            ),
            None => given,
        }
    }

    pub(super) fn works(&self, message: &str) -> bool {
        match parse(message) {
            Parsed::Changes(changes) => {
                follow(self.recipe, &changes).is_ok_and(|(changed, _)| changed != *self.recipe)
            }
            Parsed::Command(_) | Parsed::Timer(_) | Parsed::Talk | Parsed::Unclear { .. } => false,
        }
    }
}
