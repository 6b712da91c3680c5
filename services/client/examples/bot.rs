//! A bot in ten lines: whoever says "hello bot" is greeted.
//!
//! `RECIPE_CHAT_TOKEN=rct_… cargo run -p recipe-chat-client --example bot -- http://127.0.0.1:8080 pancakes`

#![expect(
    clippy::disallowed_methods,
    reason = "an example has no other configuration than its environment"
)]

use std::{env, error::Error};

use recipe_chat_client::{ApiToken, Conversation, News, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [url, recipe] = arguments.as_slice() else {
        return Err("give URL RECIPE".into());
    };
    let server = Server::at(url)?;
    let token = env::var("RECIPE_CHAT_TOKEN")?.into();
    let (token, first) = ApiToken::open(server.clone(), token).await?;
    let mut chat = Conversation::begin(server, recipe.parse()?, token, first);
    while let Some(news) = chat.next().await {
        if let News::Said(message) = news
            && message.content == "hello bot"
        {
            let greeting = format!("Hello, {}!", message.author.name);
            chat.say(greeting.as_str()).await?;
        }
    }
    Ok(())
}
