//! Members and visibility beside the chat, and recipes from elsewhere.

use proto::chat::{self as wire, change_access_request::Change, import_recipe_request::Document};
use tonic::Code;

use crate::harness::{Service, someone};

pub(crate) fn invite(name: &str, role: wire::Role) -> Change {
    Change::Invite(wire::Invitation {
        name: name.to_owned(),
        role: role.into(),
    })
}

pub(crate) fn change(
    who: &str,
    recipe: &str,
    id: &str,
    change: Change,
) -> wire::ChangeAccessRequest {
    wire::ChangeAccessRequest {
        principal: someone(who),
        recipe_id: recipe.to_owned(),
        message_id: id.to_owned(),
        change: Some(change),
        known_users: None,
    }
}

pub(crate) fn import(who: &str, recipe: &str, id: &str, text: &str) -> wire::ImportRecipeRequest {
    wire::ImportRecipeRequest {
        principal: someone(who),
        recipe_id: recipe.to_owned(),
        message_id: id.to_owned(),
        document: Some(Document::Cooklang(text.to_owned())),
    }
}

const PRIVATE: Change = Change::Visibility(wire::Visibility::Private as i32);

#[tokio::test]
async fn the_owner_shares_beside_the_chat_as_in_it() {
    let service = Service::start().await;
    let mut link = service.link().await;
    let mut client = service.client();
    link.join("pie", "ada").await;
    link.attach("pie", None).await;

    for (id, change_) in [
        ("c1", invite("Bob", wire::Role::Editor)),
        ("c2", invite("eve", wire::Role::Viewer)),
        ("c3", PRIVATE),
    ] {
        client
            .change_access(change("ada", "pie", id, change_))
            .await
            .unwrap();
    }
    let invitations = [link.next_update().await, link.next_update().await];
    let audience = link.next_audience().await;
    assert_eq!(
        (audience.user_ids, audience.names),
        (
            vec!["id-ada".to_owned()],
            vec!["bob".to_owned(), "eve".to_owned()]
        )
    );
    let private = link.next_update().await;
    let said: Vec<_> = invitations
        .into_iter()
        .chain([private])
        .map(|update| update.message.unwrap().content)
        .collect();
    assert_eq!(
        said,
        ["/invite Bob as editor", "/invite eve as viewer", "/private"]
    );
    link.join("pie", "bob").await;

    let request = |who: &str| wire::ListMembersRequest {
        principal: someone(who),
        recipe_id: "pie".to_owned(),
    };
    let shared = client
        .list_members(request("bob"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(shared.visibility(), wire::Visibility::Private);
    assert_eq!(shared.owner, someone("ada"));
    assert_eq!(shared.your_role(), wire::Role::Editor);
    let members: Vec<_> = shared
        .members
        .iter()
        .map(|member| (member.name.as_str(), member.role(), member.joined))
        .collect();
    assert_eq!(
        members,
        [
            ("bob", wire::Role::Editor, true),
            ("eve", wire::Role::Viewer, false)
        ]
    );

    let remove = change("ada", "pie", "c4", Change::Remove("bob".to_owned()));
    client.change_access(remove).await.unwrap();
    let audience = link.next_audience().await;
    assert!(
        !audience.user_ids.contains(&"id-bob".to_owned()),
        "{audience:?}"
    );
    let gone = client.list_members(request("bob")).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[tokio::test]
async fn what_is_so_already_says_nothing_and_what_cannot_be_says_why() {
    let service = Service::start().await;
    let mut link = service.link().await;
    let mut client = service.client();
    link.join("pie", "ada").await;
    let mut ask = async |id: &str, asked| {
        let answer = client.change_access(change("ada", "pie", id, asked)).await;
        answer.map(|answer| answer.into_inner().message.map(|message| message.revision))
    };
    let bob = || invite("bob", wire::Role::Viewer);

    assert_eq!(ask("c1", bob()).await.unwrap(), Some(1));
    assert_eq!(ask("c1", bob()).await.unwrap(), None);
    assert_eq!(ask("c2", bob()).await.unwrap(), None);
    let open = Change::Visibility(wire::Visibility::Open.into());
    assert_eq!(ask("c3", open).await.unwrap(), None);
    assert_eq!(ask("c4", Change::Remove("eve".into())).await.unwrap(), None);
    for impossible in [
        Change::Remove("ada".into()),
        invite("Ada", wire::Role::Editor),
        invite("two words", wire::Role::Editor),
        invite("", wire::Role::Editor),
        invite("bob", wire::Role::Owner),
    ] {
        let refused = ask("c5", impossible).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(!refused.message().is_empty());
    }
    let reused = ask("c1", PRIVATE).await.unwrap_err();
    assert_eq!(reused.code(), Code::AlreadyExists);
    assert_eq!(link.join("pie", "ada").await.revision, 1);
}

#[tokio::test]
async fn the_owner_of_a_recipe_that_nobody_came_to_has_a_name() {
    let service = Service::start().await;
    let mut client = service.client();
    let create = wire::CreateRecipeRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        title: String::new(),
        visibility: wire::Visibility::Open.into(),
    };
    client.create_recipe(create).await.unwrap();
    let request = wire::ListMembersRequest {
        principal: someone("bob"),
        recipe_id: "pie".to_owned(),
    };
    let shared = client.list_members(request).await.unwrap().into_inner();
    assert_eq!(shared.owner, someone("ada"));
    assert_eq!(shared.visibility(), wire::Visibility::Open);
}

#[tokio::test]
async fn an_import_is_one_change_that_everyone_sees_and_that_can_be_undone() {
    let service = Service::start().await;
    let mut link = service.link().await;
    let mut client = service.client();
    link.join("pie", "ada").await;
    link.post("pie", "ada", "m1", "add 2 cups flour; add 1 egg")
        .await;
    link.attach("pie", None).await;
    let text = "---\ntitle: Apple pie\nservings: 8\n---\nMix @flour{300%g} and @apples{4}.";

    let imported = client.import_recipe(import("bob", "pie", "i1", text)).await;
    let imported = imported.unwrap().into_inner();
    let update = link.next_update().await;

    assert!(!imported.created && !imported.duplicate);
    assert_eq!(update.revision, 2);
    assert_eq!(update.recipe, imported.recipe);
    let message = update.message.unwrap();
    assert_eq!(
        message.effect.as_deref(),
        Some("Imported Apple pie: 2 ingredients, 1 step")
    );
    let recipe = update.recipe.unwrap();
    let lines: Vec<_> = recipe
        .ingredients
        .iter()
        .map(|line| (line.id.as_str(), line.name.as_str(), line.quantity.as_str()))
        .collect();
    assert_eq!(lines, [("i1", "flour", "300"), ("i3", "apples", "4")]);

    let again = client.import_recipe(import("bob", "pie", "i1", text)).await;
    let again = again.unwrap().into_inner();
    assert!(again.duplicate);
    assert_eq!(again.message, imported.message);
    let other = client
        .import_recipe(import("bob", "pie", "i1", "Eat @apples{4}."))
        .await;
    assert_eq!(other.unwrap_err().code(), Code::AlreadyExists);

    link.post("pie", "ada", "m2", "undo").await;
    let undone = link.next_update().await;
    assert_eq!(undone.recipe.unwrap().title, "Pie");
    let effect = undone.message.unwrap().effect.unwrap();
    assert!(effect.starts_with("Undid bob's \"Imported"), "{effect}");
}

fn preview(import: wire::ImportRecipeRequest) -> wire::PreviewImportRequest {
    wire::PreviewImportRequest {
        import: Some(import),
    }
}

#[tokio::test]
async fn a_preview_says_what_an_import_would_make_and_changes_nothing() {
    let service = Service::start().await;
    let mut client = service.client();
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    let text = "---\nservings: 3\ncuisine: French\n---\nPeel @apples{4}.";

    let told = client
        .preview_import(preview(import("ada", "pie", "", text)))
        .await;
    let told = told.unwrap().into_inner();
    let unnamed = client
        .preview_import(preview(import("ada", "", "", text)))
        .await;
    let missing = client
        .preview_import(preview(import("ada", "apple-pie", "", text)))
        .await;

    assert_eq!(told.left_out, ["cuisine"]);
    let would_be = told.recipe.unwrap();
    assert_eq!(would_be.servings, 3);
    assert_eq!(unnamed.unwrap().into_inner().recipe.unwrap().servings, 3);
    assert_eq!(
        missing.unwrap().into_inner().recipe.unwrap().title,
        "Apple pie"
    );
    let get = wire::GetRecipeRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        ..wire::GetRecipeRequest::default()
    };
    let is = client.get_recipe(get).await.unwrap().into_inner();
    assert_eq!((is.revision, is.recipe.unwrap().ingredients.len()), (0, 0));
    let gone = wire::GetRecipeRequest {
        principal: someone("ada"),
        recipe_id: "apple-pie".to_owned(),
        ..wire::GetRecipeRequest::default()
    };
    assert_eq!(
        client.get_recipe(gone).await.unwrap_err().code(),
        Code::NotFound
    );
    let imported = client.import_recipe(import("ada", "pie", "i1", text)).await;
    let imported = imported.unwrap().into_inner().recipe.unwrap();
    let texts = |recipe: &wire::Recipe| -> Vec<_> {
        recipe.steps.iter().map(|step| step.text.clone()).collect()
    };
    assert_eq!(texts(&imported), texts(&would_be));
}

#[tokio::test]
async fn a_preview_is_refused_as_the_import_would_be() {
    let service = Service::start().await;
    let mut client = service.client();
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    let invited = change("ada", "pie", "c1", invite("eve", wire::Role::Viewer));
    client.change_access(invited).await.unwrap();
    client
        .change_access(change("ada", "pie", "c2", PRIVATE))
        .await
        .unwrap();
    for (who, text, code) in [
        ("eve", "Boil.", Code::PermissionDenied),
        ("mallory", "Boil.", Code::NotFound),
        ("ada", "---\ntags: *a\n---\nBoil.", Code::InvalidArgument),
    ] {
        let refused = client
            .preview_import(preview(import(who, "pie", "", text)))
            .await;
        assert_eq!(refused.unwrap_err().code(), code, "{who}");
    }
    let nothing = client
        .preview_import(wire::PreviewImportRequest { import: None })
        .await;
    assert_eq!(nothing.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn an_import_creates_a_missing_recipe_and_past_revisions_are_read() {
    let service = Service::start().await;
    let mut client = service.client();
    let first = import(
        "ada",
        "soup",
        "i1",
        "---\ntitle: Soup\n---\nBoil @water{1%l}.",
    );
    let created = client.import_recipe(first).await.unwrap().into_inner();
    assert!(created.created);
    let second = import(
        "ada",
        "soup",
        "i2",
        "---\ntitle: Stew\n---\nStew @beef{1%kg}.",
    );
    client.import_recipe(second).await.unwrap();

    let mut title_at = async |revision| {
        let request = wire::GetRecipeRequest {
            principal: someone("ada"),
            recipe_id: "soup".to_owned(),
            revision,
        };
        let found = client.get_recipe(request).await;
        found.map(|found| found.into_inner().recipe.unwrap().title)
    };
    assert_eq!(title_at(Some(1)).await.unwrap(), "Soup");
    assert_eq!(title_at(Some(2)).await.unwrap(), "Stew");
    assert_eq!(title_at(None).await.unwrap(), "Stew");
    assert_eq!(title_at(Some(3)).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_document_that_cannot_be_taken_over_changes_nothing_and_says_where() {
    let service = Service::start().await;
    let mut client = service.client();
    let long = format!("Add @{}{{1}}.", "x".repeat(300));
    let cooklang = |text: &str| Document::Cooklang(text.to_owned());
    let line = |name: &str, quantity: &str| wire::Ingredient {
        name: name.to_owned(),
        quantity: quantity.to_owned(),
        ..wire::Ingredient::default()
    };
    let plain = Document::Recipe(wire::Recipe {
        title: "Pie".to_owned(),
        ingredients: vec![line("flour", "1 1/2"), line("salt", "to your liking")],
        ..wire::Recipe::default()
    });
    for (document, words) in [
        (cooklang(&long), "ingredient @xxx"),
        (cooklang("Boil.\n\nAdd @{1%g}."), "line 3"),
        (Document::SchemaOrg("{\n\"a\": }".to_owned()), "line 2"),
        (Document::SchemaOrg("{}".to_owned()), "@type Recipe"),
        (plain, "ingredients[1].quantity: \"to your liking\""),
        (Document::Recipe(wire::Recipe::default()), "title: "),
    ] {
        let mut request = import("ada", "pie", "i1", "");
        request.document = Some(document.clone());
        let refused = client.import_recipe(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{document:?}");
        assert!(refused.message().contains(words), "{refused}");
    }
    let request = wire::GetRecipeRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        revision: None,
    };
    assert_eq!(
        client.get_recipe(request).await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_document_that_is_too_large_is_refused_by_its_size_alone() {
    let service = Service::start().await;
    let mut client = service.client();
    for (document, words) in [
        (
            Document::Cooklang("@{".repeat(33 << 10)),
            "A Cooklang document may have 64 KiB; this one has 67584 bytes",
        ),
        (
            Document::SchemaOrg("[".repeat(513 << 10)),
            "A JSON-LD document may have 512 KiB; this one has 525312 bytes",
        ),
        (
            Document::SchemaOrg("[".repeat(100)),
            "This is no recipe in schema.org: it is nested more than 64 deep",
        ),
    ] {
        let import = wire::ImportRecipeRequest {
            document: Some(document),
            ..import("ada", "pie", "i1", "")
        };
        let refused = client.import_recipe(import).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.message()),
            (Code::InvalidArgument, words)
        );
    }
}
