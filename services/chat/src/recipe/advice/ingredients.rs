//! Wishes about an ingredient: not wanted, another kind of it, a diet.

use super::said::Said;
use crate::recipe::change::Parsed;
use crate::recipe::word_list::WordList;
use crate::recipe::{language, naming};

impl Said<'_> {
    /// "No sugar", "without the butter", "we don't need the butter".
    pub(super) fn not_wanted(&self) -> Option<String> {
        const PHRASES: &[&str] = &[
            "no",
            "without",
            "forget",
            "forget about",
            "we don't need",
            "i don't need",
            "don't need",
            "we don't want",
            "i don't want",
            "don't use",
            "hold",
            "minus",
            "no more",
            "i'm out of",
            "we're out of",
            "we have no",
            "i have no",
            "i don't have",
            "we don't have",
            "we don't have any",
            "i don't have any",
            "leave",
            "out with",
            "ran out of",
            "i ran out of",
            "we ran out of",
            "out of",
            "no need for",
            "not use",
            "i'm allergic to",
            "we're allergic to",
            "i can't eat",
            "i can't have",
        ];
        let phrase = PHRASES
            .iter()
            .filter(|phrase| self.begins(phrase))
            .max_by_key(|phrase| phrase.len());
        let rest = match phrase {
            Some(phrase) => self.after(phrase.split(' ').count()),
            // "Eggs out"
            None => self.said().strip_suffix(" out")?.to_owned(),
        };
        let rest = rest
            .trim_start_matches("the ")
            .trim_start_matches("any ")
            .trim_end_matches(" out");
        let line = self
            .ingredient(rest)
            .filter(|_| !self.content.contains('?'))?;
        Some(format!("To take it out, write \"remove {}\".", line.name))
    }

    /// "Oat milk instead of milk", "use oil, not butter", "honey for the sugar".
    pub(super) fn in_place_of(&self) -> Option<String> {
        const MARKS: &[&str] = &[
            " instead of ",
            " rather than ",
            " in place of ",
            " not ",
            " over ",
        ];
        if self.words.len() > 9 || self.content.trim_end().ends_with('?') && !self.asked {
            return None;
        }
        let said = self.said();
        let (new, old) = MARKS.iter().find_map(|mark| said.split_once(mark))?;
        static BEFORE: WordList = WordList::new(
            "use add take try put make with it the some do just only have i'd like we want prefer",
        );
        let mut new = new;
        while let Some((word, rest)) = new.split_once(' ')
            && BEFORE.contains(word)
        {
            new = rest;
        }
        let much = ["enough", "too", "so", "that"]
            .iter()
            .any(|much| old.starts_with(much));
        if much || new.contains('\'') {
            return None;
        }
        // "3 eggs, not 2"
        let counted = |words: &str| words.starts_with(|c: char| c.is_ascii_digit());
        if counted(new) && counted(old) {
            return self.amount_of_known(new);
        }
        let line = self.ingredient(old.trim_start_matches("the "))?;
        let replace = format!("replace {} with {new}", line.name);
        self.works(&replace)
            .then(|| format!("To replace it, write \"{replace}\"."))
    }

    pub(super) fn diet(&self) -> Option<String> {
        const DIETS: &[&str] = &[
            "vegan",
            "vegetarian",
            "gluten-free",
            "gluten free",
            "dairy-free",
            "dairy free",
            "sugar-free",
            "sugar free",
            "keto",
            "lactose-free",
            "lactose free",
            "nut-free",
            "nut free",
            "halal",
            "kosher",
            "low-carb",
            "low carb",
            "paleo",
            "egg-free",
        ];
        const MORE: &[&str] = &[
            "spicier",
            "sweeter",
            "healthier",
            "crispier",
            "creamier",
            "lighter",
            "thicker",
            "thinner",
            "saltier",
            "milder",
            "richer",
            "fluffier",
            "hotter",
        ];
        if self.word(0) == "mark"
            && let Some(diet) = DIETS.iter().find(|diet| self.after(1).contains(*diet))
        {
            return Some(format!("To mark the recipe, write \"tag: {diet}\"."));
        }
        if !(self.word(0) == "make" || self.begins("can we make")) {
            return None;
        }
        let rest = self.after(1);
        if let Some(diet) = DIETS.iter().find(|diet| rest.contains(*diet)) {
            return Some(format!(
                "Say what to replace, as in \"replace milk with oat milk\"; to mark the recipe, write \"tag: {diet}\"."
            ));
        }
        let compared = self.has(MORE) || self.has(&["less", "more"]);
        compared.then(|| "Say which ingredient to change, as in \"reduce sugar by half\" or \"increase sugar by 50%\".".to_owned())
    }

    /// "Use whole milk": which kind of an ingredient that is there.
    pub(super) fn kind_of(&self) -> Option<String> {
        let first = self.word(0);
        if !matches!(
            first,
            "go" | "use" | "with" | "make" | "using" | "prefer" | "switch" | "take" | "try"
        ) {
            return None;
        }
        let rest = self.after(1);
        let rest = rest
            .trim_start_matches("with ")
            .trim_start_matches("the ")
            .trim_start_matches("some ");
        let line = self.ingredient(rest)?;
        let renamed = language::parse(&format!("rename {} to {rest}", line.name));
        static MORE: WordList =
            WordList::new("it all lots rest half plenty not more less without some of for");
        let odd = rest
            .split(' ')
            .any(|word| MORE.contains(word) || word.starts_with(|c: char| c.is_ascii_digit()));
        if odd || !matches!(renamed, Parsed::Changes(_)) {
            return None;
        }
        if naming::key(&line.name) == naming::key(rest) {
            return Some(format!(
                "Say how much, as in \"use 2 cups {rest}\", or instead of what, as in \"use {rest} instead of milk\"."
            ));
        }
        Some(format!(
            "To say which kind, write \"rename {} to {rest}\".",
            line.name
        ))
    }

    /// A verb of the language and an ingredient of the recipe, and no rule for what is said about it.
    pub(super) fn command(&self) -> Option<String> {
        static VERBS: WordList = WordList::new(
            "use add remove change replace swap make increase reduce cut double halve set put take",
        );
        if self.begins("make sure") {
            return None;
        }
        let begins = VERBS.contains(self.word(0));
        let line = self
            .words
            .iter()
            .skip(1)
            .find_map(|word| self.ingredient(word))?;
        let at = self
            .words
            .iter()
            .position(|word| self.ingredient(word).is_some())?;
        let kind = self.after(at + 1);
        if self.word(0) == "make" && (1..=2).contains(&kind.split(' ').count()) && !kind.is_empty()
        {
            return Some(format!(
                "To say which kind, write \"rename {0} to {kind} {0}\".",
                line.name
            ));
        }
        begins.then(|| {
            format!(
                "Write one change after the other, as in \"change {0} to 50 g\", \"replace {0} with honey\" or \"remove {0}\".",
                line.name
            )
        })
    }
}
