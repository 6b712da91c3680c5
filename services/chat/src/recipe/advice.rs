//! What is said about a message that changes nothing: the hint that its words call for, looking at the recipe.
//!
//! Silence is only for talk. Whatever names an amount, an ingredient of the recipe together with a wish, kitchen work, or
//! another language's command gets one hint. It reads a line or two word by word and changes nothing.

mod requests;

use super::language;
use super::model::{Ingredient, Recipe};
use super::naming;

const HELP: &str = "Write what to change, for example \"add 2 cups flour\", \"change flour to 300 g\", \"replace milk with oat \
    milk\", \"remove sugar\", \"for 6 people\", \"convert to metric\", \"add step: Whisk the eggs.\" or \"undo\".";
const OTHER_LANGUAGE: &str = "Commands are read in English only; for example \"add 200 g flour\", \"remove sugar\", \"double \
    it\" or \"undo\".";

const CORRECTION: &str = "To correct the last change, write \"undo\", and then the change anew, as in \"change eggs to 3\".";

/// Only short messages ask for one thing.
const LONGEST: usize = 200;

/// The hint about `content`, which changed nothing; `given` is what the grammar has to say. `None`: it is talk.
pub fn hint(recipe: &Recipe, content: &str, given: Option<String>) -> Option<String> {
    if content.len() > LONGEST || content.trim().contains('\n') {
        return given;
    }
    let said = Said::new(recipe, content);
    said.in_another_language()
        .or_else(|| said.in_a_step())
        .or(given)
        .or_else(|| said.wish())
}

/// A message as words in lower case.
struct Said<'a> {
    recipe: &'a Recipe,
    content: &'a str,
    words: Vec<String>,
    /// Whether it was asked for politely: "can we …", "I'd like …".
    asked: bool,
}

/// Beginnings of a wish.
const POLITE: &[&str] = &[
    "can you",
    "could you",
    "would you",
    "can we",
    "could we",
    "can i",
    "could i",
    "i'd like",
    "i would like",
    "we'd like",
    "i want",
    "we want",
    "we could use",
    "i could use",
    "let's",
    "lets",
    "let us",
    "is it possible to",
    "how about",
    "what about",
    "maybe we could",
    "do we want",
    "i need",
    "we need to",
    "you could",
    "please",
];

impl<'a> Said<'a> {
    fn new(recipe: &'a Recipe, content: &'a str) -> Self {
        const BEFORE: &[&str] = &[
            "please", "ok", "okay", "oh", "hey", "hi", "and", "also", "so", "well", "but", "no",
            "wait", "nope", "oops", "sorry", "actually", "um", "hmm", "ah",
        ];
        let all: Vec<String> = content
            .split(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '!' | ';' | '"' | '(' | ')' | '*' | '•')
            })
            .map(|word| {
                word.trim_matches(['.', '?', ':', '-', '–'])
                    .to_lowercase()
                    .replace('’', "'")
            })
            .filter(|word| !word.is_empty())
            .collect();
        // "No sugar" is a wish, "no, 3 eggs" a correction.
        let comma = content.trim_start().to_lowercase().starts_with("no ");
        let skip = all
            .iter()
            .take_while(|word| BEFORE.contains(&word.as_str()) && !(comma && word.as_str() == "no"))
            .count();
        let mut words = all[skip.min(all.len().saturating_sub(1))..].to_vec();
        let polite = POLITE.iter().find(|phrase| {
            let mut said = words.iter();
            words.len() > 2
                && phrase
                    .split(' ')
                    .all(|word| said.next().is_some_and(|said| said == word))
        });
        let asked = polite.is_some();
        if let Some(phrase) = polite {
            words.drain(..phrase.split(' ').count());
            let at = words
                .iter()
                .take_while(|word| matches!(word.as_str(), "to" | "have" | "do" | "please" | "go"))
                .count();
            words.drain(..at.min(words.len() - 1));
        }
        while words.len() > 1
            && words.last().is_some_and(|last| {
                matches!(
                    last.as_str(),
                    "please" | "thanks" | "then" | "lol" | "though" | "instead" | "pls"
                )
            })
        {
            words.pop();
        }
        Self {
            recipe,
            content,
            words,
            asked,
        }
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.as_str()))
    }

    fn has_any(&self, list: &str) -> bool {
        list.split_whitespace()
            .any(|word| self.words.iter().any(|said| said == word))
    }

    fn begins(&self, phrase: &str) -> bool {
        phrase
            .split(' ')
            .enumerate()
            .all(|(at, word)| self.word(at) == word)
    }

    fn after(&self, count: usize) -> String {
        self.words.get(count..).unwrap_or_default().join(" ")
    }

    /// The ingredient of the recipe that these words name.
    fn ingredient(&self, words: &str) -> Option<&'a Ingredient> {
        let wanted = naming::key(words);
        let mut lines = self.recipe.ingredients.iter();
        (!wanted.is_empty()).then(|| {
            lines.find(|line| {
                let key = naming::key(&line.name);
                key == wanted
                    || key.ends_with(&format!(" {wanted}"))
                    || wanted.ends_with(&format!(" {key}"))
            })
        })?
    }

    fn in_another_language(&self) -> Option<String> {
        const COMMANDS: &str = "füge hinzu hinzufügen verdopple verdoppeln halbiere entferne entfernen weglassen lösche löschen \
            ersetze ersetzen ändere rückgängig statt ohne personen bitte nimm mach doppelte mehl zucker eier ajoute ajouter \
            ajoutez enlève enlever retire retirer supprime supprimer remplace remplacer doubler annule annuler sans personnes \
            recette moins œufs oeufs farine añade añadir agrega agregar quita quitar elimina eliminar duplica duplicar deshacer \
            cambia cambiar sustituye reemplaza personas receta huevos azúcar harina aggiungi aggiungere togli togliere rimuovi \
            raddoppia sostituisci annulla persone senza ricetta uova zucchero farina voeg verwijder verdubbel vervang zonder \
            personen toe adicione adicionar adicona remova dobre pessoas ovos açúcar receita lägg ta_bort utan dubbla tilsæt \
            dodaj usuń добавь убери удвой";
        let commands = |word: &&String| {
            COMMANDS
                .split_whitespace()
                .any(|command| command == word.as_str())
        };
        let first = self.words.iter().take(2).filter(commands).count();
        let all = self.words.iter().filter(commands).count();
        let foreign_script = self
            .content
            .chars()
            .filter(|c| c.is_alphabetic())
            .all(|c| !c.is_ascii())
            && self.content.chars().filter(|c| c.is_alphabetic()).count() > 3;
        let is_food = self.begins("add") || self.begins("replace");
        let found = !is_food
            && (first > 0 || all > 1 || (all > 0 && self.words.len() <= 4) || foreign_script);
        found.then(|| OTHER_LANGUAGE.to_owned())
    }

    /// Times and temperatures that a step of the recipe has otherwise.
    fn in_a_step(&self) -> Option<String> {
        let degrees = self
            .words
            .iter()
            .rfind(|word| is_temperature(word))
            .cloned()
            .or_else(|| {
                let at = self.words.iter().position(|word| {
                    matches!(word.as_str(), "c" | "f" | "°c" | "°f" | "degrees")
                })?;
                let number = self.word(at.checked_sub(1)?);
                number
                    .parse::<u32>()
                    .ok()
                    .map(|_| format!("{number} {}", self.word(at)))
            });
        if self.has(&["timer", "alarm"]) {
            return Some("To start a timer, write \"timer 9 minutes for the pasta\".".to_owned());
        }
        let verb =
            ["change", "make", "set", "adjust", "turn", "use", "replace"].contains(&self.word(0));
        let changes_it = (verb || self.has(&["oven", "temperature", "instead"]))
            && !self.has(&["preheat"])
            && !self.begins("add");
        let minutes = self.has(&["minutes", "minute", "mins", "min", "hours", "hour"]);
        if changes_it && let Some(degrees) = degrees {
            return Some(self.rewrite(&degrees, |step| {
                step.split_whitespace()
                    .find(|word| is_temperature(word))
                    .map(str::to_owned)
            }));
        }
        let times = self.has(&["minutes", "minute", "mins", "hours", "hour", "rest", "time"]);
        let retimed =
            verb && times && self.words.iter().any(|word| word == "to") && !self.has(&["step"]);
        let other = self.content.contains("instead") || self.has(&["longer", "shorter"]);
        if (minutes && other || retimed) && !self.begins("add") {
            return Some(
                "Times stand in the steps; write the step anew, as in \"step 2: Rest 30 minutes.\""
                    .to_owned(),
            );
        }
        None
    }

    /// The one step that has such a part, written anew with the other.
    fn rewrite(&self, new: &str, part: impl Fn(&str) -> Option<String>) -> String {
        let mut steps = self
            .recipe
            .steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| Some((at, step, part(&step.text)?)));
        match (steps.next(), steps.next()) {
            (Some((at, step, old)), None) => {
                let old = old.trim_end_matches(['.', ',', ';']);
                let text = step.text.replace(old, &new.to_uppercase());
                format!("Temperatures stand in the steps; write \"step {}: {text}\".", at + 1)
            }
            _ => "Temperatures stand in the steps; write the step anew, as in \"step 3: Bake at 180 °C.\"".to_owned(),
        }
    }

    fn wish(&self) -> Option<String> {
        if self.words.is_empty() || self.is_a_link() {
            return None;
        }
        self.help_or_undo()
            .or_else(|| self.how_many())
            .or_else(|| self.not_wanted())
            .or_else(|| (!self.is_talk()).then(|| self.request())?)
            .or_else(|| self.request_of_any_kind())
    }

    fn is_a_link(&self) -> bool {
        self.content.contains("://") || self.content.trim_start().starts_with('/')
    }

    fn help_or_undo(&self) -> Option<String> {
        if self.has(&["meant"]) && self.words.len() <= 6 {
            return Some(CORRECTION.to_owned());
        }
        let said = self.words.join(" ");
        match said.as_str() {
            "help" | "help me" | "commands" | "what can i say" | "what can you do" | "how does this work" | "what can i write"
            | "how do i use this" | "?" => Some(HELP.to_owned()),
            "nevermind" | "never mind" | "i take that back" | "scratch that" | "forget it" | "forget that" | "cancel"
            | "cancel that" | "ignore that" | "my mistake" | "i changed my mind" | "go back" | "that was wrong" | "wrong one"
            | "not that" | "undo that" | "undo it" | "undo" => {
                Some("To take back the last change, write \"undo\".".to_owned())
            }
            "reset" | "clear" | "clear the recipe" | "start over" | "clear everything" | "clear all" | "empty the recipe"
            | "start again" | "reset the recipe" | "delete the recipe" => Some(
                "To begin anew, write \"remove everything\" for the ingredients and \"remove all steps\" for the steps.".to_owned(),
            ),
            "save" | "print" | "share" | "save it" => None,
            _ => None,
        }
    }

    /// For how many it is to be.
    fn how_many(&self) -> Option<String> {
        const NO_PEOPLE: &str = "was were used minutes hours minute hour days more years times last yesterday weeks steps \
            batch eggs o'clock";
        if ["just for me", "only for me", "it's just me"]
            .iter()
            .any(|phrase| self.begins(phrase))
        {
            return Some("To make it for one, write \"for 1 person\".".to_owned());
        }
        let at = self.words.iter().position(|word| whole(word).is_some())?;
        let count = whole(self.word(at))?;
        let few = self.words.len() <= at + 2;
        if few && at == 0 && self.word(0).ends_with('x') && self.words.len() == 1
            || few && matches!(self.word(at + 1), "batches" | "batch")
        {
            return Some(format!(
                "To multiply the whole recipe, write \"scale by {count}\"."
            ));
        }
        if self.content.contains('?')
            || self.has_any(NO_PEOPLE)
            || self.words.len() > 8
            || count.contains('.')
        {
            return None;
        }
        let said = ["we're", "we are", "there are", "there will be"]
            .iter()
            .any(|phrase| self.begins(phrase))
            || self.has(&["cooking", "people", "guests", "coming"])
            || (self.word(0) == "for" && at == 1 && few);
        if said {
            return Some(format!(
                "To make it for {count}, write \"for {count} people\"."
            ));
        }
        let made = matches!(self.word(0), "make" | "makes")
            && (at == 1 || (at == 2 && self.word(1) == "about"));
        (made && few).then(|| {
            format!(
                "To scale the recipe, write \"for {count} people\"; to set just the number, \"serves {count}\"."
            )
        })
    }

    /// "No sugar", "without the butter", "we don't need the butter".
    fn not_wanted(&self) -> Option<String> {
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
        ];
        let phrase = PHRASES
            .iter()
            .filter(|phrase| self.begins(phrase))
            .max_by_key(|phrase| phrase.len())?;
        let rest = self.after(phrase.split(' ').count());
        let rest = rest
            .trim_start_matches("the ")
            .trim_start_matches("any ")
            .trim_end_matches(" out");
        let line = self
            .ingredient(rest)
            .filter(|_| !self.content.contains('?'))?;
        Some(format!("To take it out, write \"remove {}\".", line.name))
    }

    /// Says or asks something rather than wishing for it.
    fn is_talk(&self) -> bool {
        const TALK: &str = "i i'm i've i'd i'll we we've we'd he she they you it it's its this that these those there there's maybe \
            perhaps yesterday tomorrow tonight today next don't never why how what what's who who's when where which should does did do \
            is are was were has have mum mom dad grandma my our your looks sounds great nice yum yummy lol haha thanks thank cool wow ok yes \
            yeah hello hi love good perfect see let if as because probably can could would will not the everyone all any anyone \
            don’t someone some time see";
        let first = self.word(0);
        // "The oven to 180" and "some more salt" wish for something, "the cake was great" does not.
        let verb = self.has(&[
            "was", "is", "are", "were", "be", "would", "should", "needs", "need", "think", "had",
            "have", "said", "nice",
        ]);
        let wishes = matches!(first, "some" | "the" | "all") && !verb;
        // "Can you make it sweeter?" is a wish, "can you see it?" nothing that a recipe can follow.
        !self.asked && self.content.trim_end().ends_with('?')
            || (TALK.split_whitespace().any(|talk| talk == first) && !wishes)
    }

    fn request(&self) -> Option<String> {
        self.asked_politely()
            .or_else(|| self.more_or_less())
            .or_else(|| self.correction())
            .or_else(|| self.amount())
            .or_else(|| self.only_named())
            .or_else(|| self.taken_out())
            .or_else(|| self.diet())
            .or_else(|| self.kind_of())
            .or_else(|| self.misspelt())
            .or_else(|| self.labelled())
            .or_else(|| self.work())
            .or_else(|| self.command())
    }

    /// A verb of the language and an ingredient of the recipe, and no rule for what is said about it.
    fn command(&self) -> Option<String> {
        const VERBS: &str =
            "use add remove change replace swap make increase reduce cut double halve set put take";
        let begins = VERBS.split_whitespace().any(|verb| verb == self.word(0));
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

    /// "Is it possible to remove the sugar": what is asked for would work on its own.
    fn asked_politely(&self) -> Option<String> {
        let said = self.words.join(" ");
        let works = self.asked && matches!(language::parse(&said), super::Parsed::Changes(_));
        works.then(|| format!("To do that, write \"{said}\"."))
    }

    /// "Needs more salt", "a bit more salt", "fewer eggs", "cut sugar".
    fn more_or_less(&self) -> Option<String> {
        let at = self.words.iter().position(|word| {
            matches!(
                word.as_str(),
                "more"
                    | "less"
                    | "fewer"
                    | "extra"
                    | "cut"
                    | "much"
                    | "reduce"
                    | "enough"
                    | "increase"
                    | "decrease"
                    | "raise"
                    | "lower"
                    | "bump"
                    | "up"
            )
        })?;
        let rest = self.after(at + 1);
        let line = self.ingredient(rest.trim_start_matches("of ").trim_start_matches("the "))?;
        let name = &line.name;
        Some(
            match (
                self.word(at),
                line.quantity
                    .is_some_and(|quantity| quantity.bounds().is_some()),
            ) {
                (_, false) => format!("Say how much, as in \"change {name} to 1 tsp\"."),
                ("more" | "extra" | "enough" | "increase" | "raise" | "bump" | "up", _) => {
                    format!("Say how much more, as in \"increase {name} by 50%\".")
                }
                _ => format!("Say how much less, as in \"reduce {name} by half\"."),
            },
        )
    }

    /// An ingredient with its amount, and no word of what to do with it.
    fn amount(&self) -> Option<String> {
        const FILLING: &[&str] = &[
            "only", "just", "actually", "now", "with", "plus", "some", "and", "meant", "mean",
            "another", "one", "the", "make", "set", "change", "use",
        ];
        let content = self
            .content
            .trim()
            .trim_start_matches(['*', '-', '•', '–'])
            .trim();
        let skip = self
            .words
            .iter()
            .take_while(|word| FILLING.contains(&word.as_str()))
            .count();
        let words = self.words.get(skip..).unwrap_or_default();
        let line = words.join(" ");
        if words.is_empty()
            || words.len() > 8
            || self.has(&[
                "minutes", "minute", "hours", "hour", "instead", "people", "per",
            ])
        {
            return None;
        }
        if self.has(&["another", "one"]) && skip > 0 && self.ingredient(&line).is_some() {
            return Some(format!("To add one, write \"add 1 more {line}\"."));
        }
        let read = language::ingredient_line(&line).ok()?;
        let amount = read.amount?;
        let known = self.ingredient(&read.name);
        let unit = amount
            .unit
            .as_ref()
            .is_some_and(|unit| unit.size().is_some() || known.is_some() || skip == 0);
        match known {
            Some(_) if amount.quantity.bounds().is_some() => self.amount_of_known(&line),
            _ if unit && read.name.split(' ').count() <= 3 => {
                let said = if skip == 0 {
                    content.trim_end_matches(['.', '!'])
                } else {
                    line.as_str()
                };
                Some(format!("To add it, write \"add {said}\"."))
            }
            _ => None,
        }
    }

    /// "300 g flour", of which there is some: changed, or added?
    fn amount_of_known(&self, line: &str) -> Option<String> {
        let read = language::ingredient_line(line).ok()?;
        let amount = read
            .amount
            .filter(|amount| amount.quantity.bounds().is_some())?;
        self.ingredient(&read.name)?;
        let (name, amount) = (&read.name, amount.in_words());
        Some(format!(
            "To change it, write \"change {name} to {amount}\"; to add it, \"add {amount} {name}\"."
        ))
    }

    /// "I meant tablespoons", "no, 3", "eggs 3", "sugar to 40 g", "sugar: less".
    fn correction(&self) -> Option<String> {
        if self.words.len() == 1 && whole(self.word(0)).is_some() && !self.content.contains('+') {
            return Some(CORRECTION.to_owned());
        }
        let at = self.words.iter().position(|word| word == "to").unwrap_or(1);
        let (name, rest) = (self.words.get(..at)?.join(" "), self.after(at));
        let line = self.ingredient(&name).filter(|_| self.words.len() <= 5)?;
        let to = rest.strip_prefix("to ").unwrap_or(&rest);
        let says_to = rest.starts_with("to ");
        let counted = to.starts_with(|c: char| c.is_ascii_digit())
            && (says_to || to.bytes().all(|b| b.is_ascii_digit()));
        let labelled = self.content.contains(':');
        match () {
            () if counted => Some(format!(
                "To change it, write \"change {} to {to}\".",
                line.name
            )),
            () if labelled => Some(format!(
                "Say how much, as in \"{0}: 50 g\", or what goes in its place, as in \"replace {0} with honey\".",
                line.name
            )),
            () => None,
        }
    }

    /// Nothing but the name of an ingredient.
    fn only_named(&self) -> Option<String> {
        let said = self.words.join(" ");
        let line = self.ingredient(&said).filter(|_| self.words.len() <= 2)?;
        (naming::key(&line.name) == naming::key(&said)).then(|| {
            format!(
                "Say what to do with it, as in \"change {0} to 50 g\" or \"remove {0}\".",
                line.name
            )
        })
    }

    /// "Slowly add the milk" is a step; "throw the nuts in" and "drop the salt" ask for a change.
    fn taken_out(&self) -> Option<String> {
        let first = self.word(0);
        if first.ends_with("ly") && self.words.len() > 2 {
            let text = language::sentence(self.content.trim());
            return Some(format!("To make it a step, write \"add step: {text}\"."));
        }
        if self.begins("for a crowd")
            || self.begins("for me")
            || self.begins("for the whole")
            || self.begins("for everyone")
            || self.begins("for us")
            || self.begins("serving size")
            || self.begins("for my")
        {
            return Some("Say for how many, as in \"for 6 people\".".to_owned());
        }
        if matches!(first, "times" | "x") && self.words.len() == 2 {
            return Some("To multiply the whole recipe, write \"scale by 2\".".to_owned());
        }
        if first == "use" && self.has(&["celsius", "fahrenheit"]) {
            return Some(
                "Say \"convert to metric\" or \"convert to US units\"; temperatures follow."
                    .to_owned(),
            );
        }
        if first == "step" && self.words.len() <= 4 {
            return Some("Write the step after a colon, as in \"step 2: Rest 30 minutes.\", or move it, as in \"move step 2 to 1\".".to_owned());
        }
        if self.words.len() == 1 && matches!(first, "title" | "name")
            || self.content.trim().eq_ignore_ascii_case("call it")
        {
            return Some("Write the title, as in \"title: Pancakes\".".to_owned());
        }
        None
    }

    fn diet(&self) -> Option<String> {
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
    fn kind_of(&self) -> Option<String> {
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
        const MORE: &str = "it all lots rest half plenty not more less without some of for";
        let odd = rest.split(' ').any(|word| {
            MORE.split_whitespace().any(|more| more == word)
                || word.starts_with(|c: char| c.is_ascii_digit())
        });
        if odd || !matches!(renamed, super::Parsed::Changes(_)) {
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

    /// "Ad 2 eggs".
    fn misspelt(&self) -> Option<String> {
        const VERBS: &[&str] = &[
            "add",
            "remove",
            "replace",
            "change",
            "double",
            "halve",
            "convert",
            "delete",
            "increase",
            "reduce",
            "rename",
            "swap",
            "substitute",
            "triple",
            "undo",
        ];
        const WORDS: &[&str] = &[
            "and", "a", "an", "had", "dad", "bad", "sad", "mad", "as", "at", "ask", "range",
            "place", "have", "order", "half", "trouble", "exchange",
        ];
        let first = self.word(0);
        if first.len() < 2
            || WORDS.contains(&first)
            || VERBS.contains(&first)
            || self.words.len() < 2
        {
            return None;
        }
        let verb = VERBS.iter().find(|verb| one_letter_apart(first, verb))?;
        Some(format!("Did you mean \"{verb} {}\"?", self.after(1)))
    }

    fn labelled(&self) -> Option<String> {
        let first = self.word(0);
        let rest = self.content.trim();
        let rest = rest
            .split_once(char::is_whitespace)
            .map_or("", |(_, rest)| rest);
        match first {
            "title" | "description" if self.words.len() > 1 => Some(format!("Write \"{first}: {rest}\".")),
            _ if self.content.contains('→') || self.content.contains("->") => {
                let (old, new) = self.content.split_once('→').or_else(|| self.content.split_once("->"))?;
                let (old, new) = (old.trim(), new.trim().trim_start_matches('>').trim());
                self.ingredient(old)?;
                Some(format!("To replace it, write \"replace {old} with {new}\"."))
            }
            "call" | "name" => {
                let rest = self.after(1);
                let rest = rest.trim_start_matches("the ");
                let line = self.recipe.ingredients.iter().find(|line| rest.starts_with(&format!("{} ", line.name.to_lowercase())))?;
                let new = rest[line.name.len()..].trim();
                Some(format!("To rename it, write \"rename {} to {new}\".", line.name))
            }
            "split" | "join" | "divide" if self.has(&["step", "steps"]) => Some(
                "Write the step anew and add the other, as in \"step 1: Whisk the eggs.; add step 2: Add the flour.\"".to_owned(),
            ),
            "move" | "put" if self.has(&["step", "steps", "start", "end", "before", "after"]) => Some("Say which step and where to, as in \"move step 3 to 1\" or \"move step 3 before step 2\".".to_owned()),
            "for" if self.has(&["step"]) => Some("Write the whole step anew, as in \"step 2: Rest 30 minutes.\"".to_owned()),
            "in" | "to" | "into" | "convert" | "show" if self.words.iter().any(|word| super::unit::Unit::recognise(word).is_some() || word == "metric" || word == "imperial") => {
                Some("Say \"convert to metric\" or \"convert to US units\", or name one ingredient, as in \"convert butter to grams\".".to_owned())
            }
            "note" => {
                let line = self.recipe.ingredients.iter().find(|line| self.words.iter().any(|word| naming::key(word) == naming::key(&line.name)))?;
                Some(format!("Say what it is about, as in \"note on {}: at room temperature\".", line.name))
            }
            _ => None,
        }
    }

    /// What is done in a kitchen is a step.
    fn work(&self) -> Option<String> {
        const MORE_WORK: &str =
            "divide cut reduce turn set scrape drop shape flip place leave remove put lower raise";
        let content = self.content.trim();
        let content = content.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '.' | ')' | '*' | '-' | '•' | ' ')
        });
        let first = content
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let more = MORE_WORK.split_whitespace().any(|work| work == first);
        if !(language::is_kitchen_work(&first) || more)
            || content.split_whitespace().count() < 3
            || first == "let"
            || first == "rest" && self.words.len() < 3
        {
            return None;
        }
        if more && self.has_any("me you us him them table light lights phone music dishes") {
            return None;
        }
        let text = language::sentence(content);
        Some(format!("To make it a step, write \"add step: {text}\"."))
    }
}

fn is_temperature(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';']).to_lowercase();
    let digits = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    (2..=3).contains(&digits)
        && matches!(&word[digits..], "c" | "f" | "°c" | "°f" | "°" | "ºc" | "ºf")
}

/// A number of people in digits or in words.
fn whole(word: &str) -> Option<String> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let digits = word.trim_end_matches('x');
    let first = digits.split(['-', '–']).next().unwrap_or(digits);
    if let Ok(number) = first.parse::<f32>() {
        return (number > 0.0 && number < 500.0 && !first.starts_with('0'))
            .then(|| first.to_owned());
    }
    WORDS
        .iter()
        .position(|known| *known == word)
        .filter(|number| *number > 1)
        .map(|number| number.to_string())
}

/// One letter is missing, too many, another one, or two are in the other order.
fn one_letter_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (rest, more) = (&one[same..], &other[same..]);
    match (rest, more) {
        ([], [_]) | ([_], []) => true,
        ([_, a @ ..], b) if a == b => true,
        (a, [_, b @ ..]) if a == b => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([a, b, tail @ ..], [c, d, end @ ..]) => a == d && b == c && tail == end,
        _ => false,
    }
}
