//! Says one thing about a recipe, prints what it did, and leaves:
//!
//! `cargo run -p recipe-chat-client --example say -- http://127.0.0.1:8080 ada pancakes "add 2 eggs"`
//!
//! The password is in the environment, as `RECIPE_CHAT_PASSWORD`; whoever is new is signed up.

#![expect(
    clippy::disallowed_methods,
    reason = "an example has no other configuration than its environment"
)]

use std::{env, error::Error, io::Write as _};

use recipe_chat_client::{Account, Conversation, News, Server, create_recipe};
use secrecy::SecretString;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [url, user, recipe, text] = arguments.as_slice() else {
        return Err("give URL USER RECIPE TEXT".into());
    };
    let password = SecretString::from(env::var("RECIPE_CHAT_PASSWORD")?);
    let server = Server::at(url)?;
    let signed_in = match Account::open(server.clone(), false, user, &password).await {
        Ok(signed_in) => signed_in,
        Err(_) => Account::open(server.clone(), true, user, &password).await?,
    };
    let (account, token) = signed_in;
    let recipe = recipe.parse()?;
    create_recipe(&server, &token, &recipe).await?;

    let mut chat = Conversation::begin(server, recipe, account, token);
    chat.say(text.as_str()).await?;
    while let Some(news) = chat.next().await {
        match news {
            News::Said(message) if message.content == text.trim() => {
                let effect = message.effect.as_deref().unwrap_or("nothing changed");
                writeln!(std::io::stdout(), "{}: {effect}", message.author.name)?;
                break;
            }
            News::NotSaid { reason, .. } => return Err(reason.into()),
            News::Said(_) | News::Status(_) | News::Notice(_) => {}
        }
    }
    chat.leave().await?;
    Ok(())
}
