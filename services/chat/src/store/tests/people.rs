//! Who is on a recipe, and what they are called there.

use super::*;

#[tokio::test]
async fn an_invitation_is_bound_once_and_kept_when_the_role_changes() {
    Databases::each(async |store| {
        let id: RecipeId = "pie".parse().unwrap();
        store.create(&recipe_state("pie", "ada")).await.unwrap();
        let invited = write(recipe_state("pie", "ada"), &[("ada", "m1", "/invite bob")]);
        store.commit(std::slice::from_ref(&invited)).await.unwrap();
        store.bind(&id, "bob", &someone("bob").user).await.unwrap();
        store
            .bind(&id, "bob", &someone("mallory").user)
            .await
            .unwrap();

        let mut again = write(
            invited.recipe_state,
            &[("ada", "m2", "/invite bob as viewer")],
        );
        store.commit(std::slice::from_ref(&again)).await.unwrap();

        let bob = Member {
            name: "bob".to_owned(),
            user: Some(someone("bob").user),
            role: Role::Viewer,
        };
        let pie = stored(&store, "pie").await;
        assert_eq!(pie.access.members, [bob]);
        assert_eq!(pie.access.visibility, Visibility::Open);

        again = write(pie, &[("ada", "m3", "/remove bob")]);
        let change: &AccessChange = &again.accepted[0].access;
        assert_eq!(change.members.len(), 1);
        store.commit(&[again]).await.unwrap();
        assert_eq!(stored(&store, "pie").await.access.members, []);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_called_what_looks_like_the_name_of_somebody_else_on_the_recipe() {
    Databases::each(async |store| {
        let (pie, jam): (RecipeId, RecipeId) = ("pie".parse().unwrap(), "jam".parse().unwrap());
        let called =
            async |recipe: &RecipeId, who: Principal| visit(&store, recipe, &who).await.name;
        assert_eq!(*called(&pie, shown("ada", "Ada L.")).await, *"Ada L.");
        assert_eq!(*called(&pie, shown("eve", "Аdа L.")).await, *"eve");
        assert_eq!(*called(&pie, shown("adal", "ada l.")).await, *"adal");
        assert_eq!(*called(&pie, shown("adaI", "")).await, *"adaI (2)");
        assert_eq!(
            *called(&pie, shown("ada", "Ada L.")).await,
            *"Ada L.",
            "again"
        );
        assert_eq!(
            *called(&jam, shown("eve", "Аdа L.")).await,
            *"Аdа L.",
            "elsewhere"
        );

        assert_eq!(*called(&pie, shown("ada", "Countess")).await, *"Countess");
        assert_eq!(
            *called(&pie, shown("eve", "Ada L.")).await,
            *"Ada L.",
            "is free again"
        );
        let name = store.visitor_name(&pie, &someone("ada").user).await;
        assert_eq!(name.unwrap().as_deref(), Some("Countess"));
        let asked = ["ada", "eve", "bob"].map(|name| (pie.clone(), someone(name).user));
        let mut known = store.called(asked.to_vec()).await.unwrap();
        known.sort_by(|one, other| one.1.as_str().cmp(other.1.as_str()));
        let known: Vec<_> = known
            .iter()
            .map(|(_, user, called)| (user.as_str(), &*called.chosen, &*called.name))
            .collect();
        assert_eq!(
            known,
            [
                ("id-ada", "Countess", "Countess"),
                ("id-eve", "Ada L.", "Ada L.")
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn two_who_come_at_once_are_not_called_alike() {
    Databases::each(async |store| {
        let pie: RecipeId = "pie".parse().unwrap();
        let people: Vec<_> = (0..8).map(|n| shown(&format!("cook{n}"), "Ada")).collect();
        let coming = people.iter().map(|who| visit(&store, &pie, who));
        let names: HashSet<_> = futures_util::future::join_all(coming)
            .await
            .into_iter()
            .map(|visit| visit.name)
            .collect();
        assert_eq!(names.len(), people.len(), "{names:?}");
        assert!(names.contains("Ada"));
    })
    .await;
}
