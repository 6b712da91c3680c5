use secrecy::ExposeSecret;

use super::*;

#[test]
fn reads_an_auth_with_all_its_fields() {
    let text = r#"{"type":"auth","id":"a1","timestamp":"x","payload":
        {"token":"t","session":"s-1","revision":42,"message_id":"m-42","traceparent":"00-1","extra":[[[]]]}}"#;
    let auth = read_first(text).unwrap();
    assert_eq!(auth.id.unwrap().as_str(), "a1");
    assert_eq!(auth.token.expose_secret(), "t");
    assert_eq!(auth.session.unwrap().as_str(), "s-1");
    let position = Position {
        revision: 42,
        message: Some("m-42".parse().unwrap()),
    };
    assert_eq!(auth.resume, ResumeFrom::Position(position));
    assert_eq!(auth.traceparent.as_deref(), Some("00-1"));
}

#[test]
fn an_auth_needs_no_id_and_forgives_what_it_cannot_resume() {
    let auth = read_first(
        r#"{"type":"auth","id":7,"payload":{"token":"t","session":"../x","revision":-1}}"#,
    )
    .unwrap();
    assert_eq!((auth.id, auth.session), (None, None));
    assert_eq!(auth.resume, ResumeFrom::Nowhere);
}

#[test]
fn a_position_may_be_known_in_part_or_make_no_sense() {
    let resume = |fields: &str| {
        let text = format!(r#"{{"type":"auth","payload":{{"token":"t"{fields}}}}}"#);
        read_first(&text).unwrap().resume
    };
    let unknown = Position {
        revision: 3,
        message: None,
    };
    let unknown = ResumeFrom::Position(unknown);
    assert_eq!(resume(r#","revision":3"#), unknown);
    assert_eq!(resume(r#","revision":3,"message_id":null"#), unknown);
    for nothing in ["", r#","revision":null"#, r#","message_id":"m""#] {
        assert_eq!(resume(nothing), ResumeFrom::Start, "{nothing}");
    }
    for nowhere in [
        r#","revision":-1"#,
        r#","revision":"3""#,
        r#","revision":1.5"#,
        r#","revision":3,"message_id":7"#,
        r#","revision":3,"message_id":"""#,
    ] {
        assert_eq!(resume(nowhere), ResumeFrom::Nowhere, "{nowhere}");
    }
}

#[test]
fn a_hostile_first_message_is_named() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_payload = format!(r#"{{"type":"auth","payload":{deep}}}"#);
    for (text, close) in [
        ("", Close::FirstMessageMustBeAuth),
        ("hello", Close::FirstMessageMustBeAuth),
        ("null", Close::FirstMessageMustBeAuth),
        ("[]", Close::FirstMessageMustBeAuth),
        (
            r#"["auth","a1",{"token":"t"}]"#,
            Close::FirstMessageMustBeAuth,
        ),
        (&deep, Close::FirstMessageMustBeAuth),
        ("{}", Close::FirstMessageMustBeAuth),
        (
            r#"{"type":"Auth","payload":{"token":"t"}}"#,
            Close::FirstMessageMustBeAuth,
        ),
        (
            r#"{"type":["auth"],"payload":{"token":"t"}}"#,
            Close::FirstMessageMustBeAuth,
        ),
        (
            r#"{"type":"auth","type":"auth","payload":{"token":"t"}}"#,
            Close::FirstMessageMustBeAuth,
        ),
        (r#"{"type":"ping","id":"p"}"#, Close::FirstMessageMustBeAuth),
        (
            r#"{"type":"chat_message","id":"m","payload":{"content":"hi"}}"#,
            Close::FirstMessageMustBeAuth,
        ),
        (r#"{"type":"auth"}"#, Close::MissingAuthToken),
        (r#"{"type":"auth","payload":null}"#, Close::MissingAuthToken),
        (r#"{"type":"auth","payload":"t"}"#, Close::MissingAuthToken),
        (
            r#"{"type":"auth","payload":["t"]}"#,
            Close::MissingAuthToken,
        ),
        (&deep_payload, Close::MissingAuthToken),
        (r#"{"type":"auth","payload":{}}"#, Close::MissingAuthToken),
        (
            r#"{"type":"auth","payload":{"token":""}}"#,
            Close::MissingAuthToken,
        ),
        (
            r#"{"type":"auth","payload":{"token":null}}"#,
            Close::MissingAuthToken,
        ),
        (
            r#"{"type":"auth","payload":{"token":7}}"#,
            Close::MissingAuthToken,
        ),
        (
            r#"{"type":"auth","payload":{"token":{"a":1}}}"#,
            Close::MissingAuthToken,
        ),
        (
            r#"{"type":"auth","payload":{"token":"\ud800"}}"#,
            Close::MissingAuthToken,
        ),
    ] {
        let shown: String = text.chars().take(80).collect();
        assert_eq!(read_first(text).err(), Some(close), "{shown}");
    }
}

#[track_caller]
fn check(text: &str, code: ErrorCode, id: Option<&str>) {
    let fault = read(text).unwrap_err();
    assert_eq!(fault.code, code, "{}", fault.words);
    assert_eq!(
        fault.id.as_ref().map(MessageId::as_str),
        id,
        "{}",
        fault.words
    );
}

#[test]
fn a_wrong_message_is_answered_by_name_when_it_has_one() {
    use ErrorCode::{InvalidMessage, MessageTooLong};
    let long = "x".repeat(4_001);
    check("nonsense", InvalidMessage, None);
    check(r#"{"type":"dance","id":"d"}"#, InvalidMessage, Some("d"));
    check(r#"{"id":"d"}"#, InvalidMessage, Some("d"));
    check(
        r#"{"type":"chat_message","payload":{"content":"hi"}}"#,
        InvalidMessage,
        None,
    );
    check(
        r#"{"type":"chat_message","id":"","payload":{"content":"hi"}}"#,
        InvalidMessage,
        None,
    );
    check(
        r#"{"type":"chat_message","id":5,"payload":{"content":"hi"}}"#,
        InvalidMessage,
        None,
    );
    check(
        r#"{"type":"chat_message","id":"m"}"#,
        InvalidMessage,
        Some("m"),
    );
    check(
        r#"{"type":"chat_message","id":"m","payload":{}}"#,
        InvalidMessage,
        Some("m"),
    );
    check(
        r#"{"type":"chat_message","id":"m","payload":{"content":5}}"#,
        InvalidMessage,
        Some("m"),
    );
    check(
        r#"{"type":"chat_message","id":"m","payload":{"content":" \n "}}"#,
        InvalidMessage,
        Some("m"),
    );
    check(
        &format!(r#"{{"type":"chat_message","id":"m","payload":{{"content":"{long}"}}}}"#),
        MessageTooLong,
        Some("m"),
    );
}

#[test]
fn content_is_trimmed_and_counted_in_characters() {
    let longest = "é".repeat(4_000);
    let text =
        format!(r#"{{"type":"chat_message","id":"m","payload":{{"content":"  {longest} "}}}}"#);
    let ClientMessage::Chat(chat) = read(&text).unwrap() else {
        panic!("a chat message");
    };
    assert_eq!(chat.content.as_str(), longest);
}

#[test]
fn control_characters_are_no_content() {
    let text = r#"{"type":"chat_message","id":"m","payload":{"content":"a\u0000b\u0007"}}"#;
    let ClientMessage::Chat(chat) = read(text).unwrap() else {
        panic!("a chat message");
    };
    assert_eq!(chat.content.as_str(), "ab");
    check(
        r#"{"type":"chat_message","id":"m","payload":{"content":"\u0000\u0007"}}"#,
        ErrorCode::InvalidMessage,
        Some("m"),
    );
}

#[test]
fn a_token_is_never_printed() {
    let auth = read(r#"{"type":"auth","payload":{"token":"canary-91"}}"#).unwrap();
    assert!(!format!("{auth:?}").contains("canary"));
}
