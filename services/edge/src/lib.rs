//! See the modules.

pub mod deadlines;
