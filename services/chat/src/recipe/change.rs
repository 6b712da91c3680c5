//! What a message can ask for, as values: changes to the recipe, and commands about it.
//! It does not read text (`language` does) and carries nothing out (`apply` does).

use std::fmt;

use super::kitchen_timers::TimerCommand;
use super::model::Recipe;
use super::quantity::Amount;
use super::rational::Rational;
use super::unit::{System, Unit};

/// What a chat message turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// In the order in which they were written; never empty. All of them apply, or none.
    Changes(Vec<Change>),
    Command(Command),
    /// About the timers beside the recipe.
    Timer(TimerCommand),
    Talk,
    /// It looks like a change or a command but cannot be followed; `hint` says what would work.
    Unclear {
        hint: String,
    },
}

/// What concerns the recipe's history or its members rather than its content. It is shown as it is written in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Undo,
    Invite {
        name: String,
        role: Role,
    },
    Remove {
        name: String,
    },
    Show(Visibility),
    /// Makes a member the owner; the owner stays as an editor.
    HandOver {
        name: String,
    },
    /// Whoever says it is no member any more.
    Leave,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undo => f.write_str("undo"),
            Self::Invite { name, role } => write!(f, "/invite {name} as {role}"),
            Self::Remove { name } => write!(f, "/remove {name}"),
            Self::Show(visibility) => write!(f, "/{visibility}"),
            Self::HandOver { name } => write!(f, "/owner {name}"),
            Self::Leave => f.write_str("/leave"),
        }
    }
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// The owner and the members.
    Private,
    /// Every signed-in user who has the id, and they may change it.
    Open,
    /// Everybody may read it; only the owner and editors change it.
    Public,
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "private",
            Self::Open => "open",
            Self::Public => "public",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Editor,
    Viewer,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Editor => "editor",
            Self::Viewer => "viewer",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    AddIngredient(NewIngredient),
    /// As it stands in the list of a pasted recipe: a line of its name may be there already.
    ListIngredient(NewIngredient),
    /// With an amount: that much less, or the line that has just that amount.
    RemoveIngredient {
        which: Which,
        amount: Option<Amount>,
    },
    ClearIngredients,
    /// The new one takes the line over, and the amount too unless it brings its own; or a part of the line.
    ReplaceIngredient {
        which: Which,
        part: Option<Part>,
        with: NewIngredient,
    },
    RenameIngredient {
        which: Which,
        name: String,
    },
    /// For so many, said with the name of the dish: "make the pancakes for 6".
    ScaleDish {
        dish: String,
        scaling: Scaling,
    },
    /// An amount without a unit keeps the unit of the line.
    SetAmount {
        which: Which,
        amount: Amount,
        note: Option<String>,
        add_if_missing: bool,
    },
    AdjustAmount {
        which: Which,
        by: Amount,
        direction: Direction,
    },
    MultiplyAmount {
        which: Which,
        factor: Rational,
    },
    SetNote {
        which: Which,
        note: Option<String>,
    },
    ConvertIngredient {
        which: Which,
        unit: Unit,
    },
    Convert(System),
    Scale(Scaling),
    /// Only the number; the quantities stay.
    SetServings(u64),
    SetTitle(String),
    SetDescription(Option<String>),
    AddTags(Vec<String>),
    RemoveTags(Vec<String>),
    AddStep {
        text: String,
        at: Place,
    },
    /// Rewrites the step of that number, or adds it when it is the next one.
    WriteStep {
        step: StepNumber,
        text: String,
    },
    MoveStep {
        step: StepNumber,
        to: Place,
    },
    SwapSteps(StepNumber, StepNumber),
    /// The numbers are those before the removal.
    RemoveSteps(Vec<StepNumber>),
    ClearSteps,
    /// Becomes an imported recipe.
    Become(Box<Recipe>),
}

/// An ingredient as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIngredient {
    pub name: String,
    pub amount: Option<Amount>,
    pub note: Option<String>,
}

/// So much of an ingredient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Fraction(Rational),
    Amount(Amount),
}

/// Which ingredient is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    Named(String),
    /// "all the flour": every line of that name.
    EveryNamed(String),
    /// Counted from one, as the list shows them.
    Numbered(u64),
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    More,
    Less,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    By(Rational),
    /// To so many servings.
    To(u64),
    /// For so many people more.
    Plus(u64),
    /// For so many people less.
    Minus(u64),
}

impl Direction {
    /// What one becomes when this part of it is added or taken away.
    pub(super) fn part_of_one(self, part: Rational) -> Option<Rational> {
        match self {
            Self::More => Rational::ONE.plus(part),
            Self::Less => Rational::ONE.minus(part),
        }
    }
}

/// A step by its number, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepNumber {
    Number(u64),
    Last,
}

/// Where a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Start,
    End,
    At(StepNumber),
    Before(StepNumber),
    After(StepNumber),
    /// One place towards the start; only for a step that is moved.
    Up,
    Down,
}
