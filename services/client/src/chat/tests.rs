//! The rules one by one.

mod connection;
mod model;
mod rig;
mod sending;
