//! The calls about a recipe's past.

use super::{Call, RESTORE, UNDO, VERSIONS, get, post};

pub(super) fn past() -> Vec<Call> {
    let versions = |status, uri| get(VERSIONS, status).at(uri);
    let mut calls = vec![
        versions(200, "/v1/recipes/pancakes/versions").by_ada(),
        versions(200, "/v1/recipes/pancakes/versions?before=7").by_ada(),
        versions(400, "/v1/recipes/pancakes/versions?before=new").by_ada(),
        versions(401, "/v1/recipes/pancakes/versions"),
        versions(404, "/v1/recipes/nowhere/versions").by_ada(),
    ];
    let undo = post(UNDO, 200).at("/v1/recipes/pancakes/undo");
    calls.extend(changes(&undo, "/v1/recipes/nowhere/undo"));
    calls.push(
        undo.clone()
            .answered(409)
            .by_ada()
            .json(r#"{"revision":1}"#),
    );
    calls.push(undo.answered(422).by_ada().json(r#"{"revision":2}"#));
    let restore = post(RESTORE, 200).at("/v1/recipes/pancakes/restore");
    calls.extend(changes(&restore, "/v1/recipes/nowhere/restore"));
    calls
}

fn changes(change: &Call, nowhere: &'static str) -> Vec<Call> {
    let change = |status| change.clone().answered(status);
    let sent = |status| change(status).json(r#"{"revision":7}"#);
    vec![
        sent(200).by_ada(),
        sent(400).by_ada().with("idempotency-key", ""),
        change(400).by_ada().json("nonsense"),
        sent(401),
        sent(403).by_eve(),
        sent(404).at(nowhere).by_ada(),
        sent(409).by_ada().with("idempotency-key", "used"),
        change(413).by_ada().json("x".repeat(65 << 10)),
        change(415).by_ada().sent_as("text/plain", "7"),
        change(422).by_ada().json(r#"{"revision":"first"}"#),
        sent(429).by_ada().with("idempotency-key", "too-much"),
    ]
}
