//! Recipes from other programs. What was taken over is sound, goes out again, and comes back as the same recipe, but for
//! what the writers say gets lost.

use chat::{
    fuzzing::Conversation,
    recipe::{
        ImportError, Ingredient, PlainIngredient, PlainRecipe, Recipe, from_cooklang, from_plain,
        read_schema_org, to_cooklang, to_schema_org,
    },
};

use crate::{parts, recipe::assert_sound};

/// How many bytes an error has at most, however long the document: it names a place and shows a beginning.
const ERROR: usize = 2_000;

/// A Cooklang document.
pub fn cooklang(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(recipe) = taken_over(from_cooklang(text)) else {
        return;
    };
    let written = to_cooklang(&recipe);
    let again = from_cooklang(&written).expect("a recipe that was written");
    assert_eq!(KeptByAll::of(&again), KeptByAll::of(&recipe), "{written}");
    let mut lines = [ingredients(&recipe), ingredients(&again)];
    // They come back in the order of the text.
    lines.iter_mut().for_each(|lines| lines.sort());
    assert_eq!(lines[0], lines[1], "{written}");
}

/// A JSON-LD document.
pub fn json_ld(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(recipe) = taken_over(read_schema_org(text).map(|read| read.recipe)) else {
        return;
    };
    let written = to_schema_org(&recipe).to_string();
    let again = read_schema_org(&written).expect("a recipe that was written");
    let again = again.recipe;
    assert_eq!(KeptByAll::of(&again), KeptByAll::of(&recipe), "{written}");
    // What is an amount, a name or a note can't always be told from a line, but each line stays one.
    assert_eq!(again.ingredients.len(), recipe.ingredients.len());
}

/// Text as people and programs write recipes: parts with a separator between them. As parts of a recipe in JSON, and as a
/// list that somebody pastes into the chat.
pub fn plain_text(data: &[u8]) {
    let parts: Vec<&str> = parts(data).collect();
    taken_over(from_plain(&plain(&parts)));

    let mut conversation = Conversation::default();
    if let Some(accepted) = conversation.say(&parts.join("\n")) {
        assert_sound(accepted.recipe());
    }
}

/// The title first, then what each part begins with: "#" for tags, "=" for servings, "-" for an ingredient whose amount,
/// unit, name and note have tabs between them, ">" for the description; anything else is a step.
fn plain(parts: &[&str]) -> PlainRecipe {
    let mut plain = PlainRecipe::default();
    for (place, part) in parts.iter().enumerate() {
        match part.split_at_checked(1) {
            _ if place == 0 => plain.title = (*part).to_owned(),
            Some(("#", tag)) => plain.tags.push(tag.to_owned()),
            Some(("=", servings)) => plain.servings = servings.trim().parse().ok(),
            Some((">", text)) => text.clone_into(&mut plain.description),
            Some(("-", line)) => plain.ingredients.push(plain_ingredient(line)),
            _ => plain.steps.push((*part).to_owned()),
        }
    }
    plain
}

fn plain_ingredient(line: &str) -> PlainIngredient {
    let mut cells = line.splitn(4, '\t').map(str::to_owned);
    let mut next = || cells.next().unwrap_or_default();
    PlainIngredient {
        quantity: next(),
        unit: next(),
        name: next(),
        note: next(),
    }
}

/// The recipe, which is sound; an error says why there is none, in few words.
fn taken_over(read: Result<Recipe, ImportError>) -> Option<Recipe> {
    match read {
        Ok(recipe) => {
            assert_sound(&recipe);
            Some(recipe)
        }
        Err(error) => {
            let words = error.to_string();
            assert!(!words.is_empty() && words.len() <= ERROR, "{words}");
            None
        }
    }
}

/// What every format keeps.
#[derive(Debug, PartialEq, Eq)]
struct KeptByAll<'a> {
    title: &'a str,
    description: Option<&'a str>,
    servings: u32,
    steps: Vec<&'a str>,
    tags: &'a [String],
}

impl<'a> KeptByAll<'a> {
    fn of(recipe: &'a Recipe) -> Self {
        Self {
            title: &recipe.title,
            description: recipe.description.as_deref(),
            servings: recipe.servings,
            steps: recipe.steps.iter().map(|step| &*step.text).collect(),
            tags: &recipe.tags,
        }
    }
}

/// Each ingredient as it is shown.
fn ingredients(recipe: &Recipe) -> Vec<[String; 4]> {
    // Cooklang takes one without an amount or a note for another mention of its namesake.
    let bare = |line: &&Ingredient| line.quantity.is_none() && line.note.is_none();
    let namesakes = |line: &Ingredient| {
        let same = |other: &&Ingredient| other.name.eq_ignore_ascii_case(&line.name);
        recipe.ingredients.iter().filter(same).count() > 1
    };
    let lines = recipe.ingredients.iter();
    lines
        .filter(|line| !(bare(line) && namesakes(line)))
        .map(|line| {
            [
                line.quantity_text(),
                line.unit_text().to_owned(),
                // Cooklang takes a name that begins so for the place of another recipe.
                line.name.trim_start_matches(['.', '/', '\\']).to_owned(),
                line.note.clone().unwrap_or_default(),
            ]
        })
        .collect()
}
