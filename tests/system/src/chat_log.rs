//! The whole log of a recipe as the chat service keeps it, read over gRPC.

use proto::chat::{
    ListMessagesRequest, Principal, chat_service_client::ChatServiceClient,
    list_messages_request::Page,
};

use crate::{account::Account, client::Seen, service::Service};

/// Reads every message of a recipe, oldest first.
///
/// # Panics
/// When the chat service does not give them.
pub async fn read(chat: &Service, reader: &Account, recipe: &str) -> Vec<Seen> {
    let mut client = ChatServiceClient::new(chat.channel().await);
    let mut log: Vec<Seen> = Vec::new();
    loop {
        let after = log.last().map_or(0, |last| last.revision);
        let request = ListMessagesRequest {
            principal: Some(principal(reader)),
            recipe_id: recipe.to_owned(),
            page: Some(Page::After(after)),
            limit: 500,
        };
        let page = client
            .list_messages(request)
            .await
            .expect("a page of messages");
        let messages = page.into_inner().messages;
        if messages.is_empty() {
            return log;
        }
        log.extend(messages.into_iter().map(|message| Seen {
            revision: message.revision,
            id: message.id,
            content: message.content,
        }));
    }
}

/// A user as the chat service is told of them.
pub fn principal(account: &Account) -> Principal {
    Principal {
        user_id: account.id.clone(),
        name: account.name.clone(),
        access_token: account.access_token.clone(),
        ..Principal::default()
    }
}
