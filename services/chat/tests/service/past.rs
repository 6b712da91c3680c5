//! What a recipe was: listed, taken back, restored, over gRPC.

use proto::chat::{ListVersionsRequest, RestoreRevisionRequest, UndoRevisionRequest};
use tonic::Code;

use crate::harness::{Service, someone};

fn undo(who: &str, id: &str, revision: u64) -> UndoRevisionRequest {
    UndoRevisionRequest {
        principal: someone(who),
        recipe_id: "pie".to_owned(),
        message_id: id.to_owned(),
        revision,
    }
}

#[tokio::test]
async fn one_message_is_taken_back_and_what_stands_on_it_is_named() {
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link.join("pie", "bob").await;
    for (id, who, text) in [
        ("m1", "ada", "add 2 cups flour"),
        ("m2", "bob", "add 3 eggs"),
        ("m3", "ada", "hello"),
        ("m4", "bob", "change flour to 3 cups"),
    ] {
        link.post("pie", who, id, text).await;
    }
    let mut client = service.client();

    let refused = client.undo_revision(undo("ada", "u1", 1)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted);
    let words = refused.message();
    assert!(words.starts_with("bob's change"), "{words}");
    assert!(words.contains("(revision 4)"), "{words}");
    let nothing = client.undo_revision(undo("ada", "u2", 3)).await;
    assert_eq!(nothing.unwrap_err().code(), Code::InvalidArgument);
    let never = client.undo_revision(undo("ada", "u2", 9)).await;
    assert_eq!(never.unwrap_err().code(), Code::NotFound);

    let undone = client.undo_revision(undo("ada", "u3", 2)).await.unwrap();
    let undone = undone.into_inner();
    let names = |recipe: &Option<proto::chat::Recipe>| -> Vec<_> {
        let lines = recipe.as_ref().unwrap().ingredients.iter();
        lines.map(|line| line.name.clone()).collect()
    };
    assert_eq!(names(&undone.recipe), ["flour"]);
    let message = undone.message.unwrap();
    assert_eq!(message.revision, 5);
    assert!(message.effect.unwrap().starts_with("Undid bob's"));
    // Again under the same id: nothing more happens.
    let again = client.undo_revision(undo("ada", "u3", 2)).await.unwrap();
    assert!(again.into_inner().duplicate);
    // The chat's own word takes back the latest change: that was this one.
    link.post("pie", "bob", "m5", "undo").await;
    let redone = client.undo_revision(undo("bob", "u4", 6)).await.unwrap();
    assert_eq!(names(&redone.into_inner().recipe), ["flour"]);

    let restore = RestoreRevisionRequest {
        principal: someone("bob"),
        recipe_id: "pie".to_owned(),
        message_id: "r1".to_owned(),
        revision: 2,
    };
    let restored = client.restore_revision(restore).await.unwrap().into_inner();
    assert_eq!(names(&restored.recipe), ["flour", "eggs"]);

    let list = |before| ListVersionsRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        before,
        limit: 3,
    };
    let newest = client.list_versions(list(None)).await.unwrap().into_inner();
    let revisions: Vec<_> = newest.messages.iter().map(|m| m.revision).collect();
    assert_eq!((revisions, newest.more), (vec![8, 7, 6], true));
    let oldest = client.list_versions(list(Some(5))).await.unwrap();
    let oldest = oldest.into_inner();
    let revisions: Vec<_> = oldest.messages.iter().map(|m| m.revision).collect();
    assert_eq!((revisions, oldest.more), (vec![4, 2, 1], false));
}
