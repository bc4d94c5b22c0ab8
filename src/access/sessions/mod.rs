//! Sessions of staff: who signed in to the dashboard, in which studio, and what they may do there.
//!
//! The guard finds the session of a request and has it judged; `signin` begins and ends sessions. A session is read from the
//! database at each request, so that one which was ended counts nowhere any more, at once, in every instance. Of the token in
//! the cookie we keep the SHA-256 alone: a stolen database signs nobody in.

mod attempt;
pub mod caller;
pub mod cookie;
pub mod judge;
pub mod pages;
pub mod same_origin;
pub mod stored;
pub mod throttle;
pub mod unscoped;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::HeaderMap;

use self::{
    cookie::{Cookie, CookieKind},
    stored::{ABSOLUTE_END, LiveSession},
    throttle::PasswordThrottle,
};
use crate::store::{clock::Clock, db::Db, error::StoreError, token::Token};

/// The cookie of staff.
pub const STAFF_COOKIE: CookieKind =
    CookieKind { secure_name: "__Host-flow_studio", plain_name: "flow_studio", lifetime: ABSOLUTE_END };

/// What sessions take of a running gateway.
pub struct Sessions {
    /// Who may try a password.
    pub throttle: PasswordThrottle,
    db: Db,
    clock: Clock,
    url: String,
    cookie: Cookie,
    notes: NotesUnderWay,
}

/// The sessions whose use is being noted, so that many requests at once cause one write.
#[derive(Clone, Default)]
pub(super) struct NotesUnderWay(Arc<Mutex<HashSet<String>>>);

/// A note that is being written; dropping it ends that.
pub(super) struct Noted {
    pub(super) token_hash: String,
    notes: NotesUnderWay,
}

impl NotesUnderWay {
    /// Begins a note, unless one of this session is under way.
    pub(super) fn begin(&self, token_hash: &str) -> Option<Noted> {
        let is_first = self.lock().insert(token_hash.to_owned());
        is_first.then(|| Noted { token_hash: token_hash.to_owned(), notes: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.notes.lock().remove(&self.token_hash);
    }
}

impl Sessions {
    /// Sessions of a dashboard that is reached at this URL.
    pub fn new(db: Db, clock: Clock, url: &str, throttle: PasswordThrottle) -> Self {
        Self {
            throttle,
            db,
            clock,
            cookie: Cookie::at(url, STAFF_COOKIE),
            url: url.to_owned(),
            notes: NotesUnderWay::default(),
        }
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
    /// path, by one write at a time.
    pub(super) async fn find(&self, headers: &HeaderMap) -> Result<Option<LiveSession>, StoreError> {
        let Some(token) = self.cookie.read(headers) else { return Ok(None) };
        let now = self.clock.now();
        let found = unscoped::load(self.db.read(), &Token::hash_of(token)).await?;
        let Some(session) = found.filter(|session| !session.is_over(now)) else { return Ok(None) };
        if session.is_to_be_noted(now)
            && let Some(noted) = self.notes.begin(&session.token_hash)
        {
            let db = self.db.clone();
            tokio::spawn(async move {
                if let Err(error) = unscoped::note_use(&db, &noted.token_hash, now).await {
                    error.log("that a session was used is not noted");
                }
            });
        }
        Ok(Some(session))
    }

    /// Whether a session that was found a while ago goes on: for the same person, in the same studio and role.
    pub async fn goes_on(&self, session: &LiveSession) -> Result<bool, StoreError> {
        let found = unscoped::load(self.db.read(), &session.token_hash).await?;
        Ok(found.is_some_and(|found| {
            let is_same = (found.studio_id, found.staff_id) == (session.studio_id, session.staff_id);
            let may_still = found.role >= session.role && found.lacks_second_factor() == session.lacks_second_factor();
            is_same && may_still && !found.is_over(self.clock.now())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_noted_by_one_write_at_a_time() {
        let notes = NotesUnderWay::default();
        let first = notes.begin("a").expect("the first");
        assert!(notes.begin("a").is_none(), "one is under way");
        assert!(notes.begin("b").is_some(), "another session");
        drop(first);
        assert!(notes.begin("a").is_some());
    }
}
