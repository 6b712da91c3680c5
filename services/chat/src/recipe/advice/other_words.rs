//! Requests put into words that work. They are looked for before the grammar says what it could not read: the whole
//! message in other words is worth more than a word about a part of it. Each is tried on the recipe before it is said.

use super::requests::is_counted;
use super::said::{Said, whole};
use crate::recipe::model::Ingredient;
use crate::recipe::word_list::{WordList, words};
use crate::recipe::{language, naming};

/// A request is short.
const MOST_WORDS: usize = 12;

pub(super) fn without_article(words: &str) -> &str {
    let words = words.trim();
    ["the ", "a ", "an ", "some ", "any ", "my "]
        .iter()
        .find_map(|article| words.strip_prefix(article))
        .unwrap_or(words)
}

impl Said<'_> {
    pub(super) fn in_other_words(&self) -> Option<String> {
        let question = self.content.trim_end().ends_with('?') && !self.asked;
        if question || self.words.len() > MOST_WORDS || self.words.len() < 2 || self.is_a_link() {
            return None;
        }
        self.brought_back()
            .or_else(|| self.tags_taken_off())
            .or_else(|| self.diet_added())
            .or_else(|| self.first_or_last_ingredients())
            .or_else(|| self.removed_for_another())
            .or_else(|| self.all_but_one())
            .or_else(|| self.joined_by_but())
            .or_else(|| self.up_or_down_to())
            .or_else(|| self.easy_on())
            .or_else(|| self.the_other_way_round())
            .or_else(|| self.another_kind())
            .or_else(|| self.one_more())
            .or_else(|| self.by_an_amount())
            .or_else(|| self.with_a_sign())
            .or_else(|| self.in_other_units())
            .or_else(|| self.missing())
            .or_else(|| self.all_that_is_left())
    }

    pub(super) fn working(&self, said: &str, message: &str) -> Option<String> {
        self.works(message)
            .then(|| format!("{said}, write \"{message}\"."))
    }

    /// The ingredient of just this name.
    pub(super) fn exactly(&self, name: &str) -> Option<&Ingredient> {
        let wanted = naming::key(without_article(name));
        let at = self.keys().iter().position(|key| *key == wanted)?;
        self.recipe.ingredients.get(at)
    }

    /// "Remove all tags".
    fn tags_taken_off(&self) -> Option<String> {
        let asked =
            words!("remove delete clear drop").contains(self.word(0)) && self.has(&["tags"]);
        let tags = self
            .recipe
            .tags
            .iter()
            .filter(|_| asked && self.words.len() <= 4);
        let all: Vec<String> = tags.map(|tag| format!("remove tag {tag}")).collect();
        (!all.is_empty())
            .then(|| self.working("To take them off", &all.join("; ")))
            .flatten()
    }

    /// "Add gluten free": how the dish is, and nothing to put in.
    fn diet_added(&self) -> Option<String> {
        static DIETS: WordList = WordList::new(
            "vegan vegetarian gluten-free dairy-free sugar-free lactose-free nut-free halal kosher keto paleo \
            low-carb healthy spicy quick easy",
        );
        let how = self.after(1);
        let diet = DIETS.contains(&how) || how.ends_with(" free") && how.split(' ').count() == 2;
        (self.word(0) == "add" && diet)
            .then(|| self.working("To mark the recipe", &format!("tag: {how}")))
            .flatten()
    }

    /// "Remove the last two ingredients".
    fn first_or_last_ingredients(&self) -> Option<String> {
        let verb = self.word(0);
        let at = self
            .words
            .iter()
            .position(|word| words!("first last").contains(word))?;
        let count: usize = whole(self.word(at + 1))?.parse().ok()?;
        let lines = &self.recipe.ingredients;
        if !words!("remove delete skip drop omit").contains(verb)
            || self.word(at + 2) != "ingredients"
            || count > lines.len()
        {
            return None;
        }
        let named = match self.word(at) {
            "first" => &lines[..count],
            _ => &lines[lines.len() - count..],
        };
        let names: Vec<&str> = named.iter().map(|line| line.name.as_str()).collect();
        self.working(
            "To take them out",
            &format!("remove {}", names.join(" and ")),
        )
    }

    /// "Put the sugar back", "re-add the milk".
    fn brought_back(&self) -> Option<String> {
        static NO_FOOD: WordList = WordList::new(
            "it that this lid pan pot bowl oven foil cake dough phone lights them me",
        );
        let first = self.word(0);
        let name = match first {
            "re-add" | "readd" => self.after(1),
            "put" | "bring" | "add" if self.word(1) == "back" => self.after(2),
            "put" | "bring" | "add" => self.after(1).strip_suffix(" back")?.to_owned(),
            _ => return None,
        };
        let name = without_article(&name);
        if name.split(' ').count() > 3 || name.split(' ').any(|word| NO_FOOD.contains(word)) {
            return None;
        }
        let add = format!("add {name}");
        Some(match self.works(&add) {
            true => format!("To take back the last change, write \"undo\"; to add it, \"{add}\"."),
            false => "To take back the last change, write \"undo\".".to_owned(),
        })
    }

    /// "Remove the milk and use oat milk", "no sugar, add honey".
    fn removed_for_another(&self) -> Option<String> {
        const REMOVE: &[&str] = &[
            "remove",
            "skip",
            "ditch",
            "drop",
            "omit",
            "lose",
            "cut",
            "forget",
            "no",
            "without",
            "leave out",
            "take out",
            "get rid of",
        ];
        let said = self.said();
        let verb = REMOVE.iter().find(|verb| self.begins(verb))?;
        let rest = said.strip_prefix(verb)?;
        let split = |verb: &str| rest.split_once(verb);
        let (old, new, used) = split(" use ")
            .map(|(old, new)| (old, new, true))
            .or_else(|| split(" add ").map(|(old, new)| (old, new, false)))?;
        let old = [" and", " but", " then", " or"]
            .iter()
            .find_map(|join| old.strip_suffix(join))
            .unwrap_or(old);
        let line = self.exactly(old)?;
        match used {
            true => self.working(
                "To replace it",
                &format!("replace {} with {}", line.name, without_article(new)),
            ),
            false => self.working("To do both", &format!("remove {}; add {new}", line.name)),
        }
    }

    /// "Double everything except the eggs".
    fn all_but_one(&self) -> Option<String> {
        let verb = self.word(0);
        if !words!("double triple quadruple halve").contains(verb) {
            return None;
        }
        let said = self.after(1);
        let of_all = ["everything ", "all ", "it ", "the recipe ", "the whole "];
        if !of_all.iter().any(|all| said.starts_with(all)) {
            return None;
        }
        let name = [
            "except for ",
            "except ",
            "apart from ",
            "besides ",
            "but not ",
            "but ",
        ]
        .iter()
        .find_map(|but| said.split_once(but))
        .map(|(_, name)| name)?;
        let line = self.exactly(name)?;
        let counted = line
            .quantity
            .is_some_and(|quantity| quantity.bounds().is_some());
        let as_it_is = line
            .amount()
            .filter(|_| counted)
            .map(|amount| amount.in_words());
        self.working(
            "To do that",
            &match as_it_is {
                Some(amount) => format!("{verb} it; change {} to {amount}", line.name),
                None => format!("{verb} it"),
            },
        )
    }

    /// "Remove milk but add water", "double it but keep 2 eggs".
    fn joined_by_but(&self) -> Option<String> {
        let (one, other) = self.content.trim().split_once(" but ")?;
        let kept = other
            .strip_prefix("keep ")
            .map(without_article)
            .filter(|kept| is_counted(kept))
            .and_then(|kept| {
                let (amount, name) = kept.rsplit_once(' ')?;
                Some(format!("change {} to {amount}", self.exactly(name)?.name))
            });
        let other = kept.as_deref().unwrap_or(other);
        let one = one.trim_end_matches(',');
        if !self.works(one) || kept.is_none() && !self.works(other) {
            return None;
        }
        self.working("To do that", &format!("{one}; {other}"))
    }

    /// "Swap oat milk for the milk", where there is no oat milk.
    fn the_other_way_round(&self) -> Option<String> {
        if !words!("swap switch exchange trade").contains(self.word(0)) {
            return None;
        }
        let said = self.after(1);
        let (new, old) = said
            .split_once(" for ")
            .or_else(|| said.split_once(" with "))?;
        let (new, line) = (without_article(new), self.exactly(old)?);
        if self.exactly(new).is_some() {
            return None;
        }
        self.working(
            "To replace it",
            &format!("replace {} with {new}", line.name),
        )
    }

    /// "Use 3 large eggs", "use brown sugar instead", "use brown sugar instead of white sugar", "replace sugar → honey".
    fn another_kind(&self) -> Option<String> {
        let arrow = ["→", "->", "=>"]
            .iter()
            .find_map(|arrow| self.content.split_once(arrow));
        if let Some((old, new)) = arrow
            && let Some((verb, old)) = old.trim().split_once(' ')
            && words!("replace swap change substitute switch").contains(&verb.to_lowercase())
        {
            let new = new.trim_start_matches('>').trim();
            return self.working(
                "To replace it",
                &format!("replace {} with {new}", old.trim()),
            );
        }
        if self.word(0) != "use" {
            return None;
        }
        let said = self.after(1);
        let (rest, old) = match said.split_once(" instead of ") {
            Some((rest, old)) => (without_article(rest), Some(old)),
            None => (without_article(&said), None),
        };
        let of_a_kind = |name: &str| {
            let line = self.ingredient(without_article(name))?;
            (naming::key(&line.name) != naming::key(name)).then_some(line)
        };
        let replace = |line: &Ingredient| {
            self.working(
                "To replace it",
                &format!("replace {} with {rest}", line.name),
            )
        };
        if let Some(old) = old {
            return of_a_kind(old).and_then(replace);
        }
        if is_counted(rest) {
            let name = language::ingredient_line(rest).ok()?.name;
            let line = of_a_kind(&name)?;
            let (change, add) = (
                format!("change {} to {rest}", line.name),
                format!("add {rest}"),
            );
            let both = self.works(&change) && self.works(&add);
            return both
                .then(|| format!("To change it, write \"{change}\"; to add it, \"{add}\"."));
        }
        let instead = self.lower().contains("instead");
        of_a_kind(rest).filter(|_| instead).and_then(replace)
    }
}
