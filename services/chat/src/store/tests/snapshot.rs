//! What somebody finds who comes to a recipe is the same as read one by one.

use super::{Databases, recipe_state, someone, stored, visit, write};
use crate::store::Tail;

#[tokio::test]
async fn a_snapshot_has_the_recipe_the_name_and_the_messages_that_are_asked_for() {
    Databases::each(async |store| {
        let (pie, ada) = ("pie".parse().unwrap(), someone("ada"));
        let read = async |tail| store.snapshot(&pie, &ada.user, tail).await.unwrap();
        assert!(read(Tail::Latest(2)).await.is_none(), "it is not there");
        let created = recipe_state("pie", "ada");
        store.create(&created).await.unwrap();
        let empty = read(Tail::Latest(2)).await.unwrap();
        assert_eq!((empty.called, empty.messages.len()), (None, 0));

        let posts = [
            ("ada", "m1", "add 2 eggs"),
            ("bob", "m2", "hello"),
            ("bob", "m3", "add 1 cup milk"),
        ];
        store.commit(&[write(created, &posts)]).await.unwrap();
        let name = visit(&store, &pie, &ada).await.name;

        let found = read(Tail::Latest(2)).await.unwrap();
        assert_eq!(found.recipe_state, stored(&store, "pie").await);
        assert_eq!(found.called.unwrap().name, name);
        let ids = async |tail| {
            let messages = read(tail).await.unwrap().messages;
            let ids = messages.iter().map(|message| message.id.to_string());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(ids(Tail::Latest(2)).await, ["m2", "m3"]);
        let after = |revision, unless_more_than| Tail::After {
            revision,
            unless_more_than,
        };
        assert_eq!(ids(after(1, 2)).await, ["m2", "m3"]);
        assert_eq!(ids(after(0, 2)).await, [""; 0]);
        assert_eq!(ids(after(7, 2)).await, [""; 0]);
    })
    .await;
}
