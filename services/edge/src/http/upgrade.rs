//! The way up from HTTP to a WebSocket: what is refused is refused before the upgrade, with a status that
//! says why. No credential is read here, from wherever it may stand.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension,
    body::Body,
    extract::{ConnectInfo, Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use proto::{ids::RecipeId, websocket::SUBPROTOCOL};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{Shared, client::Client, draining, origin, problem::Problem};
use crate::{
    connection::{self, Upgraded},
    edge::Edge,
    metrics,
};

/// The version of the WebSocket protocol (RFC 6455).
const VERSION: &str = "13";
/// How long a client may take to read the answer to its upgrade.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// When to try again when there is no room.
const RETRY_AFTER: Duration = Duration::from_secs(5);

pub(super) async fn upgrade(
    State(edge): Shared,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    recipe: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    match prepare(&edge, peer.ip(), recipe, request) {
        Ok(prepared) => prepared.accept(edge),
        Err((reason, problem)) => {
            metrics::count_refused_upgrade(reason);
            problem.into_response()
        }
    }
}

/// An upgrade that nothing stands against.
struct Prepared {
    upgraded: Upgraded,
    on_upgrade: OnUpgrade,
    accept_key: String,
    subprotocol: bool,
}

/// Why not: a label for metrics, and the answer.
type Refusal = (&'static str, Problem);

fn prepare(
    edge: &Edge,
    address: IpAddr,
    recipe: Result<Path<String>, PathRejection>,
    mut request: Request,
) -> Result<Prepared, Refusal> {
    let recipe: RecipeId = recipe
        .ok()
        .and_then(|Path(id)| id.parse().ok())
        .ok_or_else(|| ("recipe_id", no_such_recipe()))?;
    let settings = edge.settings.load_full();
    if !origin::is_known(request.headers(), &edge.config.public_urls, &settings) {
        Client::of(request.extensions()).log_refusal("upgrade", "origin");
        return Err(("origin", origin::refused()));
    }
    let accept_key = accept_key(request.headers()).map_err(|problem| ("handshake", problem))?;
    let subprotocol = subprotocol(request.headers()).map_err(|problem| ("subprotocol", problem))?;
    let on_upgrade = request
        .extensions_mut()
        .remove::<OnUpgrade>()
        .ok_or_else(|| ("handshake", not_a_websocket()))?;
    if edge.lifecycle.is_stopping() {
        return Err(("draining", draining::problem()));
    }
    let unauthenticated = edge
        .upgrade_limiter
        .enter(address, Instant::now())
        .map_err(|shut| (shut.label(), too_many(shut.retry_after())))?;
    let place = edge
        .places
        .take(address.into())
        .ok_or_else(|| ("connections", too_many(RETRY_AFTER)))?;
    Ok(Prepared {
        upgraded: Upgraded {
            recipe,
            address,
            place,
            unauthenticated: Some(Box::new(unauthenticated)),
        },
        on_upgrade,
        accept_key,
        subprotocol,
    })
}

impl Prepared {
    fn accept(self, edge: Arc<Edge>) -> Response {
        let Self {
            upgraded,
            on_upgrade,
            accept_key,
            subprotocol,
        } = self;
        let tasks = edge.lifecycle.clone();
        tasks.spawn(async move {
            // A client that does not take the answer has no connection.
            if let Ok(Ok(stream)) = timeout(UPGRADE_TIMEOUT, on_upgrade).await {
                // In a task of its own, so that nothing of the upgrade is kept for the connection's life.
                let tasks = edge.lifecycle.clone();
                tasks.spawn(connection::run(edge, TokioIo::new(stream), upgraded));
            }
        });
        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_ACCEPT, accept_key);
        if subprotocol {
            response = response.header(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        }
        response
            .body(Body::empty())
            .unwrap_or_else(|_| not_a_websocket().into_response())
    }
}

/// The key that answers the client's; the request must be a WebSocket upgrade (RFC 6455, section 4.2.1).
fn accept_key(headers: &HeaderMap) -> Result<String, Problem> {
    let says = |name: HeaderName, token: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .any(|word| word.trim().eq_ignore_ascii_case(token))
    };
    if !says(header::CONNECTION, "upgrade") || !says(header::UPGRADE, "websocket") {
        return Err(not_a_websocket());
    }
    if !says(header::SEC_WEBSOCKET_VERSION, VERSION) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "Only version 13 of the WebSocket protocol is spoken here",
        )
        .header(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static(VERSION),
        ));
    }
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| key.len() == 24)
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing"))?;
    Ok(derive_accept_key(key.as_bytes()))
}

/// Whether the client offers ours; one that offers only others cannot be understood.
fn subprotocol(headers: &HeaderMap) -> Result<bool, Problem> {
    let mut offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        // An empty list offers nothing.
        .filter(|name| !name.is_empty())
        .peekable();
    if offered.peek().is_none() {
        return Ok(false);
    }
    if offered.any(|name| name == SUBPROTOCOL) {
        return Ok(true);
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        format!("The only subprotocol spoken here is {SUBPROTOCOL}"),
    ))
}

fn no_such_recipe() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "A recipe id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -",
    )
}

fn not_a_websocket() -> Problem {
    Problem::new(
        StatusCode::UPGRADE_REQUIRED,
        "Connect with a WebSocket client",
    )
}

fn too_many(retry_after: Duration) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Too many connections; try again later",
    )
    .retry_after(retry_after)
}
