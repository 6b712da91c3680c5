//! Everybody tries everything on every kind of recipe, and a small table says what they are told.

use proto::chat::{self as wire, change_access_request::Change};
use tonic::{Code, Status};

use crate::{
    harness::{Link, Service, post_request, someone},
    sharing::{change, import, invite},
};

/// What the table says that somebody may do with a recipe. The later includes the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Right {
    Nothing,
    Read,
    Write,
    Own,
}

/// Everybody, and what they may do with a public and with a private recipe of Ada's.
const PEOPLE: [(&str, Right, Right); 6] = [
    ("ada", Right::Own, Right::Own),
    ("bob", Right::Write, Right::Write),
    ("eve", Right::Read, Right::Read),
    // Invited as a viewer, and never came.
    ("ivy", Right::Read, Right::Read),
    // Was a member once.
    ("rob", Right::Write, Right::Nothing),
    ("mallory", Right::Write, Right::Nothing),
];

/// Every action, and what it takes.
const ACTIONS: [(Action, Right); 13] = [
    (Action::Get, Right::Read),
    (Action::GetPast, Right::Read),
    (Action::Export, Right::Read),
    (Action::ListMessages, Right::Read),
    (Action::ListMembers, Right::Read),
    (Action::Subscribe, Right::Read),
    (Action::Post("hello"), Right::Write),
    (Action::Post("add salt to taste"), Right::Write),
    (Action::Import, Right::Write),
    (Action::Post("/invite zoe"), Right::Own),
    (Action::Invite, Right::Own),
    (Action::Remove, Right::Own),
    (Action::Open, Right::Own),
];

#[derive(Debug, Clone, Copy)]
enum Action {
    Get,
    GetPast,
    Export,
    ListMessages,
    ListMembers,
    Subscribe,
    Post(&'static str),
    Import,
    Invite,
    Remove,
    /// Leaves the visibility as it is.
    Open,
}

/// What the table expects.
fn expected(right: Right, needed: Right) -> Result<(), Code> {
    match right {
        Right::Nothing => Err(Code::NotFound),
        right if right < needed => Err(Code::PermissionDenied),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn everybody_is_told_what_the_table_says() {
    let service = Service::start().await;
    let mut link = service.link().await;
    prepare(&mut link, "public").await;
    prepare(&mut link, "private").await;
    link.post("private", "ada", "s5", "/private").await;

    for (who, in_public, in_private) in PEOPLE {
        for (action, needed) in ACTIONS {
            let public = attempt(&service, action, who, "public").await;
            let private = attempt(&service, action, who, "private").await;
            let cell = format!("{who}, {action:?}");
            let code = |answer: &Result<(), Status>| answer.clone().map_err(|status| status.code());
            assert_eq!(code(&public), expected(in_public, needed), "public: {cell}");
            assert_eq!(
                code(&private),
                expected(in_private, needed),
                "private: {cell}"
            );
            if matches!(action, Action::Import) {
                continue; // It would create what is missing.
            }
            let missing = attempt(&service, action, who, "missing").await;
            assert_eq!(code(&missing), Err(Code::NotFound), "missing: {cell}");
            if in_private == Right::Nothing {
                let (private, missing) = (private.unwrap_err(), missing.unwrap_err());
                assert_eq!(private.message(), missing.message(), "{cell}");
                assert_eq!(private.details(), missing.details(), "{cell}");
            }
        }
    }
}

#[tokio::test]
async fn everybody_comes_in_where_the_table_says() {
    let service = Service::start().await;
    let mut link = service.link().await;
    prepare(&mut link, "public").await;
    prepare(&mut link, "private").await;
    link.post("private", "ada", "s5", "/private").await;

    for (who, in_public, in_private) in PEOPLE {
        let mut refusals = Vec::new();
        for (recipe, right) in [
            ("public", in_public),
            ("private", in_private),
            ("missing", Right::Nothing),
        ] {
            let request = wire::JoinRecipeRequest {
                principal: someone(who),
                recipe_id: recipe.to_owned(),
                create: false,
                after: None,
                message_id: None,
            };
            match link.call(wire::link_request::Call::Join(request)).await {
                wire::answer::Result::Joined(_) => {
                    assert!(right >= Right::Read, "{who} came into {recipe}");
                }
                wire::answer::Result::Failure(failure) => {
                    assert_eq!(right, Right::Nothing, "{who} stood before {recipe}");
                    refusals.push(failure);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
    }
}

/// Ada's recipe with members; only Bob, Eve and Rob have come in.
async fn prepare(link: &mut Link, recipe: &str) {
    link.join(recipe, "ada").await;
    for (id, command) in [
        ("s1", "/invite bob"),
        ("s2", "/invite eve as viewer"),
        ("s3", "/invite ivy as viewer"),
        ("s4", "/invite rob"),
    ] {
        link.post(recipe, "ada", id, command).await;
    }
    for who in ["bob", "eve", "rob"] {
        link.join(recipe, who).await;
    }
    link.post(recipe, "ada", "s6", "/remove rob").await;
}

async fn attempt(service: &Service, action: Action, who: &str, recipe: &str) -> Result<(), Status> {
    let mut client = service.client();
    let (principal, recipe_id) = (someone(who), recipe.to_owned());
    // One for each attempt, so that none is the repetition of another.
    let id = format!("{action:?}");
    let get = |revision| wire::GetRecipeRequest {
        principal: principal.clone(),
        recipe_id: recipe_id.clone(),
        revision,
    };
    match action {
        Action::Get => client.get_recipe(get(None)).await.map(drop),
        Action::GetPast => client.get_recipe(get(Some(0))).await.map(drop),
        Action::Export => {
            let request = wire::ExportRecipeRequest {
                principal,
                recipe_id,
                format: wire::RecipeFormat::Cooklang.into(),
                revision: None,
            };
            client.export_recipe(request).await.map(drop)
        }
        Action::ListMessages => {
            let request = wire::ListMessagesRequest {
                principal,
                recipe_id,
                ..wire::ListMessagesRequest::default()
            };
            client.list_messages(request).await.map(drop)
        }
        Action::ListMembers => {
            let request = wire::ListMembersRequest {
                principal,
                recipe_id,
            };
            client.list_members(request).await.map(drop)
        }
        Action::Subscribe => {
            let request = wire::SubscribeRecipeRequest {
                principal,
                recipe_id,
                after: None,
                message_id: None,
            };
            client.subscribe_recipe(request).await.map(drop)
        }
        Action::Post(content) => {
            let request = post_request(recipe, who, &id, content);
            client.post_message(request).await.map(drop)
        }
        Action::Import => {
            let request = import(who, recipe, &id, "Boil @water{1%l}.");
            client.import_recipe(request).await.map(drop)
        }
        Action::Invite => {
            access(
                &mut client,
                who,
                recipe,
                &id,
                invite("zoe", wire::Role::Viewer),
            )
            .await
        }
        Action::Remove => access(&mut client, who, recipe, &id, Change::Remove("zoe".into())).await,
        Action::Open => {
            let visibility = match recipe {
                "private" => wire::Visibility::Private,
                _ => wire::Visibility::Public,
            };
            access(
                &mut client,
                who,
                recipe,
                &id,
                Change::Visibility(visibility.into()),
            )
            .await
        }
    }
}

async fn access(
    client: &mut wire::chat_service_client::ChatServiceClient<runtime::grpc::Channel>,
    who: &str,
    recipe: &str,
    id: &str,
    asked: Change,
) -> Result<(), Status> {
    client
        .change_access(change(who, recipe, id, asked))
        .await
        .map(drop)
}
