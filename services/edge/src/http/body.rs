//! Reads JSON bodies, and says what is wrong with a bad one as a problem document.

use std::{fmt, marker::PhantomData};

use axum::{
    body::{Body, Bytes},
    extract::{
        FromRequest, Request,
        rejection::{BytesRejection, JsonRejection},
    },
    http::StatusCode,
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::problem::Problem;

/// A JSON body: one object.
pub(super) struct JsonBody<T>(pub(super) T);

/// A JSON body that may be left out altogether, however its end is told.
pub(super) struct OptionalJsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Json(Object(body)) = axum::Json::from_request(request, state)
            .await
            .map_err(|rejection| explain(&rejection))?;
        Ok(Self(body))
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let whole = Request::from_parts(head.clone(), body);
        let body = Bytes::from_request(whole, state)
            .await
            .map_err(|rejection| unreadable(&rejection))?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(head, Body::from(body));
        JsonBody::from_request(request, state)
            .await
            .map(|JsonBody(body)| Self(body))
    }
}

/// A JSON object. serde would take an array for a struct too, by position.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer
            .deserialize_map(ObjectVisitor(PhantomData))
            .map(Self)
    }
}

const UNREADABLE: &str = "The body cannot be read";

/// Never quotes the body: it may hold a password.
fn explain(rejection: &JsonRejection) -> Problem {
    let (status, words) = match rejection {
        JsonRejection::JsonDataError(_) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "The body must be a JSON object, and no field may be missing or of the wrong type",
        ),
        JsonRejection::JsonSyntaxError(_) => (StatusCode::BAD_REQUEST, "The body is not JSON"),
        JsonRejection::MissingJsonContentType(_) => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send the body as Content-Type: application/json",
        ),
        other => (other.status(), UNREADABLE),
    };
    Problem::new(status, words)
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    Problem::new(rejection.status(), UNREADABLE)
}
