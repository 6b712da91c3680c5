//! The auth service as its callers see it: a tonic client over a real socket, on SQLite and on PostgreSQL, with a
//! clock that the test moves.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail wherever it stands"
)]

mod accounts;
mod api_tokens;
mod audit;
mod federation;
mod harness;
mod issuer_sign_in;
mod keys;
mod opening;
mod refreshing;
mod replicas;
mod reviewing;
mod revoking;
mod secrecy;
mod signing_in;
mod stream_in_redis;
mod users;
mod validating;

/// Runs each test once on SQLite and once on PostgreSQL.
macro_rules! on_both_stores {
    ($(async fn $name:ident($service:ident: Service) $body:block)+) => {
        mod on_sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let $service = Service::start(Database::sqlite()).await;
                $body
            })+
        }
        mod on_postgres {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let $service = Service::start(Database::postgres()).await;
                $body
            })+
        }
    };
}
pub(crate) use on_both_stores;

/// The same with what `trusting` of the module makes of each database: a service, and an issuer that it trusts.
macro_rules! on_both_stores_trusting {
    ($(async fn $name:ident($service:ident: Service, $issuer:ident: Issuer) $body:block)+) => {
        mod on_sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let ($service, $issuer) = trusting(Database::sqlite()).await;
                $body
            })+
        }
        mod on_postgres {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let ($service, $issuer) = trusting(Database::postgres()).await;
                $body
            })+
        }
    };
}
pub(crate) use on_both_stores_trusting;
