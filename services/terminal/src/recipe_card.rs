//! The recipe as lines of text.

use proto::websocket::frames::{Ingredient, Recipe, Timer};

/// What a line of the card is, for whoever styles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Title,
    Heading,
    Item,
    Aside,
}

/// The lines from top to bottom. They may hold anything that people wrote.
pub(crate) fn lines(recipe: &Recipe) -> Vec<(Role, String)> {
    let mut card = vec![(Role::Title, recipe.title.clone())];
    if let Some(description) = &recipe.description {
        card.push((Role::Aside, description.clone()));
    }
    card.push((Role::Aside, format!("Serves {}", recipe.servings)));
    if !recipe.tags.is_empty() {
        card.push((Role::Aside, recipe.tags.join(", ")));
    }
    card.push((Role::Heading, "Ingredients".to_owned()));
    card.extend(
        recipe
            .ingredients
            .iter()
            .map(|one| (Role::Item, ingredient(one))),
    );
    if recipe.ingredients.is_empty() {
        card.push((Role::Aside, "None yet: say \"add 2 eggs\"".to_owned()));
    }
    card.push((Role::Heading, "Steps".to_owned()));
    for (index, step) in recipe.steps.iter().enumerate() {
        card.push((Role::Item, format!("{}. {}", index + 1, step.text)));
    }
    if recipe.steps.is_empty() {
        let hint = "None yet: say \"add step: whisk the eggs\"";
        card.push((Role::Aside, hint.to_owned()));
    }
    let timers = recipe.timers.as_deref().unwrap_or_default();
    if !timers.is_empty() {
        card.push((Role::Heading, "Timers".to_owned()));
        card.extend(timers.iter().map(|one| (Role::Item, timer(one))));
    }
    card
}

/// "pasta until 20:36:02 UTC (ada)"
fn timer(one: &Timer) -> String {
    let label = match one.label.as_str() {
        "" => "one",
        label => label,
    };
    let time = one.ends_at.split(['T', '.']).nth(1).unwrap_or_default();
    format!("- {label} until {time} UTC ({})", one.by)
}

fn ingredient(one: &Ingredient) -> String {
    let words: Vec<_> = [&one.quantity, &one.unit, &one.name]
        .into_iter()
        .filter(|word| !word.is_empty())
        .map(String::as_str)
        .collect();
    let line = format!("- {}", words.join(" "));
    if one.note.is_empty() {
        line
    } else {
        format!("{line} ({})", one.note)
    }
}

#[cfg(test)]
mod tests {
    use proto::websocket::frames::Step;

    use super::*;

    #[test]
    fn a_recipe_reads_like_a_card() {
        let recipe = Recipe {
            title: "Pancakes".into(),
            description: None,
            servings: 4,
            ingredients: vec![
                Ingredient {
                    id: "i1".into(),
                    name: "flour".into(),
                    quantity: "1 1/2".into(),
                    unit: "cup".into(),
                    note: "sifted".into(),
                },
                Ingredient {
                    id: "i2".into(),
                    name: "salt".into(),
                    ..Ingredient::default()
                },
            ],
            steps: vec![Step {
                id: "s1".into(),
                text: "Whisk.".into(),
            }],
            tags: vec!["breakfast".into()],
            timers: Some(vec![Timer {
                id: "t1".into(),
                label: "batter".into(),
                ends_at: "2026-11-22T20:36:02.123Z".into(),
                by: "ada".into(),
            }]),
        };
        let card: Vec<_> = lines(&recipe).into_iter().map(|(_, line)| line).collect();
        assert_eq!(
            card,
            [
                "Pancakes",
                "Serves 4",
                "breakfast",
                "Ingredients",
                "- 1 1/2 cup flour (sifted)",
                "- salt",
                "Steps",
                "1. Whisk.",
                "Timers",
                "- batter until 20:36:02 UTC (ada)",
            ]
        );
    }
}
