//! Asks a running service whether it is healthy, over HTTP or gRPC: for container health checks.

use std::{fmt, str::FromStr};

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use url::Url;

use crate::grpc::{self, Credentials, DialError};

/// The path that tells whether an edge is ready, asked when an address names no other.
const READINESS: &str = "/readyz";
/// How much of an unhealthy answer is passed on.
const MAX_ANSWER: usize = 1024;

/// An HTTP address that can be asked: `http://host:port`, with or without a path.
#[derive(Debug, Clone)]
pub struct HttpAddress {
    host: String,
    port: u16,
    path: String,
}

/// An address that cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("write it as http://host:port; a path may follow")]
pub struct NotHttp;

impl FromStr for HttpAddress {
    type Err = NotHttp;

    fn from_str(text: &str) -> Result<Self, NotHttp> {
        let url = Url::parse(text).map_err(|_| NotHttp)?;
        if url.scheme() != "http" || !url.username().is_empty() || url.password().is_some() {
            return Err(NotHttp);
        }
        let host = url.host_str().ok_or(NotHttp)?;
        let path = match url.path() {
            "" | "/" => READINESS,
            path => path,
        };
        Ok(Self {
            host: host.to_owned(),
            port: url.port_or_known_default().ok_or(NotHttp)?,
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
    }
}

/// Why a service does not count as healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// It cannot be reached.
    #[error("cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    /// What it answers is not HTTP.
    #[error("does not answer like an HTTP server: {0}")]
    NotHttp(#[from] hyper::Error),
    /// It answers over HTTP that it is not ready.
    #[error("answers {status} {words}")]
    Status {
        /// The status of the answer.
        status: StatusCode,
        /// What the answer says, shortened.
        words: String,
    },
    /// It answers every path with its web app, so that the answer tells nothing.
    #[error(
        "answers with a web page: that path tells no health; name /readyz, /healthz or no path"
    )]
    WebPage,
    /// The gRPC address makes no sense.
    #[error(transparent)]
    Address(#[from] DialError),
    /// The gRPC health service gives an error.
    #[error("{}", call_failed(.0))]
    Call(Box<tonic::Status>),
    /// The gRPC health service does not know the service.
    #[error("is no {0}")]
    Another(String),
    /// The gRPC health service says that it does not serve.
    #[error("answers {}", .0.as_str_name())]
    NotServing(ServingStatus),
}

/// What a failed call means: nobody was there, or somebody refused.
fn call_failed(status: &tonic::Status) -> String {
    let (code, words) = (status.code(), status.message());
    match std::error::Error::source(status) {
        // tonic's own words for it are those of its lowest layer.
        Some(_) if code == tonic::Code::Unavailable => format!("cannot be reached: {words}"),
        _ => format!("answers {code}: {words}"),
    }
}

/// Asks over HTTP; any answer but success is unhealthy. The caller bounds the time.
///
/// # Errors
/// Why it is not healthy.
pub async fn http(address: &HttpAddress) -> Result<(), Unhealthy> {
    let host = address.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, address.port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::new(Empty::<Bytes>::new());
    if let Ok(uri) = address.path.parse() {
        *request.uri_mut() = uri;
    }
    if let Ok(host) = HeaderValue::try_from(format!("{}:{}", address.host, address.port)) {
        request.headers_mut().insert(HOST, host);
    }
    let ask = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        if status.is_success() {
            return match is_page(&answer) {
                true => Err(Unhealthy::WebPage),
                false => Ok(()),
            };
        }
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let words = body.map_or_else(|_| Bytes::new(), |body| body.to_bytes());
        let words = String::from_utf8_lossy(&words).trim().to_owned();
        Err(Unhealthy::Status { status, words })
    };
    tokio::select! {
        answer = ask => answer,
        // The answer is out first when all went well.
        Err(error) = connection => Err(error.into()),
    }
}

fn is_page<B>(answer: &Response<B>) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The services that can be asked over gRPC, by the names in their certificates.
const ROLES: [&str; 2] = ["auth", "chat"];

/// Asks the standard gRPC health service about a service by its name, or, when that is empty, about the server as a whole,
/// over TLS if there are credentials for it. The caller bounds the time.
///
/// # Errors
/// Why it is not healthy.
pub async fn grpc(
    address: &str,
    service: &str,
    credentials: &Credentials,
) -> Result<(), Unhealthy> {
    let address = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    let mut client = HealthClient::new(grpc::channel(&address, &ROLES, credentials)?);
    let answer = client
        .check(HealthCheckRequest {
            service: service.to_owned(),
        })
        .await
        .map_err(|status| match status.code() {
            tonic::Code::NotFound => Unhealthy::Another(service.to_owned()),
            _ => Unhealthy::Call(Box::new(status)),
        })?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        status => Err(Unhealthy::NotServing(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, address: Option<&str>) {
        let read = text.parse::<HttpAddress>().ok();
        assert_eq!(
            read.map(|address| address.to_string()).as_deref(),
            address,
            "{text}"
        );
    }

    #[test]
    fn an_address_without_a_path_is_asked_for_its_readiness() {
        check(
            "http://127.0.0.1:8080",
            Some("http://127.0.0.1:8080/readyz"),
        );
        check("http://edge/", Some("http://edge:80/readyz"));
        check("http://[::1]:1/healthz", Some("http://[::1]:1/healthz"));
        check("https://edge", None);
        check("http://ada:canary@edge", None);
        check("edge:8080", None);
    }

    async fn web(status: StatusCode) -> HttpAddress {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = axum::routing::get(move || async move { (status, "as it is") });
        let app = || async { axum::response::Html("<!doctype html>") };
        let router = axum::Router::new().route(READINESS, answer).fallback(app);
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}").parse().unwrap()
    }

    #[tokio::test]
    async fn only_success_over_http_is_healthy() {
        http(&web(StatusCode::OK).await).await.unwrap();

        let unhealthy = http(&web(StatusCode::SERVICE_UNAVAILABLE).await).await;
        let words = unhealthy.unwrap_err().to_string();
        assert_eq!(words, "answers 503 Service Unavailable as it is");

        let typo = HttpAddress {
            path: "/redyz".to_owned(),
            ..web(StatusCode::OK).await
        };
        let unhealthy = http(&typo).await.unwrap_err();
        assert!(matches!(unhealthy, Unhealthy::WebPage), "{unhealthy}");

        let nobody = "http://127.0.0.1:1".parse().unwrap();
        let unhealthy = http(&nobody).await.unwrap_err();
        assert!(matches!(unhealthy, Unhealthy::Unreachable(_)));
    }

    #[tokio::test]
    async fn a_grpc_server_is_healthy_until_it_stops() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let lifecycle = crate::lifecycle::Lifecycle::new();
        let (health, service) = tonic_health::server::health_reporter();
        let until = lifecycle.clone();
        let server = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming_shutdown(
                tokio_stream::wrappers::TcpListenerStream::new(listener),
                async move { until.stopping().await },
            );
        lifecycle.spawn(async { server.await.unwrap() });

        grpc(&address, "", &Credentials::default()).await.unwrap();
        let other = grpc(&address, "some.Other", &Credentials::default()).await;
        assert_eq!(other.unwrap_err().to_string(), "is no some.Other");
        health
            .set_service_status("", tonic_health::ServingStatus::NotServing)
            .await;
        let unhealthy = grpc(&address, "", &Credentials::default())
            .await
            .unwrap_err();
        assert_eq!(unhealthy.to_string(), "answers NOT_SERVING");

        lifecycle.stop();
        assert!(matches!(
            grpc("127.0.0.1:1", "", &Credentials::default())
                .await
                .unwrap_err(),
            Unhealthy::Call(_)
        ));
    }
}
