//! The rules one by one.

mod connection;
mod harness;
mod model;
mod sending;
