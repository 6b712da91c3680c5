//! A small HTTP/1.1 client, one connection per request: it shows answers as they are, with nothing followed,
//! retried or hidden.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    canary::Canary,
    timeouts::{STEP_TIMEOUT, within},
};

/// The HTTP API of one edge.
#[derive(Debug, Clone)]
pub struct Api {
    address: SocketAddr,
    canary: Canary,
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Request {
    address: SocketAddr,
    canary: Canary,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer, as it came.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, without any chunk framing.
    pub body: Vec<u8>,
}

impl Api {
    /// The API at `address`; tokens that pass are remembered in `canary`.
    pub fn new(address: SocketAddr, canary: Canary) -> Self {
        Self { address, canary }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The secrets of this test.
    pub fn canary(&self) -> &Canary {
        &self.canary
    }

    /// Any request.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            address: self.address,
            canary: self.canary.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request("POST", path).json(body)
    }

    /// Makes an open recipe, so that everybody comes in who has its id; tells whether there is one of that id now.
    pub async fn make_recipe(&self, token: &str, id: &str) -> bool {
        let recipe = json!({"id": id, "title": "", "visibility": "open"});
        let made = self.post("/v1/recipes", &recipe).bearer(token).try_send();
        made.await
            .is_ok_and(|answer| matches!(answer.status, 201 | 409))
    }

    /// A WebSocket handshake, for when the answer is of interest and not the connection.
    pub fn upgrade(&self, path: &str) -> Request {
        self.get(path)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    }
}

impl Request {
    /// Adds a header; `Host` and `Connection` replace the ones made here.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.canary.remember(token);
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .body(body.to_string().as_bytes())
    }

    /// Adds any body.
    #[must_use]
    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends it and reads the whole answer (only the head of one that upgrades).
    ///
    /// # Panics
    /// When the edge cannot be reached or answers no HTTP.
    pub async fn send(self) -> Answer {
        let what = format!("an answer to {} {}", self.method, self.path);
        within(&what, self.exchange())
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends it and reads the whole answer, or tells why there is none.
    ///
    /// # Errors
    /// When the edge cannot be reached, answers no HTTP, or is silent.
    pub async fn try_send(self) -> std::io::Result<Answer> {
        tokio::time::timeout(STEP_TIMEOUT, self.exchange()).await?
    }

    async fn exchange(self) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(self.head().as_bytes()).await?;
        // A server that refuses early may close before it has read the body.
        stream.write_all(&self.body).await.ok();
        let mut received = Vec::new();
        // A connection that is kept alive does not end with the answer.
        while !is_complete(&received) {
            if matches!(stream.read_buf(&mut received).await, Ok(0) | Err(_)) {
                break;
            }
        }
        parse(&received).ok_or_else(|| std::io::Error::other("the answer is no HTTP"))
    }

    fn head(&self) -> String {
        let given = |name: &str| {
            self.headers
                .iter()
                .any(|(own, _)| own.eq_ignore_ascii_case(name))
        };
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !given("Host") {
            head += &format!("Host: {}\r\n", self.address);
        }
        if !given("Connection") {
            head += "Connection: close\r\n";
        }
        if !self.body.is_empty() || self.method == "POST" {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

impl Answer {
    /// The only header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(own, _): &&(String, String)| own == name;
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a header.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.headers.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON with status {}: {:?}", self.status, self.text()))
    }

    /// This answer, when it has the status that the test wants.
    ///
    /// # Panics
    /// When it has another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}", self.text());
        self
    }

    /// The problem document (RFC 9457) of an answer that refuses.
    ///
    /// # Panics
    /// When the status is another one, or the body no problem document of that status.
    #[track_caller]
    pub fn problem(self, status: u16) -> Value {
        let answer = self.expect(status);
        let media = answer.header("content-type").unwrap_or_default().to_owned();
        assert!(media.starts_with("application/problem+json"), "{media:?}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["title"].is_string(), "{problem}");
        problem
    }
}

fn parse(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = &received[end + 4..];
    Some(Answer {
        status,
        headers,
        body: if chunked {
            unchunk(body)?
        } else {
            body.to_vec()
        },
    })
}

/// Whether an answer says where it ends, and has got there.
fn is_complete(received: &[u8]) -> bool {
    let Some(answer) = parse(received) else {
        return false;
    };
    let length = answer
        .header("content-length")
        .and_then(|length| length.parse().ok());
    let chunked = answer.header("transfer-encoding").is_some();
    matches!(answer.status, 101 | 204 | 304) || chunked || length == Some(answer.body.len())
}

fn unchunk(mut framed: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = framed.windows(2).position(|bytes| bytes == b"\r\n")?;
        let size = std::str::from_utf8(&framed[..line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        framed = &framed[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(framed.get(..size)?);
        framed = framed.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_plain_answer() {
        let raw = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\n\r\n{\"status\":404,\"title\":\"t\"}";

        assert_eq!(parse(raw).unwrap().problem(404)["title"], "t");
    }

    #[test]
    fn joins_the_chunks_of_a_body() {
        let raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsoup\r\nA;x=y\r\n and bread\r\n0\r\n\r\n";

        assert_eq!(parse(raw).unwrap().text(), "soup and bread");
    }

    #[test]
    fn knows_when_an_answer_is_complete() {
        let check = |raw: &[u8], complete| assert_eq!(is_complete(raw), complete);
        check(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", true);
        check(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nso", false);
        check(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsoup", true);
        check(b"HTTP/1.1 200 OK\r\n\r\nsoup", false);
        check(b"HTTP/1.1 200 OK\r\nContent-Le", false);
    }

    #[test]
    fn a_torn_answer_is_none() {
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-").is_none());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nso").is_none());
    }
}
