//! Which lines of a message are a pasted recipe: headings as print and sites set them, the title above them, groups of
//! ingredients, and lines that only count.

use std::borrow::Cow;

use super::line::BULLETS;
use crate::recipe::word_list::WordList;

/// What the lines below a heading are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// Nothing was said about them.
    None,
    Ingredients,
    Steps,
    Notes,
    /// Figures of nutrition, of which a recipe keeps nothing.
    Nutrition,
}

/// "Ingredients:", "**METHOD**", "## Directions", or, where a whole recipe is pasted, a heading on a line of its own.
pub(super) fn heading(line: &str, pasted: bool) -> Option<Section> {
    let marked = line.ends_with(':')
        || line.starts_with('#')
        || line.starts_with("**")
        || line.starts_with("__");
    if !(marked || pasted) {
        return None;
    }
    let bare = line
        .trim_matches(['#', '*', '_', ':', ' ', '-', '=', '~'])
        .to_lowercase();
    // "Ingredients (serves 4)", "Ingredients for the dough"
    let words = bare.split([' ', '(']).next().unwrap_or_default();
    match bare.as_str() {
        "ingredients" | "ingredient list" | "what you need" | "you will need" | "you'll need"
        | "what you'll need" | "shopping list" => Some(Section::Ingredients),
        "add" | "add these" | "add the following" | "please add" if line.ends_with(':') => {
            Some(Section::Ingredients)
        }
        "steps"
        | "method"
        | "instructions"
        | "directions"
        | "preparation"
        | "procedure"
        | "how to make it"
        | "how to make"
        | "cooking instructions"
        | "preparation steps"
        | "the method"
        | "cooking method"
        | "cooking directions" => Some(Section::Steps),
        "add steps" | "add these steps" | "add step" | "add a step" if line.ends_with(':') => {
            Some(Section::Steps)
        }
        "notes" | "recipe notes" | "tips" | "tip" | "note" | "cook's notes" | "chef's notes"
        | "notes and tips"
            if pasted =>
        {
            Some(Section::Notes)
        }
        "nutrition" | "nutrition facts" | "nutritional information" | "nutrition information"
            if pasted =>
        {
            Some(Section::Nutrition)
        }
        _ if pasted && words == "ingredients" && bare.split(' ').count() <= 5 => {
            Some(Section::Ingredients)
        }
        _ if pasted
            && matches!(words, "directions" | "instructions" | "method")
            && bare.contains('(') =>
        {
            Some(Section::Steps)
        }
        _ => None,
    }
}

/// Whether a message is a pasted recipe rather than a few commands: it has a list of ingredients and steps, or begins with
/// one of them.
pub(super) fn is_recipe<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let (mut count, mut found) = (0, Vec::new());
    for line in lines {
        let short = line.split(' ').count() <= 5;
        if let Some(section) = heading(line, short).filter(|_| !line.to_lowercase().contains("add"))
        {
            found.push((count, section));
        }
        count += 1;
    }
    let has = |wanted| found.iter().any(|(_, section)| *section == wanted);
    let (first, last) = (
        found.first().map_or(0, |(at, _)| *at),
        found.last().map_or(0, |(at, _)| *at),
    );
    let both = has(Section::Ingredients) && has(Section::Steps);
    let one = has(Section::Ingredients) || has(Section::Steps);
    (both || (one && first <= 1)) && count > 2 && last + 1 < count
}

/// A line without its bullet, check box or marks of bold print.
pub(super) fn bare(line: &str) -> Cow<'_, str> {
    match line.contains(['*', '_']) {
        true => {
            let line = line.replace("**", "").replace("__", "");
            Cow::Owned(without_bullet(&line).to_owned())
        }
        false => Cow::Borrowed(without_bullet(line)),
    }
}

fn without_bullet(line: &str) -> &str {
    let line = line.trim_start_matches(BULLETS).trim();
    let line = line
        .strip_prefix("[ ]")
        .or(line.strip_prefix("[x]"))
        .unwrap_or(line);
    line.trim()
}

/// "1. Whisk", "2) Fry", "Step 3: Rest"; empty for "Step 1" and "2." alone.
pub(super) fn without_number(line: &str) -> &str {
    let counted = ["Step ", "STEP ", "step "]
        .iter()
        .find_map(|word| line.strip_prefix(word));
    let rest = counted.unwrap_or(line);
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    if digits == 0 {
        return line;
    }
    match rest[digits..].strip_prefix(['.', ')', ':', '-']) {
        // "1.5 kg" is no number of a step.
        Some(text) if text.starts_with(|c: char| c.is_ascii_digit()) => line,
        Some(text) => text.trim_start(),
        None if counted.is_some() && rest[digits..].trim().is_empty() => "",
        None => line,
    }
}

/// "For the sauce:", "Dough:", "FILLING": a heading of a group of ingredients or steps.
pub(in crate::recipe) fn group(line: &str) -> Option<String> {
    let line = line.trim();
    let bold = line.len() > 4 && line.starts_with("**") && line.ends_with("**");
    let line = line.trim_matches('*').trim();
    let (name, labelled) = match line.strip_suffix(':') {
        Some(name) => (name.trim(), true),
        None => (line, bold),
    };
    let words = name.split_whitespace().count();
    let short =
        (1..=6).contains(&words) && !name.contains(|c: char| c.is_ascii_digit() || c == ',');
    let lower = name.to_lowercase();
    let named = labelled
        || lower.starts_with("for the ")
        || matches!(
            lower.as_str(),
            "to serve" | "to garnish" | "to finish" | "to decorate"
        )
        || is_part_of_a_dish(name, &lower);
    (short && named).then_some(lower)
}

/// "Filling", "LEMON GLAZE": a part of a dish alone on its line, or at the end of one in capitals.
fn is_part_of_a_dish(name: &str, lower: &str) -> bool {
    static PARTS: WordList = WordList::new(
        "filling topping toppings sauce dressing crust dough frosting icing glaze marinade garnish base batter \
        pastry syrup streusel crumble ganache buttercream assembly vinaigrette",
    );
    let capitals = name == name.to_uppercase();
    let last = lower.rsplit(' ').next().unwrap_or_default();
    (capitals || last == lower) && PARTS.contains(last)
}

/// A line above the headings that can be a title.
pub(super) fn title(line: &str) -> Option<String> {
    static TALK: WordList = WordList::new(
        "hi hello hey here here's this is i i'm i've we we've my our ok okay so thanks please look found from try let's the following",
    );
    let title = bare(line.trim_start_matches('#').trim()).into_owned();
    let first = title
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let talk = TALK.contains(first.trim_matches([',', '!', ':']));
    let talks = talk
        && (title.ends_with([':', '!', '.', '?'])
            || first != "the" && first != "my" && first != "our");
    let fits = (1..=20).contains(&title.split_whitespace().count()) && title.chars().count() <= 150;
    (fits && !talks && title.chars().any(char::is_alphanumeric)).then_some(title)
}
