//! Sessions of staff: who signed in to the dashboard, in which studio, and what they may do there.
//!
//! The guard finds the session of a request and has it judged; `signin` begins and ends sessions. A session is read from the
//! database at each request, so that one which was ended counts nowhere any more, at once, in every instance. Of the token in
//! the cookie we keep the SHA-256 alone: a stolen database signs nobody in.

pub mod caller;
pub mod cookie;
pub mod judge;
pub mod pages;
pub mod stored;
pub mod throttle;
pub mod unscoped;

use axum::http::HeaderMap;

use self::{
    cookie::Cookie,
    stored::{LiveSession, SessionToken},
    throttle::SignInThrottle,
};
use crate::store::{clock::Clock, db::Db, error::StoreError};

/// What sessions take of a running gateway.
pub struct Sessions {
    /// Who may try to sign in.
    pub throttle: SignInThrottle,
    db: Db,
    clock: Clock,
    url: String,
    cookie: Cookie,
}

impl Sessions {
    /// Sessions of a dashboard that is reached at this URL.
    pub fn new(db: Db, clock: Clock, url: &str, rate_limits: bool) -> Self {
        let throttle = SignInThrottle::new(rate_limits);
        Self { throttle, db, clock, cookie: Cookie::at(url), url: url.to_owned() }
    }

    /// The dashboard's URL, as browsers know it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The cookie that a session is kept in.
    pub fn cookie(&self) -> Cookie {
        self.cookie
    }

    /// The session that a request's cookie names, while it lasts. That it was used is noted once a minute, off the request's
    /// path.
    pub(super) async fn find(&self, headers: &HeaderMap) -> Result<Option<LiveSession>, StoreError> {
        let Some(token) = self.cookie.read(headers) else { return Ok(None) };
        let now = self.clock.now();
        let found = unscoped::load(self.db.read(), &SessionToken::hash_of(token)).await?;
        let Some(session) = found.filter(|session| !session.is_over(now)) else { return Ok(None) };
        if session.is_to_be_noted(now) {
            let (db, hash) = (self.db.clone(), session.token_hash.clone());
            tokio::spawn(async move {
                if let Err(error) = unscoped::note_use(&db, &hash, now).await {
                    error.log("that a session was used is not noted");
                }
            });
        }
        Ok(Some(session))
    }
}
