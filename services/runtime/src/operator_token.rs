//! How operators prove themselves where a person or their program asks over HTTP.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};

use crate::operators::Operators;

/// The longest `authorization` that is read.
const MAX_SHOWN: usize = 4096;

/// Operators who may change while the port is open; `None`: there are none.
pub type SharedOperators = Arc<ArcSwapOption<Operators>>;

/// How a token was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As `Bearer`, by a program: no page of another site makes a browser send it.
    Bearer,
    /// As the password of `Basic`, by a browser, which then sends it with every request to the same address, whoever
    /// has caused it.
    Basic,
}

/// Whose token the headers show, and how; `None`: nobody's. It takes as long whatever is wrong with it.
pub fn shown_in(headers: &HeaderMap, operators: &Operators) -> Option<(Shown, Arc<str>)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.as_bytes();
    if values.next().is_some() || value.len() > MAX_SHOWN {
        return None;
    }
    let (scheme, credentials) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((Shown::Bearer, operators.name_of(credentials)?));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(credentials).ok()?;
    // Whatever the name is: the token tells who it is.
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((Shown::Basic, operators.name_of(password)?))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(values: &[&str], shown: Option<(Shown, &str)>) {
        let unnamed = "a token of an operator".into();
        let named = "bob=the-token-of-bob-0123".into();
        let operators = Operators::read(Some(&unnamed), Some(&named)).unwrap();
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::try_from(*value).unwrap());
        }
        let found = shown_in(&headers, &operators);
        let found = found.as_ref().map(|(how, name)| (*how, &**name));
        assert_eq!(found, shown, "{values:?}");
    }

    #[test]
    fn a_token_is_shown_by_a_program_or_as_a_browsers_password_and_tells_whose_it_is() {
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        let unnamed = |how| Some((how, "operator"));
        check(&["Bearer a token of an operator"], unnamed(Shown::Bearer));
        check(
            &["Bearer the-token-of-bob-0123"],
            Some((Shown::Bearer, "bob")),
        );
        check(
            &[&basic("ada:a token of an operator")],
            unnamed(Shown::Basic),
        );
        check(
            &[&basic(":the-token-of-bob-0123")],
            Some((Shown::Basic, "bob")),
        );
        check(&[], None);
        check(&["Bearer another token of an operator"], None);
        check(&["Bearer "], None);
        check(&["Digest a token of an operator"], None);
        check(&[&basic("a token of an operator")], None);
        check(&[&basic("operator:a token of an operato")], None);
        check(&["Basic a token of an operator"], None);
        check(&["Bearer a token of an operator", "Bearer x"], None);
    }
}
