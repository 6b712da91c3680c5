//! Everything of a user as one JSON document, written while it is read: it has no bound.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use proto::websocket::frames::Message;
use serde::Serialize;
use serde_json::json;
use tracing::warn;

use super::{AccountBody, SessionBody};
use crate::{
    http::{Shared, caller::Caller, client::Client, problem::Problem},
    upstream::chat::{ChatError, Exported, UserExport},
};

#[derive(Serialize)]
struct MessageElsewhere<'a> {
    recipe_id: &'a str,
    #[serde(flatten)]
    message: &'a Message,
}

pub(in crate::http) async fn export(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
) -> Result<Response, Problem> {
    let asked = edge.auth.account(&principal.token, client.on_behalf_of());
    let (account, sessions) = asked.await?;
    let pieces = edge.chat.export_user(&principal).await?;
    let sessions: Vec<_> = sessions.into_iter().map(SessionBody::from).collect();
    let head = json!({
        "exported_at": edge.clock.now().to_string(),
        "account": AccountBody::from(account),
        "sessions": sessions,
    });
    let document = Document {
        head: Some(head.to_string()),
        pieces,
        writer: Writer::default(),
        ended: false,
    };
    let body = stream::try_unfold(document, |mut document| async move {
        let next = document.next().await.inspect_err(|_| {
            warn!("an export broke off: the chat service could not be asked further");
        });
        Ok::<_, ChatError>(next?.map(|bytes| (bytes, document)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"recipe-chat.json\"",
        ),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// The document, as far as it is not written.
struct Document {
    /// The object of what the auth service knows.
    head: Option<String>,
    pieces: UserExport,
    writer: Writer,
    ended: bool,
}

impl Document {
    async fn next(&mut self) -> Result<Option<Bytes>, ChatError> {
        if let Some(mut head) = self.head.take() {
            head.pop();
            head.push_str(",\"recipes\":[");
            return Ok(Some(head.into()));
        }
        if self.ended {
            return Ok(None);
        }
        Ok(Some(match self.pieces.next().await? {
            Some(piece) => self.writer.write(&piece).into(),
            None => {
                self.ended = true;
                self.writer.end().into()
            }
        }))
    }
}

/// Writes pieces after `"recipes":[`.
#[derive(Debug, Default)]
struct Writer {
    place: Place,
}

/// Where the writer stands.
#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    BeforeRecipes,
    /// In the messages of this recipe; whether one is written.
    InRecipe(String, bool),
    /// In the messages elsewhere; whether one is written.
    Elsewhere(bool),
}

impl Writer {
    fn write(&mut self, piece: &Exported) -> String {
        let mut text = String::new();
        match piece {
            Exported::Recipe(id, revision, recipe) => {
                text.push_str(match self.place {
                    Place::BeforeRecipes => "",
                    Place::InRecipe(..) | Place::Elsewhere(_) => "]},",
                });
                let head = json!({"id": id, "revision": revision, "recipe": recipe}).to_string();
                text.push_str(head.trim_end_matches('}'));
                // As many braces as the recipe itself ends with.
                let braces = head.len() - head.trim_end_matches('}').len();
                text.push_str(&"}".repeat(braces.saturating_sub(1)));
                text.push_str(",\"messages\":[");
                self.place = Place::InRecipe(id.clone(), false);
            }
            Exported::Messages(id, messages) => {
                let inside = matches!(&self.place, Place::InRecipe(open, _) if open == id);
                if !inside && !matches!(self.place, Place::Elsewhere(_)) {
                    text.push_str(self.close_recipes());
                    self.place = Place::Elsewhere(false);
                }
                for message in messages {
                    if let Place::InRecipe(_, written) | Place::Elsewhere(written) = &mut self.place
                    {
                        text.push_str(if *written { "," } else { "" });
                        *written = true;
                    }
                    let written = match inside {
                        true => serde_json::to_string(&**message),
                        false => serde_json::to_string(&MessageElsewhere {
                            recipe_id: id,
                            message,
                        }),
                    };
                    // Serialising these types cannot fail: every key is a string and no number is a float.
                    text.push_str(&written.unwrap_or_default());
                }
            }
        }
        text
    }

    fn end(&mut self) -> String {
        let end = match self.place {
            Place::Elsewhere(_) => "]}",
            Place::BeforeRecipes | Place::InRecipe(..) => {
                return format!("{}]}}", self.close_recipes());
            }
        };
        end.to_owned()
    }

    fn close_recipes(&self) -> &'static str {
        match self.place {
            Place::BeforeRecipes | Place::Elsewhere(_) => "],\"messages\":[",
            Place::InRecipe(..) => "]}],\"messages\":[",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proto::websocket::frames::{Author, Recipe};
    use serde_json::Value;

    use super::*;

    fn message(id: &str) -> Arc<Message> {
        Arc::new(Message {
            id: id.to_owned(),
            author: Author {
                id: "ada".to_owned(),
                name: "ada".to_owned(),
            },
            content: "}]".to_owned(),
            timestamp: String::new(),
            revision: 1,
            effect: None,
            ..Message::default()
        })
    }

    #[track_caller]
    fn written(pieces: &[Exported]) -> Value {
        let mut writer = Writer::default();
        let mut text = "{\"recipes\":[".to_owned();
        for piece in pieces {
            text.push_str(&writer.write(piece));
        }
        text.push_str(&writer.end());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn recipe(id: &str) -> Exported {
        Exported::Recipe(id.to_owned(), 7, Arc::new(Recipe::default()))
    }

    fn messages(recipe: &str, ids: &[&str]) -> Exported {
        let messages = ids.iter().map(|id| message(id)).collect();
        Exported::Messages(recipe.to_owned(), messages)
    }

    #[test]
    fn whatever_comes_is_one_document() {
        assert_eq!(written(&[]), json!({"recipes": [], "messages": []}));
        let only = written(&[messages("soup", &["m1"])]);
        assert_eq!(only["recipes"], json!([]));
        assert_eq!(only["messages"][0]["recipe_id"], "soup");

        let all = written(&[
            recipe("pie"),
            recipe("soup"),
            messages("soup", &["m1", "m2"]),
            messages("soup", &["m3"]),
            messages("bread", &["m4"]),
            messages("cake", &["m5", "m6"]),
        ]);
        let ids = |list: &Value| {
            let ids = list.as_array().unwrap().iter().map(|one| one["id"].clone());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(ids(&all["recipes"]), ["pie", "soup"]);
        assert_eq!(ids(&all["recipes"][0]["messages"]), Vec::<Value>::new());
        assert_eq!(ids(&all["recipes"][1]["messages"]), ["m1", "m2", "m3"]);
        assert_eq!(ids(&all["messages"]), ["m4", "m5", "m6"]);
    }
}
