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

/// Ada's recipes, with what a command makes of each, and one that is not there.
const RECIPES: [&str; 4] = ["open", "public", "private", "missing"];

/// Everybody, and what they may do with each of the recipes.
const PEOPLE: [(&str, [Right; 4]); 6] = [
    ("ada", [Right::Own, Right::Own, Right::Own, Right::Nothing]),
    (
        "bob",
        [Right::Write, Right::Write, Right::Write, Right::Nothing],
    ),
    (
        "eve",
        [Right::Read, Right::Read, Right::Read, Right::Nothing],
    ),
    // Invited as a viewer, and never came.
    (
        "ivy",
        [Right::Read, Right::Read, Right::Read, Right::Nothing],
    ),
    // Was a member once.
    ("rob", STRANGER),
    ("mallory", STRANGER),
];
const STRANGER: [Right; 4] = [Right::Write, Right::Read, Right::Nothing, Right::Nothing];

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
    prepare_all(&mut service.link().await).await;

    for (who, rights) in PEOPLE {
        for (action, needed) in ACTIONS {
            let mut refusals = Vec::new();
            for (recipe, right) in RECIPES.into_iter().zip(rights) {
                if matches!((action, recipe), (Action::Import, "missing")) {
                    continue; // It would create what is missing.
                }
                let answer = attempt(&service, action, who, recipe).await;
                let code = answer.clone().map_err(|status| status.code());
                assert_eq!(code, expected(right, needed), "{recipe}: {who}, {action:?}");
                refusals.extend(answer.err().filter(|_| right == Right::Nothing));
            }
            for refusal in &refusals {
                assert_eq!(
                    refusal.message(),
                    refusals[0].message(),
                    "{who}, {action:?}"
                );
                assert_eq!(
                    refusal.details(),
                    refusals[0].details(),
                    "{who}, {action:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn everybody_comes_in_where_the_table_says() {
    let service = Service::start().await;
    let mut link = service.link().await;
    prepare_all(&mut link).await;

    for (who, rights) in PEOPLE {
        let mut refusals = Vec::new();
        for (recipe, right) in RECIPES.into_iter().zip(rights) {
            let request = wire::JoinRecipeRequest {
                principal: someone(who),
                recipe_id: recipe.to_owned(),
                ..wire::JoinRecipeRequest::default()
            };
            match link.call(wire::link_request::Call::Join(request)).await {
                wire::answer::Result::Joined(joined) => {
                    let role = match right {
                        Right::Own => wire::Role::Owner,
                        Right::Write => wire::Role::Editor,
                        Right::Read => wire::Role::Viewer,
                        Right::Nothing => panic!("{who} came into {recipe}"),
                    };
                    assert_eq!(joined.role(), role, "{who} in {recipe}");
                    assert_eq!(joined.visibility(), visibility_of(recipe));
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

async fn prepare_all(link: &mut Link) {
    for recipe in RECIPES.into_iter().filter(|recipe| *recipe != "missing") {
        prepare(link, recipe).await;
        let command = format!("/{recipe}");
        link.post(recipe, "ada", "s5", &command).await;
    }
}

fn visibility_of(recipe: &str) -> wire::Visibility {
    match recipe {
        "open" => wire::Visibility::Open,
        "public" => wire::Visibility::Public,
        _ => wire::Visibility::Private,
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
            let visibility = Change::Visibility(visibility_of(recipe).into());
            access(&mut client, who, recipe, &id, visibility).await
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
