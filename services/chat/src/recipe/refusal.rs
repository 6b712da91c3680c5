//! Why a change cannot be made. Each text says what would work, since the cook reads it as a hint.

use super::model::limits;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("The recipe has no {name}{}", others(.has))]
    NoSuchIngredient { name: String, has: Has },
    #[error("\"{name}\" could be {}; say which one.", listed(.candidates, "or"))]
    AmbiguousIngredient {
        name: String,
        candidates: Vec<String>,
    },
    #[error("There is no ingredient {number}; the recipe has {}.", counted(*.count, "ingredient"))]
    NoIngredientNumbered { number: u64, count: usize },
    #[error("There is no step {number}; the recipe has {}.", counted(*.count, "step"))]
    NoSuchStep { number: u64, count: usize },
    #[error("The recipe has no steps yet; try \"add step: Whisk the eggs.\"")]
    NoSteps,
    #[error("There is no tag {tag}; {}.", tagged(.tags))]
    NoSuchTag { tag: String, tags: Vec<String> },
    #[error(
        "The recipe already has {name}; say how much of it to add, as in \"add {} {name}\".", a_bit_of(.unit.as_deref())
    )]
    AlreadyThere { name: String, unit: Option<String> },
    #[error("The recipe is already tagged {}.", .0.join(", "))]
    AlreadyTagged(Vec<String>),
    #[error("The recipe has only {has}; say \"remove {name}\" to take it all out.")]
    NotThatMuch { name: String, has: String },
    #[error(
        "{name} is in the recipe as {has}, so {asked} can't be added to it or taken from it; try \"change {name} to {asked}\"."
    )]
    OtherUnit {
        name: String,
        has: String,
        asked: String,
    },
    #[error("{name} has no amount that can be multiplied; try \"change {name} to 1 tsp\".")]
    NoNumber { name: String },
    #[error("An amount must be more than nothing; say \"remove {name}\" to take it out.")]
    NothingLeft { name: String },
    #[error(
        "That is too much or too little for any kitchen; amounts go up to {}.",
        limits::AMOUNT
    )]
    BeyondMeasure,
    #[error("A recipe serves {} to {}; {asked} is out of that range.", limits::SERVINGS.start(), limits::SERVINGS.end())]
    Servings { asked: u64 },
    #[error("A recipe holds at most {limit} {what}; remove one first.")]
    Full { what: &'static str, limit: usize },
    #[error("That would make the recipe larger than {} KiB; shorten or remove something first.", .limit >> 10)]
    TooLarge { limit: usize },
    #[error("That {what} is too long: at most {limit} characters fit.")]
    TooLong { what: &'static str, limit: usize },
    #[error("The {what} is missing; write it after the command, as in \"{example}\".")]
    Empty {
        what: &'static str,
        example: &'static str,
    },
    #[error("Nothing in the recipe is measured in units that {to} would change.")]
    NothingToConvert { to: &'static str },
    #[error(
        "{name} is measured as {has}, which can't be turned into {unit}; weights turn into weights and volumes into volumes."
    )]
    CannotConvert {
        name: String,
        has: String,
        unit: String,
    },
    #[error("There is no {what} to remove.")]
    NothingToRemove { what: &'static str },
    #[error("Step {number} is already there.")]
    StaysThere { number: usize },
    #[error("This recipe is \"{title}\", not {dish}; to make it, write \"{scaling}\".")]
    OtherDish {
        title: String,
        dish: String,
        scaling: String,
    },
    #[error("The recipe already serves {servings}.")]
    AlreadyServes { servings: u32 },
}

/// What the recipe has instead of the ingredient that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    Nothing,
    /// One name that is spelt almost the same.
    Similar(String),
    Others(Vec<String>),
}

/// Some amount in the unit of a line; a line without an amount is most likely a spice.
fn a_bit_of(unit: Option<&str>) -> String {
    match unit {
        None => "1 tsp".to_owned(),
        Some("") => "2".to_owned(),
        Some(unit @ ("g" | "ml")) => format!("50 {unit}"),
        Some(unit) => format!("1 {unit}"),
    }
}

fn others(has: &Has) -> String {
    match has {
        Has::Nothing => " yet; try \"add 2 cups flour\".".to_owned(),
        Has::Similar(name) => format!("; did you mean {name}?"),
        Has::Others(names) => format!("; it has {}.", listed(names, "and")),
    }
}

fn tagged(tags: &[String]) -> String {
    if tags.is_empty() {
        "the recipe has no tags".to_owned()
    } else {
        format!("the recipe is tagged {}", tags.join(", "))
    }
}

/// "1 step", "3 steps", "no steps".
pub(super) fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// "a, b and c"; a long list ends in "and 4 more".
fn listed(names: &[String], last: &str) -> String {
    const SHOWN: usize = 6;
    match names {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        _ if names.len() > SHOWN => {
            format!(
                "{} and {} more",
                names[..SHOWN].join(", "),
                names.len() - SHOWN
            )
        }
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
