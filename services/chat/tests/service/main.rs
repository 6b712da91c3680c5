//! The chat service over a real gRPC connection, with a database of its own for each test.

mod access;
mod calls;
mod harness;
mod links;
mod replicas;
