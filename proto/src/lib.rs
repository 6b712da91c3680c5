//! The contracts of Recipe Chat as Rust: gRPC code generated from the `.proto` files beside this crate, and
//! the identifiers and texts that every border shares. It has no behaviour of its own.
//!
//! The generated files are committed; `cargo test -p proto` writes them anew and fails when they were stale.

pub mod ids;
pub mod secrets;
pub mod text;
pub mod websocket;

/// `recipechat.auth.v1`: users, login sessions, tokens.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
pub mod auth {
    include!("generated/recipechat.auth.v1.rs");

    /// The package and what it imports as an encoded `FileDescriptorSet`, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/recipechat.auth.v1.bin");
}

/// `recipechat.chat.v1`: recipes, messages, the link.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::large_enum_variant,
    reason = "generated code"
)]
pub mod chat {
    include!("generated/recipechat.chat.v1.rs");

    /// The package and what it imports as an encoded `FileDescriptorSet`, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/recipechat.chat.v1.bin");
}

/// The metadata that names the request on whose behalf a call is made; log lines carry it.
pub const REQUEST_ID: &str = "x-request-id";

/// The metadata key under which operators send their token. `authorization` is where services prove themselves.
pub const OPERATOR_TOKEN: &str = "operator-token";
