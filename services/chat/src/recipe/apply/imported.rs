//! A recipe becomes an imported one: what stays the same keeps its id, so that people see what is new.

use std::collections::{HashMap, VecDeque};

use crate::recipe::{
    model::{Ingredient, Recipe, Step},
    refusal::counted,
};

/// The ids of what was there before, by what it says; of those that say the same the first one comes first.
struct Before(HashMap<String, VecDeque<String>>);

impl Before {
    fn of(parts: impl Iterator<Item = (String, String)>) -> Self {
        let mut ids: HashMap<String, VecDeque<String>> = HashMap::new();
        for (said, id) in parts {
            ids.entry(said).or_default().push_back(id);
        }
        Self(ids)
    }

    fn take(&mut self, said: &str) -> Option<String> {
        self.0.get_mut(said)?.pop_front()
    }
}

pub(super) fn become_it(recipe: &mut Recipe, imported: &Recipe) -> String {
    let lines = std::mem::take(&mut recipe.ingredients).into_iter();
    let mut lines = Before::of(lines.map(|line| (line.name, line.id)));
    let steps = std::mem::take(&mut recipe.steps).into_iter();
    let mut steps = Before::of(steps.map(|step| (step.text, step.id)));
    for line in &imported.ingredients {
        let id = lines.take(&line.name);
        let id = id.unwrap_or_else(|| recipe.next_ingredient_id());
        recipe.ingredients.push(Ingredient { id, ..line.clone() });
    }
    for step in &imported.steps {
        let id = steps.take(&step.text);
        let id = id.unwrap_or_else(|| recipe.next_step_id());
        recipe.steps.push(Step { id, ..step.clone() });
    }
    recipe.title.clone_from(&imported.title);
    recipe.description.clone_from(&imported.description);
    recipe.servings = imported.servings;
    recipe.exact_servings = imported.exact_servings;
    recipe.tags.clone_from(&imported.tags);
    format!(
        "Imported {}: {}, {}",
        recipe.title,
        counted(recipe.ingredients.len(), "ingredient"),
        counted(recipe.steps.len(), "step")
    )
}
