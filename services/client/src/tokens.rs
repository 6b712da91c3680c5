//! Where access tokens come from: an [`Account`](crate::Account) at the server's own auth service, or any function that
//! gets one from elsewhere.

use futures_util::future::BoxFuture;

use crate::chat::{NoToken, Token};

/// A source of access tokens. One renewal is under way at a time.
pub trait Tokens: Send {
    /// Gets a token other than those before. It is asked ahead of a token's end, and again with backoff after
    /// [`NoToken::Unavailable`]; [`NoToken::Denied`] ends the chat.
    fn renew(&mut self) -> BoxFuture<'static, Result<Token, NoToken>>;

    /// Nothing more will be asked.
    fn close(self) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async {}
    }
}

impl<F, Answer> Tokens for F
where
    F: FnMut() -> Answer + Send,
    Answer: Future<Output = Result<Token, NoToken>> + Send + 'static,
{
    fn renew(&mut self) -> BoxFuture<'static, Result<Token, NoToken>> {
        Box::pin(self())
    }
}
