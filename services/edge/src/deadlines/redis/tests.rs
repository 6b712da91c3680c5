//! The schedule on real Redis servers, which each test starts for itself.

mod cluster;
mod edges;
mod model;
mod servers;
