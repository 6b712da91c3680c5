//! The rules one by one.

mod connection;
mod rig;
mod sending;
