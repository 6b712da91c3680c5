//! The HTTP client as the crate `oauth2` calls it. The caller bounds the time.

use futures_util::{FutureExt as _, future::BoxFuture};
use http::{Request, Response, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use super::{Bytes, HttpsClient};
use crate::http_call::CallFailed;

/// No answer about tokens is near this: three tokens at most.
const MAX_ANSWER: usize = 64 << 10;

impl<'c> AsyncHttpClient<'c> for HttpsClient {
    type Error = CallFailed;
    type Future = BoxFuture<'c, Result<HttpResponse, CallFailed>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        send(self, request).boxed()
    }
}

async fn send(client: &HttpsClient, request: HttpRequest) -> Result<HttpResponse, CallFailed> {
    let (head, body) = request.into_parts();
    let url = Url::parse(&head.uri.to_string()).map_err(|_| CallFailed::Answer("no address"))?;
    let mut request = Request::builder().method(head.method);
    for (name, value) in &head.headers {
        // The client says itself what it accepts.
        if name != header::ACCEPT {
            request = request.header(name, value);
        }
    }
    let answer = client.send(&url, request, Bytes::from(body), MAX_ANSWER);
    let (status, body) = answer.await?;
    let mut answer = Response::new(body.to_vec());
    *answer.status_mut() = status;
    Ok(answer)
}
