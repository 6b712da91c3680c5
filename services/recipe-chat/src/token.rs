//! `recipe-chat token`: one to try things with, and what an access token says, for whoever wonders why it was refused. The
//! latter asks nobody, so it cannot tell whether the signature is good or the login session revoked.

mod mint;

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read, Write as _},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Subcommand};
use runtime::clock::{SystemClock, Timestamp};
use serde_json::{Map, Value};

/// The services read no longer token.
const MAX_LENGTH: usize = 4096;
/// Claims that every access token has, and the kind of each.
const CLAIMS: [(&str, Kind); 8] = [
    ("iss", Kind::Text),
    ("aud", Kind::Text),
    ("sub", Kind::Text),
    ("name", Kind::Text),
    ("sid", Kind::Text),
    ("jti", Kind::Text),
    ("iat", Kind::Seconds),
    ("exp", Kind::Seconds),
];

/// What is wanted of an access token.
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Print what an access token says, and what in it keeps it from being accepted; exit code 0: nothing does. The
    /// signature is not checked
    Inspect {
        /// The file that holds the token [default: standard input, so that no list of processes shows it]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Print an access token of a new guest of a server on this machine, to try things with
    Mint(mint::Mint),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Seconds,
}

/// What a token says, and what speaks against it.
#[derive(Debug)]
struct Report {
    text: String,
    faults: Vec<String>,
}

/// Does what is wanted.
///
/// # Errors
/// When something speaks against the token, it cannot be read at all, or there is none to be had.
pub(crate) async fn run(token: Token) -> anyhow::Result<()> {
    match token.order {
        Order::Inspect { file } => print_report(file),
        Order::Mint(mint) => mint::run(mint).await,
    }
}

fn print_report(file: Option<PathBuf>) -> anyhow::Result<()> {
    let text = match file {
        Some(path) => File::open(path).map_err(Into::into).and_then(read),
        None => read(std::io::stdin()),
    };
    let text = text.context("cannot read the token")?;
    let report = inspect(text.trim(), SystemClock::shared().now())?;
    let mut out = std::io::stdout();
    out.write_all(report.text.as_bytes())
        .context("cannot write to standard output")?;
    match report.faults.as_slice() {
        [] => Ok(()),
        faults => Err(anyhow!("it is not accepted: {}", faults.join("; "))),
    }
}

/// One byte more than is allowed shows that there is more, with room for the end of a line.
fn read(source: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    let limit = MAX_LENGTH as u64 + 3;
    source.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

fn inspect(token: &str, now: Timestamp) -> anyhow::Result<Report> {
    let token = token.strip_prefix("Bearer ").unwrap_or(token);
    if token.len() > MAX_LENGTH {
        return Err(anyhow!("it is longer than 4 KiB: no access token is"));
    }
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, _] = parts.as_slice() else {
        return Err(anyhow!(
            "an access token has three parts with dots between them, and this one {}; a refresh token says nothing to \
             anybody but the auth service",
            parts.len()
        ));
    };
    let header = part("header", header)?;
    let claims = part("claims", claims)?;
    let mut faults = faults_of_header(&header);
    faults.extend(faults_of_claims(&claims, now));
    let mut text = String::new();
    for (what, fields) in [("header", &header), ("claims", &claims)] {
        writeln!(text, "{what}")?;
        for (name, value) in fields {
            writeln!(text, "  {name:<9} {}", shown(name, value, now))?;
        }
    }
    text.push_str("the signature and revocations are not checked here\n");
    Ok(Report { text, faults })
}

fn part(what: &'static str, text: &str) -> anyhow::Result<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(text);
    let bytes = bytes.map_err(|_| anyhow!("its {what} is not base64url without padding"))?;
    serde_json::from_slice(&bytes).map_err(|_| anyhow!("its {what} is no JSON object"))
}

fn faults_of_header(header: &Map<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, wanted) in [("alg", "EdDSA"), ("typ", "at+jwt")] {
        match header.get(name) {
            Some(value) if value == wanted => {}
            Some(value) => faults.push(format!("`{name}` is {value}, not \"{wanted}\"")),
            None => faults.push(format!("the header has no `{name}`")),
        }
    }
    if !header.get("kid").is_some_and(Value::is_string) {
        faults.push("the header names no key (`kid`)".to_owned());
    }
    let known = ["alg", "typ", "kid"];
    let others = header.keys().filter(|name| !known.contains(&name.as_str()));
    faults.extend(
        others.map(|name| format!("the header has a field {name:?}, which none of ours has")),
    );
    faults
}

fn faults_of_claims(claims: &Map<String, Value>, now: Timestamp) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, kind) in CLAIMS {
        match (claims.get(name), kind) {
            (None, _) => faults.push(format!("the claim `{name}` is missing")),
            (Some(value), Kind::Text) if !value.is_string() => {
                faults.push(format!("the claim `{name}` is no text"));
            }
            (Some(value), Kind::Seconds) if value.as_i64().is_none() => {
                faults.push(format!("the claim `{name}` is no whole number of seconds"));
            }
            (Some(_), _) => {}
        }
    }
    let time = |name| claims.get(name).and_then(Value::as_i64).map(from_seconds);
    if time("exp").is_some_and(|ends| now >= ends) {
        faults.push("it has expired".to_owned());
    }
    for (name, what) in [("iat", "it was issued"), ("nbf", "it is good only")] {
        if time(name).is_some_and(|from| from > now) {
            faults.push(format!(
                "{what} in the future by this machine's clock (`{name}`)"
            ));
        }
    }
    faults
}

/// A value as JSON, which has no control characters; a time with what it is.
fn shown(name: &str, value: &Value, now: Timestamp) -> String {
    match (name, value.as_i64()) {
        ("iat" | "exp" | "nbf", Some(seconds)) => {
            let at = from_seconds(seconds);
            let distance = match at > now {
                true => format!("in {}", rounded(at.since(now))),
                false => format!("{} ago", rounded(now.since(at))),
            };
            format!("{value} ({at}, {distance})")
        }
        _ => value.to_string(),
    }
}

fn rounded(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
    }

    fn good_header() -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"})
    }

    fn good_claims() -> Value {
        json!({"iss": "recipe-chat", "aud": "recipe-chat", "sub": "u1", "name": "Ada\u{1b}[2J", "sid": "s1",
               "jti": "t1", "iat": 1000, "exp": 1900})
    }

    fn at(seconds: i64) -> Timestamp {
        from_seconds(seconds)
    }

    #[test]
    fn a_good_token_is_told_and_nothing_speaks_against_it() {
        let token = token(&good_header(), &good_claims());
        for written in [token.clone(), format!("Bearer {token}")] {
            let report = inspect(&written, at(1180)).unwrap();
            assert_eq!(report.faults, Vec::<String>::new());
            let text = report.text;
            assert!(
                text.contains("exp       1900 (1970-01-01T00:31:40"),
                "{text}"
            );
            assert!(
                text.contains("in 12 min)") && text.contains("3 min ago)"),
                "{text}"
            );
            assert!(!text.contains("c2lnbmF0dXJl"), "a signature was printed");
            assert!(!text.contains('\u{1b}'), "a terminal was given orders");
        }
    }

    #[test]
    fn what_speaks_against_a_token_is_named() {
        let cases = [
            (
                json!({"alg": "none"}),
                json!({}),
                1000,
                "`alg` is \"none\", not \"EdDSA\"",
            ),
            (
                json!({"alg": "HS256"}),
                json!({}),
                1000,
                "`alg` is \"HS256\"",
            ),
            (
                json!({"jku": "https://evil.example"}),
                json!({}),
                1000,
                "a field \"jku\"",
            ),
            (json!({"kid": null}), json!({}), 1000, "names no key"),
            (
                json!({}),
                json!({"exp": "soon"}),
                1000,
                "`exp` is no whole number",
            ),
            (json!({}), json!({"sid": 7}), 1000, "`sid` is no text"),
            (json!({}), json!({}), 1900, "has expired"),
            (json!({}), json!({}), 999, "issued in the future"),
            (
                json!({}),
                json!({"nbf": 1500}),
                1000,
                "good only in the future",
            ),
            (
                json!({}),
                json!({"exp": i64::MAX, "iat": i64::MIN, "nbf": i64::MAX}),
                1000,
                "`nbf`",
            ),
        ];
        for (in_header, in_claims, now, wanted) in cases {
            let (mut header, mut claims) = (good_header(), good_claims());
            for (whole, changes) in [(&mut header, in_header), (&mut claims, in_claims)] {
                for (name, value) in changes.as_object().unwrap() {
                    whole[name] = value.clone();
                }
            }
            let faults = inspect(&token(&header, &claims), at(now)).unwrap().faults;
            assert!(
                faults.iter().any(|fault| fault.contains(wanted)),
                "{wanted}: {faults:?}"
            );
        }
    }

    #[test]
    fn a_text_that_is_no_token_is_refused_with_the_reason() {
        let long = "a".repeat(MAX_LENGTH + 1);
        for (text, wanted) in [
            ("", "this one 1;"),
            ("rt_opaque", "a refresh token"),
            ("a.b.c.d", "this one 4;"),
            ("!.!.", "header is not base64url"),
            ("e30.W10.", "claims is no JSON object"),
            (long.as_str(), "longer than 4 KiB"),
        ] {
            let refused = inspect(text, at(0)).unwrap_err().to_string();
            assert!(refused.contains(wanted), "{text:?}: {refused}");
        }
    }
}
