//! The recipe domain: what a recipe is, the language in which cooks change it, and how a change is carried out.
//!
//! Everything here is pure: no clock, no storage, no network. A message goes through [`parse`]; its changes go
//! through [`follow`], which gives the next recipe and the words for what happened, or a [`Refusal`] whose text
//! says what would work.

mod advice;
mod apply;
mod change;
mod cooklang;
mod html;
mod import;
mod json_outline;
mod json_repair;
mod kitchen_timers;
mod language;
mod model;
mod naming;
mod plain;
mod quantity;
mod rational;
mod reading;
mod refusal;
mod schema_org;
mod servings;
mod size;
mod suggestions;
mod take_back;
mod temperature;
mod text;
pub mod timers;
mod unit;
mod word_list;

pub use self::cooklang::{from_cooklang, read_cooklang, to_cooklang};
pub use advice::hint;
pub use apply::{Effect, follow};
pub use change::{
    Change, Command, Direction, NewIngredient, Parsed, Part, Place, Role, Scaling, StepNumber,
    Visibility, Which,
};
pub use import::ImportError;
pub use kitchen_timers::{TimerCommand, follow_timer};
pub use language::parse;
pub use model::{Ingredient, KitchenTimer, Recipe, Step, limits};
pub use naming::title_from_id;
pub use plain::{PlainIngredient, PlainRecipe, from_plain};
pub use quantity::{Amount, Quantity, Vague};
pub use rational::Rational;
pub use reading::{LeftOut, Reading};
pub use refusal::{Has, Refusal};
pub use schema_org::{from_schema_org, read_schema_org, to_schema_org};
pub use size::json_size;
pub(crate) use size::serialized_size;
pub use suggestions::suggestions;
pub use take_back::{
    Element, ElementChange, UndoConflict, changed_elements, take_back, told_changes,
};
pub use text::from_text;
pub use unit::{Measure, System, Unit};
