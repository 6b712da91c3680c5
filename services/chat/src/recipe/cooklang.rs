//! Recipes as Cooklang text, out and in. Reading is the work of the `cooklang` crate in its canonical form (no
//! extensions); this file maps what it finds.

use cooklang::error::SourceDiag;
use cooklang::metadata::CooklangValueExt as _;
use cooklang::model::{Content, Ingredient as Component, Item, Section, Step};
use cooklang::quantity::{Number, Value};
use cooklang::{Converter, CooklangParser, Extensions, Recipe as Document};

use super::apply::append_ingredient;
use super::change::{Change, NewIngredient, Place};
use super::import::{ImportError, Placed as _};
use super::language;
use super::model::{Ingredient, Recipe};
use super::quantity::Amount;
use super::timers;
use super::unit::Unit;

/// The section for ingredients that no step names.
const UNNAMED: &str = "Ingredients";

/// The recipe as Cooklang. An ingredient is marked where a step first names it; those that no step names stand in a
/// section of their own at the beginning.
///
/// Lost on the way: ids, the order of ingredients (they come back in the order of the text), digits of amounts beyond
/// the shown ones, and the beginning of a name such as "./" or "..\\", which Cooklang takes for another recipe.
pub fn to_cooklang(recipe: &Recipe) -> String {
    let mut waiting: Vec<&Ingredient> = recipe.ingredients.iter().collect();
    let steps: Vec<String> = recipe
        .steps
        .iter()
        .map(|step| marked(&step.text, &mut waiting))
        .collect();
    let mut text = front_matter(recipe);
    if !waiting.is_empty() {
        let components: Vec<String> = waiting.into_iter().map(component).collect();
        text.push_str(&format!("\n= {UNNAMED}\n\n{}\n", components.join("\n")));
        if !steps.is_empty() {
            text.push_str("\n= Steps\n");
        }
    }
    for step in steps {
        text.push_str(&format!("\n{step}\n"));
    }
    text
}

fn front_matter(recipe: &Recipe) -> String {
    let mut lines = vec![
        "---".to_owned(),
        format!("title: {}", yaml(&recipe.title)),
        format!("servings: {}", recipe.servings),
    ];
    if let Some(description) = &recipe.description {
        lines.push(format!("description: {}", yaml(description)));
    }
    if !recipe.tags.is_empty() {
        let tags: Vec<String> = recipe.tags.iter().map(|tag| yaml(tag)).collect();
        lines.push(format!("tags: [{}]", tags.join(", ")));
    }
    lines.push("---\n".to_owned());
    lines.join("\n")
}

/// A quoted scalar. What YAML does not count as printable is written by its number.
fn yaml(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\u{20}'..='\u{7e}'
            | '\u{a0}'..='\u{2027}'
            | '\u{202a}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}'
            | '\u{10000}'.. => quoted.push(letter),
            _ => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
        }
    }
    quoted.push('"');
    quoted
}

/// The text of a step with the ingredients that are still waiting, and the times, marked.
fn marked(text: &str, waiting: &mut Vec<&Ingredient>) -> String {
    let timers = timers::find(text);
    let mut written = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let word_starts = !text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        let timer = timers.iter().find(|timer| timer.at.start == at);
        if let Some(marked) = timer.and_then(|timer| timer_mark(&text[timer.at.clone()])) {
            written.push_str(&marked);
            at = timer.map_or(text.len(), |timer| timer.at.end);
        } else if let Some(place) = longest_named(&text[at..], waiting).filter(|_| word_starts) {
            let ingredient = waiting.remove(place);
            written.push_str(&component(ingredient));
            at += ingredient.name.len();
        } else {
            let starts_line = at == 0 && letter.is_ascii_punctuation();
            let would_be_a_note = letter == '(' && written.ends_with('}');
            written.push_str(&escaped(letter, starts_line || would_be_a_note));
            at += letter.len_utf8();
        }
    }
    written
}

/// "20 minutes" as "~{20%minutes}"; only where the text comes back the same.
fn timer_mark(time: &str) -> Option<String> {
    let (number, unit) = time.split_once(' ')?;
    let plain = number.chars().all(|c| c.is_ascii_digit()) && unit.chars().all(char::is_alphabetic);
    (plain && !number.starts_with('0') && number.len() < 7).then(|| format!("~{{{number}%{unit}}}"))
}

/// The waiting ingredient with the longest name that stands at the beginning of the text as a whole word.
fn longest_named(text: &str, waiting: &[&Ingredient]) -> Option<usize> {
    waiting
        .iter()
        .enumerate()
        .filter(|(_, ingredient)| {
            text.strip_prefix(ingredient.name.as_str())
                .is_some_and(|after| !after.starts_with(char::is_alphanumeric))
        })
        // Of two lines of the same name the first one.
        .max_by_key(|(place, ingredient)| (ingredient.name.len(), usize::MAX - place))
        .map(|(place, _)| place)
}

/// "@flour{1 1/2%cup}(sifted)".
fn component(ingredient: &Ingredient) -> String {
    let amount = match (ingredient.quantity_text(), ingredient.unit_text()) {
        (quantity, "") => all_escaped(&quantity),
        (quantity, unit) => format!("{}%{}", all_escaped(&quantity), all_escaped(unit)),
    };
    let note = ingredient
        .note
        .as_ref()
        .map(|note| format!("({})", all_escaped(note)))
        .unwrap_or_default();
    format!("@{}{{{amount}}}{note}", all_escaped(&ingredient.name))
}

fn all_escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        let modifies = written.is_empty() && letter.is_ascii_punctuation();
        let special = matches!(letter, '(' | ')' | '%' | '|' | '}' | '*' | '=');
        written.push_str(&escaped(letter, modifies || special));
    }
    written
}

/// A letter of plain text; `special` where it would mean something that it means nowhere else.
fn escaped(letter: char, special: bool) -> String {
    let always = matches!(letter, '\\' | '@' | '#' | '~' | '{' | '[' | '-');
    if always || special {
        format!("\\{letter}")
    } else {
        letter.to_string()
    }
}

/// A recipe from Cooklang text.
///
/// Not taken over: cookware (its name stays in the text), the names of sections, text blocks, and metadata other
/// than title, servings, tags and description. A quantity in words that are not known becomes part of the note.
pub fn from_cooklang(text: &str) -> Result<Recipe, ImportError> {
    let parser = CooklangParser::new(Extensions::empty(), Converter::empty());
    let text = without_idle_escapes(text);
    let (document, _warnings) =
        parser
            .parse(&text)
            .into_result()
            .map_err(|report| ImportError::Unreadable {
                format: "Cooklang",
                reason: report
                    .errors()
                    .next()
                    .map(|error| with_its_line(error, &text))
                    .unwrap_or_default(),
            })?;
    let mut recipe = with_metadata(&document)?;
    for found in &document.ingredients {
        let new = new_ingredient(found);
        append_ingredient(&mut recipe, &new).at(|| {
            let beginning: String = found.name.chars().take(40).collect();
            format!("ingredient @{beginning}")
        })?;
    }
    for section in &document.sections {
        for content in &section.content {
            if let Content::Step(step) = content
                && !is_unnamed_list(section, step)
            {
                let add = Change::AddStep {
                    text: step_text(step, &document),
                    at: Place::End,
                };
                let number = recipe.steps.len() + 1;
                recipe = recipe.apply(&add).at(|| format!("step {number}"))?.0;
            }
        }
    }
    Ok(recipe)
}

/// "line 3: …", when the error says where it is.
fn with_its_line(error: &SourceDiag, text: &str) -> String {
    let before = error
        .labels
        .first()
        .and_then(|(span, _)| text.get(..span.start()));
    match before {
        Some(before) => format!("line {}: {error}", before.matches('\n').count() + 1),
        None => error.to_string(),
    }
}

/// A backslash at the end or before a letter outside ASCII escapes nothing; debug builds of cooklang 0.19 panic on it.
fn without_idle_escapes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letters.clone().next()) {
            ('\\', next) if next.is_none_or(|next| !next.is_ascii()) => {}
            ('\\', Some(next)) => {
                letters.next();
                kept.extend([letter, next]);
            }
            _ => kept.push(letter),
        }
    }
    kept
}

fn with_metadata(document: &Document) -> Result<Recipe, ImportError> {
    let metadata = &document.metadata;
    let mut recipe = Recipe::new(metadata.title().unwrap_or_default());
    let servings = ["servings", "serves", "yield"]
        .iter()
        .find_map(|key| metadata.get(*key)?.as_servings());
    if let Some(servings) = servings.and_then(|servings| servings.as_number()) {
        let set = Change::SetServings(u64::from(servings));
        recipe = recipe.apply(&set).at(|| "servings".to_owned())?.0;
    }
    if let Some(description) = metadata.description() {
        let set = Change::SetDescription(Some(description.to_owned()));
        recipe = recipe.apply(&set).at(|| "description".to_owned())?.0;
    }
    let tags: Vec<String> = metadata
        .tags()
        .unwrap_or_default()
        .into_iter()
        .map(|tag| tag.into_owned())
        .filter(|tag| !tag.trim().is_empty())
        .collect();
    if !tags.is_empty() {
        let add = Change::AddTags(tags);
        recipe = recipe.apply(&add).at(|| "tags".to_owned())?.0;
    }
    Ok(recipe)
}

fn new_ingredient(found: &Component) -> NewIngredient {
    let unit = found
        .quantity
        .as_ref()
        .and_then(|quantity| quantity.unit())
        .and_then(Unit::imported);
    let mut notes: Vec<String> = found.note.iter().cloned().collect();
    let mut amount = None;
    if let Some(quantity) = &found.quantity {
        let written = written(quantity.value());
        match language::quantity(&written) {
            Some(quantity) => amount = Some(Amount::of(quantity, unit)),
            None => notes.insert(
                0,
                unit.map_or(written.clone(), |unit| format!("{written} {unit}")),
            ),
        }
    }
    NewIngredient {
        name: found.name.clone(),
        amount,
        note: (!notes.is_empty()).then(|| notes.join(", ")),
    }
}

/// A value as a cook would write it, so that the language can read it.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => number_written(*number),
        Value::Range { start, end } => {
            format!("{}-{}", number_written(*start), number_written(*end))
        }
        Value::Text(text) => text.trim().to_owned(),
    }
}

fn number_written(number: Number) -> String {
    match number {
        Number::Regular(number) => number.to_string(),
        Number::Fraction {
            whole: 0, num, den, ..
        } => format!("{num}/{den}"),
        Number::Fraction {
            whole, num, den, ..
        } => format!("{whole} {num}/{den}"),
    }
}

/// The list of ingredients that no step names is no step.
fn is_unnamed_list(section: &Section, step: &Step) -> bool {
    let only_components = step.items.iter().all(|item| match item {
        Item::Ingredient { .. } => true,
        Item::Text { value } => value.trim().is_empty(),
        Item::Cookware { .. } | Item::Timer { .. } | Item::InlineQuantity { .. } => false,
    });
    only_components && section.name.as_deref() == Some(UNNAMED)
}

fn step_text(step: &Step, document: &Document) -> String {
    step.items
        .iter()
        .map(|item| item_text(item, document))
        .collect()
}

fn item_text(item: &Item, document: &Document) -> String {
    match item {
        Item::Text { value } => Some(value.clone()),
        Item::Ingredient { index } => document
            .ingredients
            .get(*index)
            .map(|found| found.name.clone()),
        Item::Cookware { index } => document
            .cookware
            .get(*index)
            .map(|found| found.name.clone()),
        Item::Timer { index } => document.timers.get(*index).map(|timer| {
            let time = timer.quantity.as_ref().map(ToString::to_string);
            time.or_else(|| timer.name.clone()).unwrap_or_default()
        }),
        Item::InlineQuantity { index } => document
            .inline_quantities
            .get(*index)
            .map(ToString::to_string),
    }
    .unwrap_or_default()
}
