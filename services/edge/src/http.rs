//! The edge's HTTP side: the API of the contract, the way up to a WebSocket, the web app, and what operators
//! ask. The only place that knows axum.

mod account;
mod address_limit;
pub(crate) mod admin;
mod auth;
mod base_url;
mod body;
mod caller;
mod client;
mod cookies;
mod cors;
mod documents;
mod draining;
mod forwarded;
mod host;
mod imports;
mod markup;
mod operations;
mod origin;
mod problem;
mod public_page;
mod recipes;
mod upgrade;
mod web_app;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware,
    routing::{delete, get, post, put},
};
use tower_http::{
    catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};

use self::{
    account::api_tokens,
    recipes::{links, members, past, webhooks},
};
use crate::edge::Edge;

/// The largest body that the API takes.
const MAX_BODY: usize = 64 << 10;
/// The largest recipe from elsewhere.
const MAX_DOCUMENT: usize = 512 << 10;
/// How long a request may take. WebSockets have limits of their own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

type Shared = axum::extract::State<Arc<Edge>>;

/// Everything that the edge's port answers.
pub fn router(edge: &Arc<Edge>) -> Router {
    let auth = Router::new()
        .route("/v1/auth/register", post(auth::register))
        .route("/v1/auth/guest", post(auth::guest))
        .route("/v1/auth/login", post(auth::login))
        .route("/v1/auth/refresh", post(auth::refresh))
        .route("/v1/auth/logout", post(auth::logout))
        .route("/v1/auth/token", post(auth::token::token))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(edge),
            origin::require_known,
        ));
    Router::new()
        .merge(auth)
        .route("/v1/auth/issuers", get(auth::issuers::list))
        .route("/v1/auth/issuers/{name}/sign-in", get(auth::issuers::begin))
        .route(
            "/v1/auth/issuers/{name}/callback",
            get(auth::issuers::finish),
        )
        .route(
            "/v1/account",
            get(account::show)
                .patch(account::rename)
                .delete(account::delete),
        )
        .route("/v1/account/export", get(account::export::export))
        .route("/v1/account/password", post(account::change_password))
        .route("/v1/account/claim", post(account::claim))
        .route("/v1/account/sessions/{id}", delete(account::end_session))
        .route(
            "/v1/account/tokens",
            get(api_tokens::list).post(api_tokens::create),
        )
        .route("/v1/account/tokens/{id}", delete(api_tokens::remove))
        .route("/v1/imports", post(imports::from_web))
        .route("/v1/recipes", get(recipes::list).post(recipes::create))
        .route(
            "/v1/recipes/{id}",
            get(recipes::show)
                .delete(recipes::delete)
                .merge(put(recipes::import::import).layer(DefaultBodyLimit::max(MAX_DOCUMENT))),
        )
        .route("/v1/recipes/{id}/copy", post(recipes::copy))
        .route("/v1/recipes/{id}/messages", get(recipes::messages))
        .route("/v1/recipes/{id}/versions", get(past::versions))
        .route("/v1/recipes/{id}/undo", post(past::undo))
        .route("/v1/recipes/{id}/restore", post(past::restore))
        .route("/v1/recipes/{id}/members", get(members::list))
        .route(
            "/v1/recipes/{id}/members/{name}",
            put(members::invite).delete(members::remove),
        )
        .route("/v1/recipes/{id}/visibility", put(members::open))
        .route(
            "/v1/recipes/{id}/links",
            get(links::list).post(links::create),
        )
        .route("/v1/recipes/{id}/links/{link}", delete(links::remove))
        .route(
            "/v1/recipes/{id}/webhooks",
            get(webhooks::list).post(webhooks::create),
        )
        .route(
            "/v1/recipes/{id}/webhooks/{webhook}",
            delete(webhooks::remove),
        )
        .route(
            "/v1/links/{token}",
            get(links::describe).post(links::accept),
        )
        .route("/p/{id}", get(public_page::show))
        .route("/i/{token}", get(web_app::invitation))
        .route("/.well-known/jwks.json", get(operations::jwks))
        .route("/openapi.json", get(operations::openapi))
        .route("/docs/{document}", get(documents::show))
        .route("/docs/examples/{example}", get(documents::example))
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::readiness))
        .route("/metrics", get(operations::metrics))
        .fallback(web_app::serve)
        .method_not_allowed_fallback(async || problem::Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(edge),
            draining::refuse,
        ))
        .layer(middleware::from_fn_with_state(
            cors::layer(Arc::clone(edge)),
            cors::share,
        ))
        .route("/v1/chat/{recipe_id}", get(upgrade::upgrade))
        .layer(CatchPanicLayer::custom(problem::panicked))
        // For what the router and its layers refuse by themselves.
        .layer(middleware::map_response(problem::explain))
        .layer(middleware::from_fn_with_state(
            Arc::clone(edge),
            host::require_known,
        ))
        .layer(middleware::from_fn(client::name_request))
        .layer(middleware::from_fn_with_state(
            Arc::clone(edge),
            forwarded::set_client_address,
        ))
        // Outside of everything that answers by itself.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .with_state(Arc::clone(edge))
}
