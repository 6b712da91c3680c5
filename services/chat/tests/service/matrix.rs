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
const ACTIONS: [(Action, Right); 18] = [
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
    (Action::HandOver, Right::Own),
    (Action::CreateLink, Right::Own),
    (Action::ListLinks, Right::Own),
    (Action::Copy, Right::Read),
    (Action::Delete, Right::Own),
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
    /// To the owner.
    HandOver,
    CreateLink,
    ListLinks,
    Copy,
    /// The owner does not try.
    Delete,
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
                let would_change_the_table = match action {
                    Action::Import => recipe == "missing",
                    Action::Delete => right == Right::Own,
                    _ => false,
                };
                if would_change_the_table {
                    continue;
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

/// What somebody may do after they came by a link: what it makes of them, unless they may do more already.
#[tokio::test]
async fn a_link_makes_of_everybody_what_the_table_says() {
    for (role, given) in [
        (wire::Role::Viewer, Right::Read),
        (wire::Role::Editor, Right::Write),
    ] {
        let service = Service::start().await;
        let mut client = service.client();
        prepare_all(&mut service.link().await).await;
        for recipe in &RECIPES[..3] {
            let made = client.create_link(create_link("ada", recipe, role)).await;
            let token = made.unwrap().into_inner().token;
            for (who, rights) in PEOPLE {
                let at = RECIPES.iter().position(|known| known == recipe).unwrap();
                // What a stranger may do in an open or public recipe is not theirs; a link makes them a member.
                let own = match who {
                    "ada" | "bob" | "eve" | "ivy" => rights[at],
                    _ => Right::Nothing,
                };
                let request = wire::AcceptLinkRequest {
                    principal: someone(who),
                    token: token.clone(),
                };
                let accepted = client.accept_link(request).await.unwrap().into_inner();
                assert_eq!(accepted.recipe_id, *recipe);
                let expected = match own.max(given) {
                    Right::Own => wire::Role::Owner,
                    Right::Write => wire::Role::Editor,
                    Right::Read | Right::Nothing => wire::Role::Viewer,
                };
                assert_eq!(accepted.role(), expected, "{who} in {recipe} by {role:?}");
                let written = attempt(&service, Action::Post("by link"), who, recipe).await;
                let may_write = own.max(given) >= Right::Write;
                assert_eq!(written.is_ok(), may_write, "{who} in {recipe} by {role:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_for_everybody_is_told_without_a_name_and_nothing_else_is() {
    let service = Service::start().await;
    let mut client = service.client();
    prepare_all(&mut service.link().await).await;
    let mut refusals = Vec::new();
    for recipe in RECIPES {
        let request = wire::GetPublicRecipeRequest {
            recipe_id: recipe.to_owned(),
        };
        match client.get_public_recipe(request).await {
            Ok(_) => assert_eq!(recipe, "public"),
            Err(status) => refusals.push((status.code(), status.message().to_owned())),
        }
    }
    assert_eq!(refusals.len(), 3);
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
}

#[tokio::test]
async fn a_link_leads_nowhere_once_it_was_taken_back_or_has_ended_or_its_recipe_is_deleted() {
    let service = Service::start().await;
    let mut client = service.client();
    let mut link = service.link().await;
    link.create("pie", "ada").await;
    let mut made = async |expires_in_ms| {
        let request = wire::CreateLinkRequest {
            expires_in_ms,
            ..create_link("ada", "pie", wire::Role::Editor)
        };
        client.create_link(request).await.unwrap().into_inner()
    };
    let (kept, back) = (made(None).await, made(None).await);
    let short = made(Some(1)).await;
    let mut client = service.client();
    let mut leads = async |token: &str| {
        let request = wire::DescribeLinkRequest {
            token: token.to_owned(),
        };
        client
            .describe_link(request)
            .await
            .map(tonic::Response::into_inner)
    };

    let told = leads(&kept.token).await.unwrap();
    assert_eq!((told.title.as_str(), told.by.as_str()), ("Pie", "ada"));
    assert_eq!(told.role(), wire::Role::Editor);
    assert_eq!(kept.token.len(), 22, "128 bits");
    let mut owner = service.client();
    let delete = wire::DeleteLinkRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        link_id: back.link.unwrap().id,
    };
    owner.delete_link(delete.clone()).await.unwrap();
    assert_eq!(
        owner.delete_link(delete).await.unwrap_err().code(),
        Code::NotFound
    );
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    for token in [&back.token, &short.token, "unknown", "", &"x".repeat(9_999)] {
        assert_eq!(leads(token).await.unwrap_err().code(), Code::NotFound);
    }
    leads(&kept.token).await.unwrap();
    let list = wire::ListLinksRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
    };
    let listed = owner.list_links(list).await.unwrap().into_inner().links;
    assert_eq!(listed, [kept.link.unwrap()]);
    let delete = wire::DeleteRecipeRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
    };
    owner.delete_recipe(delete).await.unwrap();
    assert_eq!(leads(&kept.token).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_recipe_is_handed_over_and_left() {
    let service = Service::start().await;
    let mut link = service.link().await;
    let mut client = service.client();
    prepare(&mut link, "private").await;
    let hand_over = Change::HandOver("Bob".into());
    access(&mut client, "ada", "private", "h1", hand_over.clone())
        .await
        .unwrap();
    let again = access(&mut client, "ada", "private", "h2", hand_over).await;
    assert_eq!(again.unwrap_err().code(), Code::PermissionDenied);
    let members = async |who| {
        let request = wire::ListMembersRequest {
            principal: someone(who),
            recipe_id: "private".to_owned(),
        };
        let members = service.client().list_members(request).await;
        members.map(tonic::Response::into_inner)
    };
    let shared = members("ada").await.unwrap();
    assert_eq!(shared.owner, someone("bob"));
    assert_eq!(shared.your_role(), wire::Role::Editor);

    let private = Change::Visibility(wire::Visibility::Private.into());
    access(&mut client, "bob", "private", "p1", private)
        .await
        .unwrap();
    let leave = || Change::Leave(wire::Leaving {});
    let owner = access(&mut client, "bob", "private", "l1", leave()).await;
    assert_eq!(owner.unwrap_err().code(), Code::InvalidArgument);
    // A viewer leaves as well.
    for who in ["ada", "eve"] {
        access(&mut client, who, "private", "l2", leave())
            .await
            .unwrap();
        assert_eq!(members(who).await.unwrap_err().code(), Code::NotFound);
        let list = wire::ListRecipesRequest {
            principal: someone(who),
            ..wire::ListRecipesRequest::default()
        };
        let listed = client.list_recipes(list).await.unwrap().into_inner();
        assert_eq!(listed.recipes, [], "{who}");
    }
}

fn create_link(who: &str, recipe: &str, role: wire::Role) -> wire::CreateLinkRequest {
    wire::CreateLinkRequest {
        principal: someone(who),
        recipe_id: recipe.to_owned(),
        role: role.into(),
        expires_in_ms: None,
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
        Action::HandOver => {
            access(
                &mut client,
                who,
                recipe,
                &id,
                Change::HandOver("ada".into()),
            )
            .await
        }
        Action::CreateLink => {
            let request = create_link(who, recipe, wire::Role::Viewer);
            client.create_link(request).await.map(drop)
        }
        Action::ListLinks => {
            let request = wire::ListLinksRequest {
                principal,
                recipe_id,
            };
            client.list_links(request).await.map(drop)
        }
        Action::Copy => {
            let request = wire::CopyRecipeRequest {
                principal,
                recipe_id,
                title: String::new(),
            };
            client.copy_recipe(request).await.map(drop)
        }
        Action::Delete => {
            let request = wire::DeleteRecipeRequest {
                principal,
                recipe_id,
            };
            client.delete_recipe(request).await.map(drop)
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
