//! Requests that no rule of the language reads, answered with a message that would: what the words come to is tried on
//! the recipe before it is said.

use super::said::{Said, whole};
use crate::recipe::apply::follow;
use crate::recipe::change::Parsed;
use crate::recipe::language::parse;
use crate::recipe::naming;

/// What stands before the thing that somebody wishes for.
const REQUEST_PHRASES: &[&str] = &[
    "there should be",
    "there has to be",
    "there must be",
    "we will need",
    "we'll need",
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
const NARRATION_WORDS: &str = "added used bought made forgot yesterday tomorrow don't didn't doesn't never said says mum mom dad maybe next \
    who how why when where which was were is are had been would wouldn't i'd we'd time times today tonight already";

fn is_counted(words: &str) -> bool {
    let first = words.split(' ').next().unwrap_or_default();
    words.starts_with(|letter: char| letter.is_ascii_digit()) || whole(first).is_some()
}

impl Said<'_> {
    pub(super) fn request_of_any_kind(&self) -> Option<String> {
        let asks = self.content.trim_end().ends_with('?') && !self.asked;
        if asks || self.words.len() > MOST_WORDS || self.has_any(NARRATION_WORDS) {
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
            None if self.asked => self.words.join(" "),
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
        if self.content.to_lowercase().contains("instead")
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
        // "We need a break" is no wish for an ingredient.
        let some = what.len() < rest.len();
        let add = format!("add {what}");
        ((some || is_counted(what)) && self.works(&add))
            .then(|| format!("To add it, write \"{add}\"."))
    }

    /// "2 onions", "3 cups".
    fn bare_amount(&self) -> Option<String> {
        const NO_FOOD: &str = "of out for am pm in at percent days weeks months years thumbs points likes votes dollars euros \
            bucks km miles";
        if !is_counted(self.word(0)) || self.words.len() > 4 || self.has_any(NO_FOOD) {
            return None;
        }
        let add = format!("add {}", self.content.trim().trim_end_matches(['.', '!']));
        match parse(&add) {
            _ if self.works(&add) => Some(format!("To add it, write \"{add}\".")),
            // "Say what it is 3 cups of …"
            Parsed::Unclear { hint } if hint.starts_with("Say what it is") => Some(hint),
            _ => None,
        }
    }

    /// A verb that asks for a change and nothing else.
    fn cannot_be_followed(&self) -> Option<String> {
        const VERBS: &str =
            "add change replace remove delete swap rename substitute increase decrease";
        let asks = VERBS.split_whitespace().any(|verb| verb == self.word(0));
        (asks && self.words.len() > 1).then(|| {
            "Nothing was changed, because this can't be followed; write just what to change, as in \"add 2 cups flour\", \
             \"change flour to 300 g\" or \"remove sugar\"."
                .to_owned()
        })
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
