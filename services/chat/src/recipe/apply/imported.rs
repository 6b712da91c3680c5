//! A recipe becomes an imported one: what stays the same keeps its id, so that people see what is new.

use crate::recipe::{
    model::{Ingredient, Recipe, Step},
    refusal::counted,
};

pub(super) fn become_it(recipe: &mut Recipe, imported: &Recipe) -> String {
    let mut lines = std::mem::take(&mut recipe.ingredients);
    let mut steps = std::mem::take(&mut recipe.steps);
    for line in &imported.ingredients {
        let id = match lines.iter().position(|before| before.name == line.name) {
            Some(at) => lines.remove(at).id,
            None => recipe.next_ingredient_id(),
        };
        recipe.ingredients.push(Ingredient { id, ..line.clone() });
    }
    for step in &imported.steps {
        let id = match steps.iter().position(|before| before.text == step.text) {
            Some(at) => steps.remove(at).id,
            None => recipe.next_step_id(),
        };
        recipe.steps.push(Step { id, ..step.clone() });
    }
    recipe.title.clone_from(&imported.title);
    recipe.description.clone_from(&imported.description);
    recipe.servings = imported.servings;
    recipe.tags.clone_from(&imported.tags);
    format!(
        "Imported {}: {}, {}",
        recipe.title,
        counted(recipe.ingredients.len(), "ingredient"),
        counted(recipe.steps.len(), "step")
    )
}
