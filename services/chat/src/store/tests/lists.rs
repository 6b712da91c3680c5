//! Which recipes somebody is shown, and which are found.

use super::*;

#[tokio::test]
async fn lists_show_what_a_user_owns_or_has_joined_and_may_see() {
    Databases::each(async |store| {
        for (id, owner) in [
            ("mine", "ada"),
            ("open", "bob"),
            ("closed", "bob"),
            ("shared", "bob"),
            ("other", "bob"),
        ] {
            store.create(&recipe_state(id, owner)).await.unwrap();
        }
        let ada = someone("ada");
        for id in ["open", "closed", "shared"] {
            let id = id.parse().unwrap();
            assert!(visit(&store, &id, &ada).await.first);
            assert!(!visit(&store, &id, &ada).await.first);
        }
        let closed = write(recipe_state("closed", "bob"), &[("bob", "m1", "/private")]);
        let shared = write(
            recipe_state("shared", "bob"),
            &[
                ("bob", "m1", "/private"),
                ("bob", "m2", "/invite ada"),
                ("bob", "m3", "add 4 plums, 3 figs, 2 leeks and 1 egg"),
            ],
        );
        store.commit(&[closed, shared]).await.unwrap();
        store
            .bind(&"shared".parse().unwrap(), "ada", &ada.user)
            .await
            .unwrap();

        let listing = Listing {
            who: ada,
            words: Vec::new(),
            after: None,
            limit: 10,
        };
        let listed = store.list(listing.clone()).await.unwrap();
        let rights: Vec<_> = listed.iter().map(|s| (s.id.as_str(), s.right)).collect();
        assert_eq!(
            rights,
            [
                ("shared", Right::Write),
                ("mine", Right::Own),
                ("open", Right::Write)
            ]
        );
        assert_eq!(listed[0].changed_by, Some(someone("bob")));
        assert_eq!(listed[1].changed_by, None);
        assert_eq!(listed[1].servings, 4);
        assert_eq!(listed[0].first_ingredients, ["plums", "figs", "leeks"]);
        assert!(listed[1].first_ingredients.is_empty());
        assert_eq!(listed[0].people, [someone("ada")]);
        assert!(listed[1].people.is_empty() && listed[2].people.is_empty());

        let mut paged = Vec::new();
        let mut page = Listing {
            limit: 1,
            ..listing
        };
        while let Some(next) = store.list(page.clone()).await.unwrap().pop() {
            page.after = Some((next.changed_at, next.id.clone()));
            paged.push(next);
        }
        assert_eq!(paged, listed, "a page at a time");
        let owned = async |who| store.owned(&someone(who).user).await.unwrap();
        assert_eq!(
            (owned("ada").await, owned("bob").await, owned("eve").await),
            (1, 4, 0)
        );
        let all = ["open", "nowhere", "shared"].map(|id| id.parse().unwrap());
        let revisions = store.revisions(all.to_vec()).await.unwrap();
        assert_eq!(revisions, [(all[0].clone(), 0), (all[2].clone(), 3)]);
    })
    .await;
}

#[tokio::test]
async fn recipes_are_found_by_title_tags_and_ingredients_as_they_are_now() {
    Databases::each(async |store| {
        for id in ["pie", "soup"] {
            store.create(&recipe_state(id, "ada")).await.unwrap();
        }
        let posts = [
            ("ada", "m1", "call it Crème Brûlée"),
            ("ada", "m2", "add 2 vanilla pods"),
            ("ada", "m3", "tag it as summer"),
            ("ada", "m4", "add 3 eggs"),
            ("ada", "m5", "remove the eggs"),
        ];
        let pie = write(recipe_state("pie", "ada"), &posts);
        store.commit(&[pie]).await.unwrap();
        let find = async |words: &[&str]| -> Vec<String> {
            let listing = Listing {
                who: someone("ada"),
                words: words.iter().map(|&word| word.to_owned()).collect(),
                after: None,
                limit: 10,
            };
            let found = store.list(listing).await.unwrap();
            found.iter().map(|summary| summary.id.to_string()).collect()
        };
        for words in [
            &["brulee"] as &[_],
            &["Crème"],
            &["CREME", "van"],
            &["vanilla"],
            &["summer", "brûlée"],
        ] {
            assert_eq!(find(words).await, ["pie"], "{words:?}");
        }
        assert_eq!(find(&["soup"]).await, ["soup"]);
        for words in [
            &["eggs"] as &[_],
            &["soup", "vanilla"],
            &["pods2"],
            &["and"],
        ] {
            assert_eq!(find(words).await, [""; 0], "{words:?}");
        }
        assert!(store.delete(&"pie".parse().unwrap()).await.unwrap());
        assert_eq!(find(&["vanilla"]).await, [""; 0]);
    })
    .await;
}
