//! See the modules.

pub mod recipe;
