//! Everything that is no access token of ours, by what is wrong with it.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jsonwebtoken::EncodingKey;

use super::*;

#[test]
fn no_other_algorithm_is_accepted() {
    let world = Fixture::new();
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "noNE",
        "",
        " none",
        "none ",
        "eddsa",
        "EDDSA",
        "EdDSA ",
        "Ed25519",
        "Ed448",
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "PS256",
        "ES256",
        "ES256K",
        "PBES2-HS256+A128KW",
        "dir",
        "A256GCM",
        "none\0",
    ] {
        let header = with(world.header(), "alg", json!(alg));
        world.refuses(alg, &world.sign(&header, &claims()), Rejection::Header);
        let unsigned = format!(
            "{}.{}.",
            encode(header.to_string()),
            encode(claims().to_string())
        );
        world.refuses(alg, &unsigned, Rejection::Header);
    }
    for alg in [
        json!(null),
        json!(0),
        json!(true),
        json!(["EdDSA"]),
        json!({"alg": "EdDSA"}),
    ] {
        let header = with(world.header(), "alg", alg.clone());
        world.refuses(
            &alg.to_string(),
            &world.sign(&header, &claims()),
            Rejection::Header,
        );
    }
    let missing = without(world.header(), "alg");
    world.refuses(
        "no alg",
        &world.sign(&missing, &claims()),
        Rejection::Header,
    );
}

#[test]
fn our_public_key_is_no_secret_to_sign_with() {
    let world = Fixture::new();
    let pair = Ed25519KeyPair::from_pkcs8(world.stored.pkcs8.expose_secret()).unwrap();
    let raw = pair.public_key().as_ref().to_vec();
    let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    der.extend_from_slice(&raw);
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&der)
    );
    let jwks = world.ring.jwks().unwrap();
    for (shape, secret) in [
        ("raw", raw),
        ("DER", der),
        ("PEM", pem.into_bytes()),
        ("JWKS", jwks.into_bytes()),
        ("empty", Vec::new()),
    ] {
        for alg in ["HS256", "EdDSA"] {
            let header = with(world.header(), "alg", json!(alg));
            let message = format!(
                "{}.{}",
                encode(header.to_string()),
                encode(claims().to_string())
            );
            let key = EncodingKey::from_secret(&secret);
            let mac = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
            let reason = if alg == "EdDSA" {
                Rejection::Forged
            } else {
                Rejection::Header
            };
            world.refuses(shape, &format!("{message}.{mac}"), reason);
        }
    }
}

#[test]
fn a_key_is_found_only_by_its_own_plain_name() {
    let world = Fixture::new();
    let kid = world.key().kid();
    for wrong in [
        "",
        "../../etc/passwd",
        "' OR 1=1 --",
        "a\0b",
        "/dev/null",
        "ключ",
        "a b",
        "key.pem",
        "http://evil.example/jwks",
        &format!("{kid}="),
        &format!(" {kid}"),
        &"k".repeat(65),
        &"k".repeat(3000),
        "%2e%2e",
        "${jndi:ldap://x}",
    ] {
        let header = with(world.header(), "kid", json!(wrong));
        let token = world.sign(&header, &claims());
        let reason = if token.len() > MAX_LENGTH {
            Rejection::TooLong
        } else {
            Rejection::Header
        };
        world.refuses(wrong, &token, reason);
    }
    let swapped: String = kid
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    for unknown in ["1", "k".repeat(64).as_str(), swapped.as_str(), &kid[1..]] {
        let header = with(world.header(), "kid", json!(unknown));
        world.refuses(
            unknown,
            &world.sign(&header, &claims()),
            Rejection::UnknownKey,
        );
    }
    for kid in [json!(null), json!(1), json!([kid]), json!({"kid": kid})] {
        let header = with(world.header(), "kid", kid);
        world.refuses(
            "kid type",
            &world.sign(&header, &claims()),
            Rejection::Header,
        );
    }
    let missing = without(world.header(), "kid");
    world.refuses(
        "no kid",
        &world.sign(&missing, &claims()),
        Rejection::Header,
    );
}

#[test]
fn a_key_of_somebody_else_signs_nothing() {
    let (world, other) = (Fixture::new(), Fixture::new());
    world.refuses("their kid", &other.good(), Rejection::UnknownKey);
    let borrowed = other.sign(&world.header(), &claims());
    world.refuses("our kid, their key", &borrowed, Rejection::Forged);
}

#[test]
fn headers_that_point_to_keys_or_change_the_meaning_are_refused() {
    let world = Fixture::new();
    let jwks: Value = serde_json::from_str(&world.ring.jwks().unwrap()).unwrap();
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("jwk", jwks["keys"][0].clone()),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("epk", json!({})),
        ("p2c", json!(2_000_000_000)),
        ("url", json!("https://evil.example")),
        ("anything", json!(1)),
    ] {
        let header = with(world.header(), name, value);
        world.refuses(name, &world.sign(&header, &claims()), Rejection::Header);
    }
}

#[test]
fn a_token_of_another_kind_is_no_access_token() {
    let world = Fixture::new();
    for typ in [
        json!("JWT"),
        json!("jwt"),
        json!("at+JWT"),
        json!("AT+JWT"),
        json!("rt+jwt"),
        json!("id+jwt"),
        json!("application/at+jwt"),
        json!("logout+jwt"),
        json!("dpop+jwt"),
        json!(""),
        json!(null),
        json!(["at+jwt"]),
    ] {
        let header = with(world.header(), "typ", typ.clone());
        world.refuses(
            &typ.to_string(),
            &world.sign(&header, &claims()),
            Rejection::Header,
        );
    }
    let missing = without(world.header(), "typ");
    world.refuses(
        "no typ",
        &world.sign(&missing, &claims()),
        Rejection::Header,
    );
    world.refuses(
        "a refresh token",
        "rcr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        Rejection::Header,
    );
}

#[test]
fn every_claim_must_be_there_and_of_its_type() {
    let world = Fixture::new();
    for name in ["iss", "aud", "sub", "name", "sid", "iat", "exp", "jti"] {
        let token = world.sign(&world.header(), &without(claims(), name));
        world.refuses(&format!("no {name}"), &token, Rejection::Forged);
        for value in [json!(null), json!({}), json!([]), json!(true)] {
            let token = world.sign(&world.header(), &with(claims(), name, value));
            world.refuses(
                &format!("{name} of another type"),
                &token,
                Rejection::Forged,
            );
        }
    }
    for (name, value) in [
        ("iss", json!("them")),
        ("iss", json!("US")),
        ("iss", json!("us ")),
        ("iss", json!("")),
        ("iss", json!(["us"])),
        ("aud", json!("others")),
        ("aud", json!("Recipes")),
        ("aud", json!("")),
        ("aud", json!(["recipes"])),
        ("aud", json!(["others", "recipes"])),
        ("sub", json!("")),
        ("sub", json!("u 1")),
        ("sub", json!("u".repeat(65))),
        ("sub", json!(1)),
        ("sid", json!("")),
        ("sid", json!("s\n1")),
        ("sid", json!(7)),
        ("name", json!("")),
        ("name", json!("<script>")),
        ("jti", json!(1)),
        ("exp", json!(SECOND as f64 + 900.5)),
        ("exp", json!("1800000900")),
        ("exp", json!(u64::MAX)),
        ("iat", json!("now")),
        ("iat", json!(0.5)),
        ("nbf", json!("later")),
    ] {
        let token = world.sign(&world.header(), &with(claims(), name, value.clone()));
        world.refuses(&format!("{name}: {value}"), &token, Rejection::Forged);
    }
}

#[test]
fn times_that_cannot_be_ours_are_refused() {
    let world = Fixture::new();
    let late = [
        ("exp", json!(SECOND)),
        ("exp", json!(SECOND + 906)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(SECOND - 1)),
        ("exp", json!(-1)),
        ("exp", json!(0)),
        ("exp", json!(i64::MIN)),
        ("iat", json!(SECOND + 6)),
        ("iat", json!(SECOND + 3600)),
        ("iat", json!(i64::MAX)),
        ("iat", json!(-1)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(0)),
        ("iat", json!(SECOND - 10)),
        ("nbf", json!(SECOND + 6)),
        ("nbf", json!(i64::MAX)),
    ];
    for (name, value) in late {
        let token = world.sign(&world.header(), &with(claims(), name, value.clone()));
        let verdict = world.verify(&token);
        assert!(verdict.is_err(), "{name} {value}: {verdict:?}");
    }
    let number = |text: &str| claims().to_string().replace("1800000900", text);
    for exp in [
        "1e308",
        "1.8e9",
        "1800000900.0",
        "9223372036854775808",
        "NaN",
        "1e999",
        "0x6b49d584",
        "-0",
    ] {
        let token = world.sign_text(&world.header().to_string(), &number(exp));
        assert!(world.verify(&token).is_err(), "exp {exp}");
    }
}

#[test]
fn only_the_plain_compact_form_is_read() {
    let world = Fixture::new();
    let good = world.good();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, body, signature) = (parts[0], parts[1], parts[2]);
    for (what, token) in [
        ("empty", String::new()),
        ("dots", "..".into()),
        ("one part", header.into()),
        ("two parts", format!("{header}.{body}")),
        ("no signature", format!("{header}.{body}.")),
        ("four parts", format!("{good}.{signature}")),
        ("JWE", format!("{good}.a.b")),
        ("leading space", format!(" {good}")),
        ("trailing newline", format!("{good}\n")),
        ("bearer", format!("Bearer {good}")),
        (
            "JSON form",
            json!({"payload": body, "protected": header, "signature": signature}).to_string(),
        ),
        (
            "padded header",
            format!(
                "{}.{body}.{signature}",
                URL_SAFE.encode(world.header().to_string()) + "="
            ),
        ),
        ("padded signature", format!("{good}==")),
        (
            "standard alphabet",
            format!(
                "{header}.{body}.{}",
                signature.replace('-', "+").replace('_', "/") + "+"
            ),
        ),
        ("empty header", format!(".{body}.{signature}")),
        ("NUL", format!("{header}\0.{body}.{signature}")),
        (
            "header is a list",
            format!("{}.{body}.{signature}", encode("[]")),
        ),
        (
            "header is text",
            format!("{}.{body}.{signature}", encode("\"EdDSA\"")),
        ),
        (
            "header is no UTF-8",
            format!("{}.{body}.{signature}", encode(b"\xff\xfe")),
        ),
        ("4097 bytes", "a".repeat(4097)),
        ("1 MiB", "a".repeat(1 << 20)),
    ] {
        assert!(world.verify(&token).is_err(), "{what}");
    }
}

#[test]
fn doubled_names_and_deep_nesting_are_refused() {
    let world = Fixture::new();
    let (header, body) = (world.header().to_string(), claims().to_string());
    let doubled = header.replacen('{', r#"{"alg":"none","#, 1);
    world.refuses(
        "alg twice",
        &world.sign_text(&doubled, &body),
        Rejection::Header,
    );
    let doubled = body.replacen('{', r#"{"sub":"root","#, 1);
    world.refuses(
        "sub twice",
        &world.sign_text(&header, &doubled),
        Rejection::Forged,
    );
    let nested = format!("{}{}", "[".repeat(900), "]".repeat(900));
    let deep = header.replacen('{', &format!(r#"{{"x":{nested},"#), 1);
    world.refuses("deep", &world.sign_text(&deep, &body), Rejection::Header);
    let deep = body.replacen(r#""u1""#, &nested, 1);
    world.refuses("deep", &world.sign_text(&header, &deep), Rejection::Forged);
    let unclosed = format!("{{\"x\":{}", "[".repeat(1000));
    world.refuses(
        "unclosed",
        &world.sign_text(&header, &unclosed),
        Rejection::Forged,
    );
}

#[test]
fn a_change_of_any_one_character_is_noticed() {
    let world = Fixture::new();
    let good = world.good();
    for at in 0..good.len() {
        for replacement in [b'A', b'B', b'_', b'.'] {
            let mut bytes = good.clone().into_bytes();
            if bytes[at] == replacement {
                continue;
            }
            bytes[at] = replacement;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(world.verify(&changed).is_err(), "{replacement} at {at}");
        }
    }
}
