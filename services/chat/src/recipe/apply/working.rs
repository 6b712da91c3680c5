//! A recipe while changes are made to it, with what is looked up again and again kept at hand.

use super::names::Names;
use crate::recipe::model::{Ingredient, Recipe};

/// A copy of the recipe that is thrown away when a change is refused half-way. The list of ingredients is changed only
/// through the methods here, which keep the folded names in step with it.
#[derive(Debug)]
pub(super) struct Working<'r> {
    pub(super) recipe: &'r mut Recipe,
    names: Option<Names>,
}

impl<'r> Working<'r> {
    pub(super) fn on(recipe: &'r mut Recipe) -> Self {
        Self {
            recipe,
            names: None,
        }
    }

    /// The folded names; made when they are first asked for.
    pub(super) fn names(&mut self) -> &Names {
        let recipe = &*self.recipe;
        self.names
            .get_or_insert_with(|| Names::of(&recipe.ingredients))
    }

    pub(super) fn push(&mut self, ingredient: Ingredient) {
        if let Some(names) = &mut self.names {
            names.push(&ingredient.name);
        }
        self.recipe.ingredients.push(ingredient);
    }

    pub(super) fn remove(&mut self, index: usize) -> Ingredient {
        if let Some(names) = &mut self.names {
            names.remove(index);
        }
        self.recipe.ingredients.remove(index)
    }

    pub(super) fn clear(&mut self) {
        if let Some(names) = &mut self.names {
            names.clear();
        }
        self.recipe.ingredients.clear();
    }

    /// Gives an ingredient another name, and gives its former one.
    pub(super) fn rename(&mut self, index: usize, name: String) -> String {
        if let Some(names) = &mut self.names {
            names.rename(index, &name);
        }
        std::mem::replace(&mut self.recipe.ingredients[index].name, name)
    }

    /// Another recipe takes the place of this one.
    pub(super) fn forget_names(&mut self) {
        self.names = None;
    }
}
