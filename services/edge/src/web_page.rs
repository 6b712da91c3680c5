//! Fetches a page of the web, for an import: http and https, from public addresses only.
//!
//! `runtime::public_web` sees to the addresses. A redirect is a new page: it is looked at as the first one was. Nothing
//! that the user sent, and no header of theirs, goes to the page's server.

mod charset;
mod request;

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use proto::ids::UserId;
use runtime::public_web::{NoWay, PublicWeb};
use tokio::{sync::Semaphore, time::timeout};
use url::Url;

use self::request::Answer;

/// How long it takes at most, redirects included.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes a page has at most.
const MAX_PAGE: usize = 2 << 20;
/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;
/// How many pages are fetched at a time.
const MAX_CONCURRENT: usize = 8;

/// What was fetched.
#[derive(Debug, PartialEq, Eq)]
pub struct WebPage {
    /// `text/html`, without parameters, in lower case; empty where the server says nothing.
    pub media_type: String,
    /// The page.
    pub text: String,
}

/// Why a page was not fetched. The words are for the user; they say nothing of what a server answered but its status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It is no address of a page.
    #[error("This is no address of a page; write it as https://example.org/pancakes")]
    NoAddress,
    /// Another scheme.
    #[error("Only pages at http:// and https:// can be fetched")]
    Scheme,
    /// A name or a password stands in the address.
    #[error("The address holds a name or a password; write it without them")]
    Credentials,
    /// Another port than that of the scheme.
    #[error("Only pages at the usual port can be fetched; write the address without a port")]
    Port,
    /// Its name leads to no address, or to one that is not public.
    #[error("{0} is no public address of the web")]
    NotPublic(String),
    /// The server cannot be reached, or breaks off.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// It took too long.
    #[error("The page did not come within 10 seconds")]
    TooSlow,
    /// Too many redirects, or one that leads nowhere.
    #[error("The page leads to other pages without end")]
    Redirects,
    /// The server refuses.
    #[error("The server of the page answered {0}")]
    Status(u16),
    /// It is too large.
    #[error("The page has more than 2 MiB")]
    TooLarge,
    /// It is no text, or compressed though we asked for it plain.
    #[error("The page is no text that can be read")]
    NoText,
    /// The user has another one under way.
    #[error("Another page of yours is being fetched; wait for it")]
    UnderWay,
    /// Too many are under way.
    #[error("Too many pages are being fetched; try again in a moment")]
    Overloaded,
}

/// Fetches pages: so many at a time, one for each user.
#[derive(Debug)]
pub struct Fetcher {
    permits: Semaphore,
    users: Arc<Mutex<HashSet<UserId>>>,
    web: PublicWeb,
}

/// Says that a user's page is being fetched, until it is dropped.
struct UserPermit(Arc<Mutex<HashSet<UserId>>>, UserId);

impl Fetcher {
    /// One that takes public pages, and those at the addresses that are named.
    pub fn new(allowed: Vec<SocketAddr>) -> Self {
        Self {
            permits: Semaphore::new(MAX_CONCURRENT),
            users: Arc::default(),
            web: PublicWeb::new(allowed),
        }
    }

    /// The page at an address.
    ///
    /// # Errors
    /// [`FetchError`], in words for the user.
    pub async fn fetch(&self, user: &UserId, address: &str) -> Result<WebPage, FetchError> {
        let _mine = self.user_permit(user)?;
        let _permit = self
            .permits
            .try_acquire()
            .map_err(|_| FetchError::Overloaded)?;
        timeout(FETCH_TIMEOUT, self.follow(address))
            .await
            .map_err(|_| FetchError::TooSlow)?
    }

    async fn follow(&self, address: &str) -> Result<WebPage, FetchError> {
        let mut url = Url::parse(address.trim()).map_err(|_| FetchError::NoAddress)?;
        for _ in 0..=MAX_REDIRECTS {
            let addresses = self.web.resolve(&url).await?;
            match request::get(&url, &addresses, &self.web, MAX_PAGE).await? {
                Answer::Page(page) => return Ok(page),
                Answer::Elsewhere(location) => {
                    url = url.join(&location).map_err(|_| FetchError::Redirects)?;
                }
            }
        }
        Err(FetchError::Redirects)
    }

    fn user_permit(&self, user: &UserId) -> Result<UserPermit, FetchError> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        match users.insert(user.clone()) {
            true => Ok(UserPermit(Arc::clone(&self.users), user.clone())),
            false => Err(FetchError::UnderWay),
        }
    }
}

impl From<NoWay> for FetchError {
    fn from(no_way: NoWay) -> Self {
        match no_way {
            NoWay::NoAddress => Self::NoAddress,
            NoWay::Scheme => Self::Scheme,
            NoWay::Credentials => Self::Credentials,
            NoWay::Port => Self::Port,
            NoWay::NotPublic(host) => Self::NotPublic(host),
            NoWay::Unreachable(host) => Self::Unreachable(host),
        }
    }
}

impl Drop for UserPermit {
    fn drop(&mut self) {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.remove(&self.1);
    }
}

#[cfg(test)]
mod tests;
