//! What a program may do that asks for somebody by an API token: less than they may, and nothing beyond its scope.

use proto::chat::{
    self as wire, answer, change_access_request::Change, chat_service_client::ChatServiceClient,
};
use runtime::grpc::Channel;
use tonic::Code;

use crate::{
    harness::{Link, Service, post, post_request, someone},
    sharing::{import, invite},
};

fn limited(who: &str, scope: &str) -> Option<wire::Principal> {
    someone(who).map(|who| wire::Principal {
        scope: scope.to_owned(),
        ..who
    })
}

struct Bot {
    client: ChatServiceClient<Channel>,
    scope: &'static str,
}

/// The code of a refusal; `None`: it was done.
fn code<T>(answer: Result<T, tonic::Status>) -> Option<Code> {
    answer.err().map(|status| status.code())
}

impl Bot {
    fn of(service: &Service, scope: &'static str) -> Self {
        Self {
            client: service.client(),
            scope,
        }
    }

    fn ada(&self) -> Option<wire::Principal> {
        limited("ada", self.scope)
    }

    async fn read(&mut self, recipe: &str) -> Option<Code> {
        let request = wire::GetRecipeRequest {
            principal: self.ada(),
            recipe_id: recipe.to_owned(),
            revision: None,
        };
        code(self.client.get_recipe(request).await)
    }

    async fn say(&mut self, recipe: &str, id: &str, content: &str) -> Option<Code> {
        let request = wire::PostMessageRequest {
            principal: self.ada(),
            ..post_request(recipe, "ada", id, content)
        };
        code(self.client.post_message(request).await)
    }

    async fn create(&mut self, recipe: &str) -> Option<Code> {
        let request = wire::CreateRecipeRequest {
            principal: self.ada(),
            recipe_id: recipe.to_owned(),
            ..wire::CreateRecipeRequest::default()
        };
        code(self.client.create_recipe(request).await)
    }

    async fn delete(&mut self, recipe: &str) -> Option<Code> {
        let request = wire::DeleteRecipeRequest {
            principal: self.ada(),
            recipe_id: recipe.to_owned(),
        };
        code(self.client.delete_recipe(request).await)
    }

    async fn list(&mut self) -> Vec<String> {
        let mut listed = Vec::new();
        let mut cursor = String::new();
        loop {
            let request = wire::ListRecipesRequest {
                principal: self.ada(),
                limit: 1,
                cursor,
                ..wire::ListRecipesRequest::default()
            };
            let page = self.client.list_recipes(request).await.unwrap();
            let page = page.into_inner();
            listed.extend(page.recipes.into_iter().map(|recipe| recipe.recipe_id));
            if page.next_cursor.is_empty() {
                listed.sort();
                return listed;
            }
            cursor = page.next_cursor;
        }
    }
}

async fn three_recipes(service: &Service) -> Link {
    let mut link = service.link().await;
    for recipe in ["pie", "soup", "stew"] {
        link.join(recipe, "ada").await;
    }
    link
}

#[tokio::test]
async fn a_scope_includes_what_comes_before_it() {
    let service = Service::start().await;
    three_recipes(&service).await;
    let denied = Some(Code::PermissionDenied);
    for (scope, writes, owns) in [
        ("recipes:read", denied, denied),
        ("recipes:write", None, denied),
        ("recipes:manage", None, None),
    ] {
        let mut bot = Bot::of(&service, scope);
        assert_eq!(bot.read("pie").await, None, "{scope}");
        let id = format!("talk-{scope}");
        assert_eq!(bot.say("pie", &id, "add 2 eggs").await, writes, "{scope}");
        let id = format!("import-{scope}");
        let request = wire::ImportRecipeRequest {
            principal: bot.ada(),
            ..import("ada", "pie", &id, "Mix @salt{}.")
        };
        assert_eq!(
            code(bot.client.import_recipe(request).await),
            writes,
            "{scope}"
        );
        assert_eq!(bot.create(&id.replace(':', "-")).await, writes, "{scope}");
        let id = format!("invite-{scope}");
        assert_eq!(bot.say("pie", &id, "/invite bob").await, owns, "{scope}");
        let request = wire::CreateLinkRequest {
            principal: bot.ada(),
            recipe_id: "pie".to_owned(),
            role: wire::Role::Viewer.into(),
            expires_in_ms: None,
        };
        assert_eq!(code(bot.client.create_link(request).await), owns, "{scope}");
        assert_eq!(bot.delete("stew").await, owns, "{scope}");
        let request = wire::ForgetUserRequest {
            principal: bot.ada(),
        };
        assert_eq!(
            code(bot.client.forget_user(request).await),
            denied,
            "{scope}"
        );
        let request = wire::ExportUserRequest {
            principal: bot.ada(),
        };
        assert_eq!(
            code(bot.client.export_user(request).await),
            denied,
            "{scope}"
        );
    }
    assert_eq!(
        Bot::of(&service, "recipes:own").read("pie").await,
        Some(Code::InvalidArgument)
    );
}

#[tokio::test]
async fn of_other_recipes_a_token_that_is_limited_to_one_learns_nothing() {
    let service = Service::start().await;
    three_recipes(&service).await;
    let mut bot = Bot::of(&service, "recipes:manage recipe:soup recipe:ghost");
    let missing = Some(Code::NotFound);
    assert_eq!(bot.read("soup").await, None);
    assert_eq!(bot.say("soup", "m1", "add 2 eggs").await, None);
    for recipe in ["pie", "ghost"] {
        assert_eq!(bot.read(recipe).await, missing, "{recipe}");
        assert_eq!(bot.say(recipe, "m2", "add 2 eggs").await, missing);
        assert_eq!(bot.delete(recipe).await, missing, "{recipe}");
    }
    for recipe in ["ghost", "another"] {
        assert_eq!(bot.create(recipe).await, Some(Code::PermissionDenied));
    }
    let copy = wire::CopyRecipeRequest {
        principal: bot.ada(),
        recipe_id: "soup".to_owned(),
        title: String::new(),
    };
    let copied = code(bot.client.copy_recipe(copy).await);
    assert_eq!(copied, Some(Code::PermissionDenied));
    assert_eq!(bot.list().await, ["soup"]);
    let everywhere = Bot::of(&service, "recipes:read").list().await;
    assert_eq!(everywhere, ["pie", "soup", "stew"]);
}

#[tokio::test]
async fn a_program_leaves_and_comes_in_only_by_the_widest_scope() {
    let service = Service::start().await;
    let mut link = three_recipes(&service).await;
    let answer = link.post("pie", "ada", "i1", "/invite bob as editor").await;
    assert!(answer.message.unwrap().effect.is_some());
    let mut client = service.client();
    for (scope, denied) in [
        ("recipes:write", Some(Code::PermissionDenied)),
        ("recipes:manage recipe:pie", None),
    ] {
        let leave = wire::ChangeAccessRequest {
            principal: limited("bob", scope),
            recipe_id: "pie".to_owned(),
            message_id: format!("leave {scope}"),
            change: Some(Change::Leave(wire::Leaving {})),
            known_users: None,
        };
        assert_eq!(code(client.change_access(leave).await), denied, "{scope}");
    }
    let again = crate::sharing::change("ada", "pie", "i2", invite("bob", wire::Role::Editor));
    client.change_access(again).await.unwrap();
    let said = wire::PostMessageRequest {
        principal: limited("bob", "recipes:write"),
        ..post_request("pie", "bob", "leave", "/leave")
    };
    let answer = code(client.post_message(said).await);
    assert_eq!(answer, Some(Code::PermissionDenied));

    let created = wire::CreateLinkRequest {
        principal: someone("ada"),
        recipe_id: "pie".to_owned(),
        role: wire::Role::Viewer.into(),
        expires_in_ms: None,
    };
    let token = client
        .create_link(created)
        .await
        .unwrap()
        .into_inner()
        .token;
    for (scope, denied) in [
        ("recipes:write", Some(Code::PermissionDenied)),
        ("recipes:manage recipe:pie", Some(Code::PermissionDenied)),
        ("recipes:manage", None),
    ] {
        let accept = wire::AcceptLinkRequest {
            principal: limited("eve", scope),
            token: token.clone(),
        };
        assert_eq!(code(client.accept_link(accept).await), denied, "{scope}");
    }
}

#[tokio::test]
async fn over_a_link_a_limited_caller_is_told_what_is_left_of_their_rights() {
    let service = Service::start().await;
    let mut link = three_recipes(&service).await;
    let join = |scope| {
        wire::link_request::Call::Join(wire::JoinRecipeRequest {
            principal: limited("ada", scope),
            recipe_id: "pie".to_owned(),
            ..wire::JoinRecipeRequest::default()
        })
    };
    for (scope, role) in [
        ("recipes:read", wire::Role::Viewer),
        ("recipes:write", wire::Role::Editor),
        ("recipes:manage", wire::Role::Owner),
        ("", wire::Role::Owner),
    ] {
        match link.call(join(scope)).await {
            answer::Result::Joined(joined) => assert_eq!(joined.role(), role, "{scope}"),
            other => panic!("not joined: {other:?}"),
        }
    }
    match link.call(join("recipes:read recipe:soup")).await {
        answer::Result::Failure(failure) => assert_eq!(failure.code, Code::NotFound as i32),
        other => panic!("not refused: {other:?}"),
    }
    let posted = link.call(post("pie", "ada", "m9", "add salt")).await;
    assert!(matches!(posted, answer::Result::Posted(_)), "{posted:?}");
}
