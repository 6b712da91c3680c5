//! The stand-in as a gRPC service: unary calls with answers of their own, and its links.

use std::sync::Arc;

use futures_util::StreamExt as _;
use proto::chat::{self, LinkRequest, LinkResponse, chat_service_server::ChatService};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Answers, chat::FakeChat};

/// The stand-in as a service.
#[derive(Debug)]
pub(crate) struct Served(pub(crate) Arc<FakeChat>);

#[tonic::async_trait]
impl ChatService for Served {
    async fn forget_user(
        &self,
        _: Request<chat::ForgetUserRequest>,
    ) -> Result<Response<chat::ForgetUserResponse>, Status> {
        Ok(Response::new(chat::ForgetUserResponse {}))
    }

    type ExportUserStream = Answers<chat::ExportUserResponse>;

    async fn export_user(
        &self,
        _: Request<chat::ExportUserRequest>,
    ) -> Result<Response<Self::ExportUserStream>, Status> {
        let recipe = chat::ExportedRecipe {
            recipe_id: "pancakes".into(),
            revision: 1,
            recipe: Some(chat::Recipe::default()),
        };
        let piece = chat::export_user_response::Piece::Recipe(recipe);
        let piece = chat::ExportUserResponse { piece: Some(piece) };
        Ok(Response::new(
            futures_util::stream::iter([Ok(piece)]).boxed(),
        ))
    }

    type LinkStream = ReceiverStream<Result<LinkResponse, Status>>;

    async fn link(
        &self,
        request: Request<Streaming<LinkRequest>>,
    ) -> Result<Response<Self::LinkStream>, Status> {
        let (responses, stream) = mpsc::channel(64);
        tokio::spawn(Arc::clone(&self.0).serve(request.into_inner(), responses));
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn create_recipe(
        &self,
        request: Request<chat::CreateRecipeRequest>,
    ) -> Result<Response<chat::CreateRecipeResponse>, Status> {
        match request.into_inner().recipe_id {
            id if id == "pancakes" => Err(Status::already_exists("taken")),
            id if id == "one-more" => Err(written_too_much()),
            id if id.contains(' ') => Err(Status::invalid_argument("a bad id")),
            recipe_id => Ok(Response::new(chat::CreateRecipeResponse {
                recipe_id,
                revision: 0,
                recipe: Some(chat::Recipe::default()),
            })),
        }
    }

    async fn get_recipe(
        &self,
        request: Request<chat::GetRecipeRequest>,
    ) -> Result<Response<chat::GetRecipeResponse>, Status> {
        match request.into_inner().recipe_id {
            recipe_id if recipe_id == "pancakes" => Ok(Response::new(chat::GetRecipeResponse {
                recipe_id,
                revision: 0,
                recipe: Some(chat::Recipe::default()),
            })),
            _ => Err(Status::not_found("no such recipe")),
        }
    }

    async fn export_recipe(
        &self,
        request: Request<chat::ExportRecipeRequest>,
    ) -> Result<Response<chat::ExportRecipeResponse>, Status> {
        let (media_type, document) = match request.into_inner().format() {
            chat::RecipeFormat::Cooklang => ("text/x-cooklang", "@flour{}"),
            _ => ("application/ld+json", "{}"),
        };
        Ok(Response::new(chat::ExportRecipeResponse {
            media_type: media_type.into(),
            document: document.into(),
            ..chat::ExportRecipeResponse::default()
        }))
    }

    async fn import_recipe(
        &self,
        request: Request<chat::ImportRecipeRequest>,
    ) -> Result<Response<chat::ImportRecipeResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        if let Some(chat::import_recipe_request::Document::Cooklang(text)) = &asked.document
            && text.contains("bad")
        {
            return Err(Status::invalid_argument("line 1: bad"));
        }
        if asked.message_id == "busy" {
            return Err(Status::resource_exhausted("busy"));
        }
        Ok(Response::new(chat::ImportRecipeResponse {
            recipe: Some(chat::Recipe::default()),
            message: Some(chat::Message::default()),
            created: asked.recipe_id == "waffles",
            duplicate: false,
        }))
    }

    async fn preview_import(
        &self,
        request: Request<chat::PreviewImportRequest>,
    ) -> Result<Response<chat::PreviewImportResponse>, Status> {
        let asked = request.into_inner().import.unwrap_or_default();
        let who = asked.principal.unwrap_or_default().name;
        if !asked.recipe_id.is_empty() {
            sharing_refused(&asked.recipe_id, &who, "")?;
        }
        if let Some(chat::import_recipe_request::Document::SchemaOrg(text)) = &asked.document {
            match text.as_str() {
                "bad" => return Err(Status::invalid_argument("there is no recipe")),
                "busy" => return Err(Status::resource_exhausted("busy")),
                _ => {}
            }
        }
        Ok(Response::new(chat::PreviewImportResponse {
            recipe: Some(chat::Recipe {
                servings: 4,
                ..chat::Recipe::default()
            }),
            left_out: vec!["the author".into()],
        }))
    }

    async fn list_versions(
        &self,
        request: Request<chat::ListVersionsRequest>,
    ) -> Result<Response<chat::ListVersionsResponse>, Status> {
        let asked = request.into_inner();
        sharing_refused(&asked.recipe_id, "ada", "")?;
        let message = chat::Message {
            revision: 7,
            effect: Some("Added 2 eggs".into()),
            author: asked.principal,
            ..chat::Message::default()
        };
        Ok(Response::new(chat::ListVersionsResponse {
            messages: vec![message],
            more: asked.before.is_none(),
        }))
    }

    async fn undo_revision(
        &self,
        request: Request<chat::UndoRevisionRequest>,
    ) -> Result<Response<chat::UndoRevisionResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        match asked.revision {
            1 => Err(Status::aborted("bob's change stands on it")),
            2 => Err(Status::invalid_argument("it changed nothing")),
            _ => Ok(Response::new(chat::UndoRevisionResponse {
                recipe: Some(chat::Recipe::default()),
                message: Some(chat::Message::default()),
                duplicate: false,
            })),
        }
    }

    async fn restore_revision(
        &self,
        request: Request<chat::RestoreRevisionRequest>,
    ) -> Result<Response<chat::RestoreRevisionResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        Ok(Response::new(chat::RestoreRevisionResponse {
            recipe: Some(chat::Recipe::default()),
            message: Some(chat::Message::default()),
            duplicate: false,
        }))
    }

    async fn list_members(
        &self,
        request: Request<chat::ListMembersRequest>,
    ) -> Result<Response<chat::ListMembersResponse>, Status> {
        let asked = request.into_inner();
        sharing_refused(&asked.recipe_id, "ada", "")?;
        let bob = chat::Member {
            name: "bob".into(),
            role: chat::Role::Viewer.into(),
            joined: true,
        };
        Ok(Response::new(chat::ListMembersResponse {
            visibility: chat::Visibility::Private.into(),
            owner: asked.principal,
            members: vec![bob],
            your_role: chat::Role::Owner.into(),
        }))
    }

    async fn change_access(
        &self,
        request: Request<chat::ChangeAccessRequest>,
    ) -> Result<Response<chat::ChangeAccessResponse>, Status> {
        use chat::change_access_request::Change;
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        if !matches!(asked.change, Some(Change::Leave(_))) {
            sharing_refused(&asked.recipe_id, &who, &asked.message_id)?;
        }
        match asked.change {
            Some(Change::Remove(name)) if name == "ada" => {
                Err(Status::invalid_argument("The recipe is yours"))
            }
            _ => Ok(Response::new(chat::ChangeAccessResponse::default())),
        }
    }

    async fn list_recipes(
        &self,
        _: Request<chat::ListRecipesRequest>,
    ) -> Result<Response<chat::ListRecipesResponse>, Status> {
        let pancakes = chat::RecipeSummary {
            recipe_id: "pancakes".into(),
            ..chat::RecipeSummary::default()
        };
        Ok(Response::new(chat::ListRecipesResponse {
            recipes: vec![pancakes],
            next_cursor: "more".into(),
        }))
    }

    async fn copy_recipe(
        &self,
        request: Request<chat::CopyRecipeRequest>,
    ) -> Result<Response<chat::CreateRecipeResponse>, Status> {
        let asked = request.into_inner();
        let too_much = if asked.title == "Too much" {
            "too-much"
        } else {
            ""
        };
        sharing_refused(&asked.recipe_id, "ada", too_much)?;
        if asked.title.chars().count() > 200 {
            return Err(Status::invalid_argument("a bad title"));
        }
        Ok(Response::new(chat::CreateRecipeResponse {
            recipe_id: "pancakes-2".into(),
            revision: 0,
            recipe: Some(chat::Recipe::default()),
        }))
    }

    async fn delete_recipe(
        &self,
        request: Request<chat::DeleteRecipeRequest>,
    ) -> Result<Response<chat::DeleteRecipeResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        Ok(Response::new(chat::DeleteRecipeResponse {}))
    }

    async fn get_public_recipe(
        &self,
        request: Request<chat::GetPublicRecipeRequest>,
    ) -> Result<Response<chat::GetPublicRecipeResponse>, Status> {
        match request.into_inner().recipe_id.as_str() {
            "waffles" => Ok(Response::new(chat::GetPublicRecipeResponse {
                revision: 7,
                recipe: Some(chat::Recipe {
                    title: "Waffles".into(),
                    ..chat::Recipe::default()
                }),
                schema_org: "{}".into(),
            })),
            _ => Err(Status::not_found("no such recipe")),
        }
    }

    async fn create_link(
        &self,
        request: Request<chat::CreateLinkRequest>,
    ) -> Result<Response<chat::CreateLinkResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        let too_much = match asked.expires_in_ms {
            Some(1_000) => "too-much",
            _ => "",
        };
        sharing_refused(&asked.recipe_id, &who, too_much)?;
        Ok(Response::new(chat::CreateLinkResponse {
            link: Some(link()),
            token: TOKEN.into(),
        }))
    }

    async fn list_links(
        &self,
        request: Request<chat::ListLinksRequest>,
    ) -> Result<Response<chat::ListLinksResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        Ok(Response::new(chat::ListLinksResponse {
            links: vec![link()],
        }))
    }

    async fn delete_link(
        &self,
        request: Request<chat::DeleteLinkRequest>,
    ) -> Result<Response<chat::DeleteLinkResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        match asked.link_id.as_str() {
            "l1" => Ok(Response::new(chat::DeleteLinkResponse {})),
            _ => Err(Status::not_found("no such link")),
        }
    }

    async fn create_webhook(
        &self,
        request: Request<chat::CreateWebhookRequest>,
    ) -> Result<Response<chat::CreateWebhookResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        let too_much = match asked.talk {
            true => "too-much",
            false => "",
        };
        sharing_refused(&asked.recipe_id, &who, too_much)?;
        match asked.url.as_str() {
            "ftp://example.org" => Err(Status::invalid_argument("no such address")),
            _ => Ok(Response::new(chat::CreateWebhookResponse {
                webhook: Some(webhook()),
                secret: "whsec_canary".into(),
            })),
        }
    }

    async fn list_webhooks(
        &self,
        request: Request<chat::ListWebhooksRequest>,
    ) -> Result<Response<chat::ListWebhooksResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        let webhooks = vec![webhook()];
        Ok(Response::new(chat::ListWebhooksResponse { webhooks }))
    }

    async fn delete_webhook(
        &self,
        request: Request<chat::DeleteWebhookRequest>,
    ) -> Result<Response<chat::DeleteWebhookResponse>, Status> {
        let asked = request.into_inner();
        let who = asked.principal.unwrap_or_default().name;
        sharing_refused(&asked.recipe_id, &who, "")?;
        match asked.webhook_id.as_str() {
            "w1" => Ok(Response::new(chat::DeleteWebhookResponse {})),
            _ => Err(Status::not_found("no such webhook")),
        }
    }

    async fn describe_link(
        &self,
        request: Request<chat::DescribeLinkRequest>,
    ) -> Result<Response<chat::DescribeLinkResponse>, Status> {
        match request.into_inner().token.as_str() {
            TOKEN => Ok(Response::new(chat::DescribeLinkResponse {
                title: "Pan<cakes>".into(),
                by: "ada".into(),
                role: chat::Role::Editor.into(),
            })),
            _ => Err(Status::not_found("no such link")),
        }
    }

    async fn accept_link(
        &self,
        request: Request<chat::AcceptLinkRequest>,
    ) -> Result<Response<chat::AcceptLinkResponse>, Status> {
        match request.into_inner().token.as_str() {
            TOKEN => Ok(Response::new(chat::AcceptLinkResponse {
                recipe_id: "pancakes".into(),
                role: chat::Role::Editor.into(),
            })),
            "full" => Err(Status::resource_exhausted("as many members as may be")),
            _ => Err(Status::not_found("no such link")),
        }
    }

    async fn list_messages(
        &self,
        request: Request<chat::ListMessagesRequest>,
    ) -> Result<Response<chat::ListMessagesResponse>, Status> {
        match request.into_inner().recipe_id.as_str() {
            "pancakes" => Ok(Response::new(chat::ListMessagesResponse {
                messages: vec![chat::Message::default()],
                truncated: false,
            })),
            _ => Err(Status::not_found("no such recipe")),
        }
    }

    async fn list_audit_events(
        &self,
        _: Request<chat::ListAuditEventsRequest>,
    ) -> Result<Response<chat::ListAuditEventsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn post_message(
        &self,
        _: Request<chat::PostMessageRequest>,
    ) -> Result<Response<chat::PostMessageResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type SubscribeRecipeStream = Answers<chat::SubscribeRecipeResponse>;

    async fn subscribe_recipe(
        &self,
        _: Request<chat::SubscribeRecipeRequest>,
    ) -> Result<Response<Self::SubscribeRecipeStream>, Status> {
        Err(Status::unimplemented(""))
    }
}

/// The token of the one link that leads somewhere.
const TOKEN: &str = "canary-link-token";

fn webhook() -> chat::Webhook {
    chat::Webhook {
        id: "w1".into(),
        url: "https://example.org/hook".into(),
        failing_since: Some(prost_types::Timestamp::default()),
        off_at: Some(prost_types::Timestamp::default()),
        ..chat::Webhook::default()
    }
}

fn link() -> chat::Link {
    chat::Link {
        id: "l1".into(),
        role: chat::Role::Editor.into(),
        ..chat::Link::default()
    }
}

/// There are pancakes and no waffles yet; a user called `eve` only reads, the id `used` is used, and `too-much`
/// is beyond a quota.
fn sharing_refused(recipe: &str, who: &str, message: &str) -> Result<(), Status> {
    match (recipe, who, message) {
        ("pancakes" | "waffles", "eve", _) => Err(Status::permission_denied("not yours")),
        ("pancakes" | "waffles", _, "too-much") => Err(written_too_much()),
        ("pancakes" | "waffles", _, "used") => Err(Status::already_exists("used before")),
        ("pancakes" | "waffles", ..) => Ok(()),
        _ => Err(Status::not_found("no such recipe")),
    }
}

fn written_too_much() -> Status {
    let mut status = Status::resource_exhausted("written as much as may be");
    let metadata = status.metadata_mut();
    metadata.insert("retry-after-ms", 60_000_u64.into());
    status
}
