//! The operators' port: what the edge does at the moment, what happened to its connections, and the two orders that it
//! takes. One page for a browser, which only reads, and the same as JSON for programs.
//!
//! It has no part of the public port: no cookies, no CORS, nothing of the API.

mod access;
mod collect;
mod orders;
mod page;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequestParts, Query, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware,
    routing::{get, post},
};
use runtime::{accept, lifecycle::Lifecycle, operator_token::SharedOperators};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use tower_http::{
    catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};

use super::{problem, problem::Problem};
use crate::{
    admin::{Overview, Timeline},
    edge::Edge,
    event_log::Filter,
    node::AdminPort,
};

/// Some operators, and a few connections of each.
const MAX_CONNECTIONS: usize = 64;
/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Nothing that is sent here has a body.
const MAX_BODY: usize = 1024;
/// The longest id or name that is looked for.
const MAX_SEARCHED: usize = 256;
/// For how long an overview counts, however often somebody asks: making it takes a look at every connection.
const OVERVIEW_LIFE: Duration = Duration::from_secs(1);

/// What the port's handlers share.
pub(crate) struct Admin {
    edge: Arc<Edge>,
    /// Those who prove themselves by a token; without any, and without TLS, only this machine can reach the port, and gives
    /// no orders.
    operators: SharedOperators,
    over_tls: bool,
    notes: orders::Notes,
    last: Mutex<Option<(Instant, Arc<Overview>)>>,
}

type Shared = State<Arc<Admin>>;

/// Answers operators until the lifecycle stops.
pub(crate) async fn serve(port: AdminPort, edge: Arc<Edge>, lifecycle: &Lifecycle) {
    let AdminPort {
        listener,
        operators,
        tls,
    } = port;
    let admin = Arc::new(Admin {
        over_tls: tls.is_some(),
        notes: orders::Notes::new(lifecycle.clone()),
        edge,
        operators,
        last: Mutex::default(),
    });
    let limits = accept::Limits {
        in_all: MAX_CONNECTIONS,
        ..accept::Limits::default()
    };
    let closed = lifecycle.stopping();
    accept::serve_over(tls, listener, router(&admin), limits, lifecycle, closed).await;
}

fn router(admin: &Arc<Admin>) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(page::show))
        .route("/admin/v1/connections", get(connections))
        .route("/admin/v1/timeline", get(timeline))
        .route(
            "/admin/v1/connections/{connection}/disconnect",
            post(orders::disconnect),
        )
        .route("/admin/v1/drain", post(orders::drain))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(admin),
            access::require_operator,
        ))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::map_response(problem::explain))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .with_state(Arc::clone(admin))
}

impl Admin {
    /// What the edge does at the moment. Whoever asks meanwhile waits for the same answer.
    async fn overview(&self) -> Arc<Overview> {
        let mut last = self.last.lock().await;
        if let Some((asked, overview)) = &*last
            && asked.elapsed() < OVERVIEW_LIFE
        {
            return Arc::clone(overview);
        }
        let overview = Arc::new(collect::overview(&self.edge).await);
        *last = Some((Instant::now(), Arc::clone(&overview)));
        overview
    }
}

async fn connections(State(admin): Shared) -> Json<Overview> {
    Json(admin.overview().await.as_ref().clone())
}

async fn timeline(State(admin): Shared, Searched(filter): Searched) -> Json<Timeline> {
    Json(collect::timeline(&admin.edge, &filter))
}

/// What a search is for.
struct Searched(Filter);

/// As a form sends it: what was left empty is not asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Search {
    user: String,
    session: String,
    connection: String,
    recipe: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Searched {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let search = Query::<Search>::from_request_parts(parts, state).await;
        let Query(search) = search.map_err(|_: QueryRejection| {
            bad_search("Ask by user, session, connection and recipe, each once")
        })?;
        Ok(Self(Filter {
            user: searched(&search.user)?,
            session: searched(&search.session)?,
            connection: searched(&search.connection)?,
            recipe: searched(&search.recipe)?,
        }))
    }
}

fn searched(text: &str) -> Result<Option<String>, Problem> {
    let text = text.trim();
    match text.len() > MAX_SEARCHED {
        true => Err(bad_search("An id or a name has at most 256 bytes")),
        false => Ok((!text.is_empty()).then(|| text.to_owned())),
    }
}

fn bad_search(words: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_leaves_empty_is_not_asked_for() {
        assert_eq!(searched(" ").unwrap(), None);
        assert_eq!(searched(" ada ").unwrap().as_deref(), Some("ada"));
        assert!(searched(&"x".repeat(257)).is_err());
    }
}
