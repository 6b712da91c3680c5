//! `recipechat.chat.v1.ChatService`: each call becomes a domain value, goes through `Recipes`, and its result
//! becomes the answer. Nothing is decided here.

mod auditing;
mod encoded_recipes;
mod links;
mod presence;
pub(crate) mod requests;
pub(crate) mod responses;
mod sharing;
mod statuses;
mod streams;
mod webhooks;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures_util::StreamExt as _;
use proto::chat::{
    self as wire, RecipeFormat,
    chat_service_server::{ChatService, ChatServiceServer},
};
use runtime::{lifecycle::Lifecycle, operators::Operators};
use secrecy::ExposeSecret as _;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

#[cfg(feature = "fuzzing")]
pub(crate) use self::encoded_recipes::EncodedRecipes;
use self::{
    requests::{claim, id, page_start, position},
    statuses::{Invalid, declined, status},
};
use crate::{
    message::Principal,
    recipe::{Command, Recipe, Visibility, to_cooklang, to_schema_org},
    recipes::{MAX_PAGE_SIZE, Query, Recipes, new_recipe_id},
    refused::Refused,
    verifier::{Caller, Verifier},
};

/// How many recipes or messages a page has unless asked otherwise, and at most.
const DEFAULT_RECIPE_PAGE: usize = 100;
const DEFAULT_MESSAGE_PAGE: usize = 50;
const MAX_PAGE: usize = 500;

/// The title of a recipe that was given neither a title nor an id.
const UNTITLED: &str = "New recipe";

/// The largest message of a caller: a page of the web, and what stands around it.
const MAX_MESSAGE_SIZE: usize = MAX_PAGE_SIZE + (128 << 10);

/// The service, ready to be served.
pub(crate) fn service(
    recipes: Recipes,
    verifier: Verifier,
    operators: Arc<ArcSwap<Operators>>,
    link_queue: usize,
    lifecycle: Lifecycle,
) -> ChatServiceServer<Chat> {
    ChatServiceServer::new(Chat {
        recipes,
        verifier,
        operators,
        link_queue,
        lifecycle,
    })
    .max_decoding_message_size(MAX_MESSAGE_SIZE)
}

/// The handlers of the service.
#[derive(Debug)]
pub(crate) struct Chat {
    recipes: Recipes,
    verifier: Verifier,
    operators: Arc<ArcSwap<Operators>>,
    link_queue: usize,
    lifecycle: Lifecycle,
}

type Events<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl ChatService for Chat {
    async fn create_recipe(
        &self,
        request: Request<wire::CreateRecipeRequest>,
    ) -> Result<Response<wire::CreateRecipeResponse>, Status> {
        let visibility = sharing::visibility(request.get_ref().visibility());
        let visibility = visibility.unwrap_or(Visibility::Private);
        let request = request.into_inner();
        let owner = self.caller(request.principal).await?.who;
        let title = requests::title(&request.title)?;
        let recipe = match request.recipe_id.as_str() {
            "" => new_recipe_id(title.unwrap_or_default()).map_err(status)?,
            given => id(given)?,
        };
        // Nothing of an id that was made up is worth showing.
        let untitled = request.recipe_id.is_empty().then_some(UNTITLED);
        let title = title.or(untitled);
        let recipe_state = self.recipes.create(&owner, recipe, title, visibility).await;
        recipe_state
            .map(|recipe_state| Response::new(recipe_state.into()))
            .map_err(status)
    }

    async fn list_audit_events(
        &self,
        request: Request<wire::ListAuditEventsRequest>,
    ) -> Result<Response<wire::ListAuditEventsResponse>, Status> {
        let shown = request.metadata().get_all(proto::OPERATOR_TOKEN);
        let mut shown = shown.into_iter().filter_map(|value| value.to_str().ok());
        if !shown.any(|token| self.operators.load().name_of(token).is_some()) {
            return Err(Status::permission_denied("For operators only"));
        }
        let filter = request.into_inner().into();
        let (events, next) = self.recipes.audit_events(filter).await.map_err(status)?;
        Ok(Response::new(wire::ListAuditEventsResponse {
            events: events.into_iter().map(Into::into).collect(),
            next: next.unwrap_or_default(),
        }))
    }

    async fn get_recipe(
        &self,
        request: Request<wire::GetRecipeRequest>,
    ) -> Result<Response<wire::GetRecipeResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let at_revision = self.recipes.get(&who, &recipe, request.revision).await;
        let at_revision = at_revision.map_err(status)?;
        Ok(Response::new(wire::GetRecipeResponse {
            recipe_id: request.recipe_id,
            revision: at_revision.revision,
            recipe: Some((&*at_revision.recipe).into()),
        }))
    }

    async fn export_recipe(
        &self,
        request: Request<wire::ExportRecipeRequest>,
    ) -> Result<Response<wire::ExportRecipeResponse>, Status> {
        let write = document_writer(request.get_ref().format())?;
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let at_revision = self.recipes.get(&who, &recipe, request.revision).await;
        let at_revision = at_revision.map_err(status)?;
        let (revision, recipe) = (at_revision.revision, at_revision.recipe);
        let written = self.recipes.documents().run(move || write(&recipe)).await;
        let (media_type, document) = written.map_err(status)?;
        Ok(Response::new(wire::ExportRecipeResponse {
            media_type: media_type.to_owned(),
            document,
            revision,
        }))
    }

    async fn import_recipe(
        &self,
        request: Request<wire::ImportRecipeRequest>,
    ) -> Result<Response<wire::ImportRecipeResponse>, Status> {
        let request = request.into_inner();
        let author = self.caller(request.principal).await?.who;
        let (recipe, message) = (id(&request.recipe_id)?, id(&request.message_id)?);
        let document = sharing::document(request.document)?;
        let imported = self.recipes.import(author, recipe, message, document).await;
        imported
            .map(|imported| Response::new(imported.into()))
            .map_err(declined)
    }

    async fn preview_import(
        &self,
        request: Request<wire::PreviewImportRequest>,
    ) -> Result<Response<wire::PreviewImportResponse>, Status> {
        let import = request.into_inner().import;
        let import = import.ok_or(Invalid::Missing("the import"))?;
        let who = self.caller(import.principal).await?.who;
        let recipe = match import.recipe_id.as_str() {
            "" => None,
            recipe => Some(id(recipe)?),
        };
        let document = sharing::document(import.document)?;
        let preview = self.recipes.preview(&who, recipe.as_ref(), document).await;
        preview
            .map(|preview| Response::new(preview.into()))
            .map_err(declined)
    }

    async fn list_members(
        &self,
        request: Request<wire::ListMembersRequest>,
    ) -> Result<Response<wire::ListMembersResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let shared = self.recipes.shared(&who, &id(&request.recipe_id)?).await;
        shared
            .map(|shared| Response::new(shared.into()))
            .map_err(status)
    }

    async fn change_access(
        &self,
        request: Request<wire::ChangeAccessRequest>,
    ) -> Result<Response<wire::ChangeAccessResponse>, Status> {
        let request = request.into_inner();
        let owner = self.caller(request.principal).await?.who;
        let (recipe, message) = (id(&request.recipe_id)?, id(&request.message_id)?);
        let known = request.known_users.as_ref().map(requests::known_users);
        let known = known.unwrap_or_default();
        let posted = match sharing::command(request.change)? {
            Command::Leave => self.recipes.leave(owner, recipe, message).await,
            command => {
                let posted = self
                    .recipes
                    .command(owner, recipe, message, &command, known);
                posted.await
            }
        };
        let message = posted
            .map_err(declined)?
            .map(|posted| (&*posted.message).into());
        Ok(Response::new(wire::ChangeAccessResponse { message }))
    }

    async fn create_link(
        &self,
        request: Request<wire::CreateLinkRequest>,
    ) -> Result<Response<wire::CreateLinkResponse>, Status> {
        let role = links::role(request.get_ref().role())?;
        let request = request.into_inner();
        let owner = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let lifetime = request.expires_in_ms.map(Duration::from_millis);
        let made = self.recipes.create_link(&owner, &recipe, role, lifetime);
        let (link, token) = made.await.map_err(status)?;
        Ok(Response::new(wire::CreateLinkResponse {
            link: Some(link.into()),
            token: token.expose_secret().to_owned(),
        }))
    }

    async fn list_links(
        &self,
        request: Request<wire::ListLinksRequest>,
    ) -> Result<Response<wire::ListLinksResponse>, Status> {
        let request = request.into_inner();
        let owner = self.caller(request.principal).await?.who;
        let links = self.recipes.links(&owner, &id(&request.recipe_id)?).await;
        let links = links.map_err(status)?.into_iter().map(Into::into).collect();
        Ok(Response::new(wire::ListLinksResponse { links }))
    }

    async fn delete_link(
        &self,
        request: Request<wire::DeleteLinkRequest>,
    ) -> Result<Response<wire::DeleteLinkResponse>, Status> {
        let request = request.into_inner();
        let owner = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let deleted = self.recipes.delete_link(&owner, &recipe, &request.link_id);
        deleted.await.map_err(status)?;
        Ok(Response::new(wire::DeleteLinkResponse {}))
    }

    async fn create_webhook(
        &self,
        request: Request<wire::CreateWebhookRequest>,
    ) -> Result<Response<wire::CreateWebhookResponse>, Status> {
        self.add_webhook(request.into_inner()).await
    }

    async fn list_webhooks(
        &self,
        request: Request<wire::ListWebhooksRequest>,
    ) -> Result<Response<wire::ListWebhooksResponse>, Status> {
        self.webhooks(request.into_inner()).await
    }

    async fn delete_webhook(
        &self,
        request: Request<wire::DeleteWebhookRequest>,
    ) -> Result<Response<wire::DeleteWebhookResponse>, Status> {
        self.remove_webhook(request.into_inner()).await
    }

    async fn describe_link(
        &self,
        request: Request<wire::DescribeLinkRequest>,
    ) -> Result<Response<wire::DescribeLinkResponse>, Status> {
        let token = request.into_inner().token.into();
        let invitation = self.recipes.describe_link(&token).await;
        invitation
            .map(|invitation| Response::new(invitation.into()))
            .map_err(status)
    }

    async fn accept_link(
        &self,
        request: Request<wire::AcceptLinkRequest>,
    ) -> Result<Response<wire::AcceptLinkResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let accepted = self.recipes.accept_link(&who, &request.token.into()).await;
        let (recipe, right) = accepted.map_err(status)?;
        Ok(Response::new(wire::AcceptLinkResponse {
            recipe_id: recipe.to_string(),
            role: wire::Role::from(right).into(),
        }))
    }

    async fn list_recipes(
        &self,
        request: Request<wire::ListRecipesRequest>,
    ) -> Result<Response<wire::ListRecipesResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let query = Query {
            words: request.query,
            after: requests::cursor(&request.cursor)?,
            limit: limit(request.limit, DEFAULT_RECIPE_PAGE),
        };
        let (listed, next) = self.recipes.list(&who, query).await.map_err(status)?;
        Ok(Response::new(wire::ListRecipesResponse {
            recipes: listed.into_iter().map(Into::into).collect(),
            next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn copy_recipe(
        &self,
        request: Request<wire::CopyRecipeRequest>,
    ) -> Result<Response<wire::CreateRecipeResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let (recipe, title) = (id(&request.recipe_id)?, requests::title(&request.title)?);
        let copy = self.recipes.copy(&who, &recipe, title).await;
        copy.map(|copy| Response::new(copy.into())).map_err(status)
    }

    async fn delete_recipe(
        &self,
        request: Request<wire::DeleteRecipeRequest>,
    ) -> Result<Response<wire::DeleteRecipeResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let deleted = self.recipes.delete(&who, &id(&request.recipe_id)?).await;
        deleted
            .map(|()| Response::new(wire::DeleteRecipeResponse {}))
            .map_err(status)
    }

    async fn get_public_recipe(
        &self,
        request: Request<wire::GetPublicRecipeRequest>,
    ) -> Result<Response<wire::GetPublicRecipeResponse>, Status> {
        let recipe = id(&request.into_inner().recipe_id)?;
        let public = self.recipes.public(&recipe).await.map_err(status)?;
        let recipe = Arc::clone(&public.recipe);
        let write = move || to_schema_org(&recipe).to_string();
        let written = self.recipes.documents().run(write).await;
        Ok(Response::new(wire::GetPublicRecipeResponse {
            revision: public.revision,
            recipe: Some((&*public.recipe).into()),
            schema_org: written.map_err(status)?,
        }))
    }

    async fn list_messages(
        &self,
        request: Request<wire::ListMessagesRequest>,
    ) -> Result<Response<wire::ListMessagesResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let (start, limit) = (
            page_start(request.page),
            limit(request.limit, DEFAULT_MESSAGE_PAGE),
        );
        let page = self.recipes.messages(&who, &recipe, start, limit).await;
        page.map(|page| Response::new(page.into())).map_err(status)
    }

    async fn post_message(
        &self,
        request: Request<wire::PostMessageRequest>,
    ) -> Result<Response<wire::PostMessageResponse>, Status> {
        let mut request = request.into_inner();
        let author = self.caller(request.principal.take()).await?;
        let draft = requests::draft(request, author)?;
        let posted = self.recipes.post(draft).await;
        posted
            .map(|posted| Response::new(responses::posted(&posted, true)))
            .map_err(status)
    }

    async fn list_versions(
        &self,
        request: Request<wire::ListVersionsRequest>,
    ) -> Result<Response<wire::ListVersionsResponse>, Status> {
        let request = request.into_inner();
        let who = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let limit = limit(request.limit, DEFAULT_MESSAGE_PAGE);
        let changes = self.recipes.changes(&who, &recipe, request.before, limit);
        let (messages, more) = changes.await.map_err(status)?;
        Ok(Response::new(wire::ListVersionsResponse {
            messages: messages.iter().map(|message| (&**message).into()).collect(),
            more,
        }))
    }

    async fn undo_revision(
        &self,
        request: Request<wire::UndoRevisionRequest>,
    ) -> Result<Response<wire::UndoRevisionResponse>, Status> {
        let request = request.into_inner();
        let author = self.caller(request.principal).await?.who;
        let (recipe, message) = (id(&request.recipe_id)?, id(&request.message_id)?);
        let posted = self
            .recipes
            .undo(author, recipe, message, request.revision)
            .await
            .map_err(declined)?;
        Ok(Response::new(wire::UndoRevisionResponse {
            recipe: posted.recipe.as_deref().map(Into::into),
            message: Some((&*posted.message).into()),
            duplicate: posted.duplicate,
        }))
    }

    async fn restore_revision(
        &self,
        request: Request<wire::RestoreRevisionRequest>,
    ) -> Result<Response<wire::RestoreRevisionResponse>, Status> {
        let request = request.into_inner();
        let author = self.caller(request.principal).await?.who;
        let (recipe, message) = (id(&request.recipe_id)?, id(&request.message_id)?);
        let posted = self
            .recipes
            .restore(author, recipe, message, request.revision)
            .await
            .map_err(declined)?;
        Ok(Response::new(wire::RestoreRevisionResponse {
            recipe: posted.recipe.as_deref().map(Into::into),
            message: Some((&*posted.message).into()),
            duplicate: posted.duplicate,
        }))
    }

    type SubscribeRecipeStream = Events<wire::SubscribeRecipeResponse>;

    async fn subscribe_recipe(
        &self,
        request: Request<wire::SubscribeRecipeRequest>,
    ) -> Result<Response<Self::SubscribeRecipeStream>, Status> {
        let request = request.into_inner();
        let caller = self.caller(request.principal).await?;
        let recipe = id(&request.recipe_id)?;
        let after = position(request.after, request.message_id.as_deref())?;
        let events = self.subscribe(caller, recipe, after).await;
        events.map(Response::new).map_err(status)
    }

    async fn forget_user(
        &self,
        request: Request<wire::ForgetUserRequest>,
    ) -> Result<Response<wire::ForgetUserResponse>, Status> {
        let who = self.whole_caller(request.into_inner().principal).await?;
        self.recipes.forget_user(&who).await.map_err(status)?;
        Ok(Response::new(wire::ForgetUserResponse {}))
    }

    type ExportUserStream = Events<wire::ExportUserResponse>;

    async fn export_user(
        &self,
        request: Request<wire::ExportUserRequest>,
    ) -> Result<Response<Self::ExportUserStream>, Status> {
        let who = self.whole_caller(request.into_inner().principal).await?;
        let pieces = self.recipes.export_user(who);
        let pieces = pieces.map(|piece| piece.map(Into::into).map_err(status));
        Ok(Response::new(Box::pin(pieces)))
    }

    type LinkStream = Events<wire::LinkResponse>;

    async fn link(
        &self,
        request: Request<Streaming<wire::LinkRequest>>,
    ) -> Result<Response<Self::LinkStream>, Status> {
        Ok(Response::new(self.open_link(request.into_inner())))
    }
}

impl Chat {
    /// Whoever asks by a unary call.
    async fn caller(&self, principal: Option<wire::Principal>) -> Result<Caller, Status> {
        let claim = claim(principal)?;
        self.verifier.verify(claim).await.map_err(status)
    }

    /// Whoever asks for all that is theirs, which no API token lets anybody do.
    async fn whole_caller(&self, principal: Option<wire::Principal>) -> Result<Principal, Status> {
        let who = self.caller(principal).await?.who;
        match who.is_limited() {
            true => Err(status(Refused::OutOfScope)),
            false => Ok(who),
        }
    }
}

/// Gives a document's media type and text.
type DocumentWriter = fn(&Recipe) -> (&'static str, String);

fn document_writer(format: RecipeFormat) -> Result<DocumentWriter, Invalid> {
    match format {
        RecipeFormat::Cooklang => Ok(|recipe| ("text/x-cooklang", to_cooklang(recipe))),
        RecipeFormat::SchemaOrg => {
            Ok(|recipe| ("application/ld+json", to_schema_org(recipe).to_string()))
        }
        RecipeFormat::Unspecified => Err(Invalid::Missing("the format")),
    }
}

fn limit(asked: u32, usual: usize) -> usize {
    match asked as usize {
        0 => usual,
        asked => asked.min(MAX_PAGE),
    }
}
