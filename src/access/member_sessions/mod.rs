//! Sessions of members: who signed in on the pages of the Members surface, and in which studios. The guard finds the sessions of
//! a request and has them judged; `resources::members::accounts` begins and ends them.
//!
//! A browser has one cookie, and one session for each membership that its password opened: a studio learns nothing of the
//! others, and what ends one membership leaves the others alone. Sessions are read from the database at each request, together
//! with the membership's status, so that one which has ended counts nowhere any more, at once, in every instance. Of the token in
//! the cookie we keep the SHA-256 alone.

pub mod judge;
pub mod pages;
pub mod queries;
pub mod stored;
pub mod unscoped;
pub mod visitor;

use axum::http::HeaderMap;

use self::stored::{ABSOLUTE_END, LiveMemberSession, frame_hash};
use super::sessions::{
    NotesUnderWay,
    cookie::{Cookie, CookieKind},
    throttle::PasswordThrottle,
};
use crate::store::{clock::Clock, db::Db, error::StoreError, id::StudioId, studio::StudioOn, token::Token};

/// The cookie of members.
pub const MEMBER_COOKIE: CookieKind =
    CookieKind { secure_name: "__Host-flow_member", plain_name: "flow_member", lifetime: ABSOLUTE_END };

/// The cookie of the sign-in widget in its frame.
pub const FRAME_COOKIE: CookieKind =
    CookieKind { secure_name: "__Host-flow_frame", plain_name: "flow_frame", lifetime: ABSOLUTE_END };

/// What sessions of members take of a running gateway.
pub struct MemberSessions {
    /// Who may try a password.
    pub throttle: PasswordThrottle,
    db: Db,
    clock: Clock,
    url: String,
    cookie: Cookie,
    frame_cookie: Cookie,
    notes: NotesUnderWay,
}

impl MemberSessions {
    /// Sessions on a surface that is reached at this URL.
    pub fn new(db: Db, clock: Clock, url: &str, throttle: PasswordThrottle) -> Self {
        let (cookie, frame_cookie) = (Cookie::at(url, MEMBER_COOKIE), Cookie::in_frame(url, FRAME_COOKIE));
        Self { throttle, db, clock, cookie, frame_cookie, url: url.to_owned(), notes: NotesUnderWay::default() }
    }

    /// The surface's URL, as browsers know it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For reads of one studio's sessions.
    pub(super) fn of(&self, studio: StudioId) -> StudioOn<'_> {
        self.db.of(studio)
    }

    /// The cookie that the sessions of a browser are kept in.
    pub fn cookie(&self) -> Cookie {
        self.cookie
    }

    /// The cookie that the sign-in widget keeps its session in, where the browser lets it.
    pub fn frame_cookie(&self) -> Cookie {
        self.frame_cookie
    }

    /// The sessions that a request's cookie names, while they last: one for each membership, by the studio's name. That they
    /// were used is noted once a minute, off the request's path.
    pub(super) async fn find(&self, headers: &HeaderMap) -> Result<Vec<LiveMemberSession>, StoreError> {
        let Some(token) = self.cookie.read(headers) else { return Ok(Vec::new()) };
        self.find_by(Token::hash_of(token)).await
    }

    /// The session of the sign-in widget at this studio, while it lasts: by the token that its frame keeps in its own memory, or
    /// by its cookie.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_in_frame(
        &self,
        headers: &HeaderMap,
        kept: Option<&str>,
        studio: StudioId,
    ) -> Result<Option<LiveMemberSession>, StoreError> {
        let kept = kept.filter(|kept| !kept.is_empty()).or_else(|| self.frame_cookie.read(headers));
        let Some(token) = kept else { return Ok(None) };
        let found = self.find_by(frame_hash(token)).await?;
        Ok(found.into_iter().find(|session| session.studio_id == studio))
    }

    /// The sessions of a browser that signed in a moment ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_begun(&self, token: &Token) -> Result<Vec<LiveMemberSession>, StoreError> {
        self.find_by(token.hash()).await
    }

    async fn find_by(&self, token_hash: String) -> Result<Vec<LiveMemberSession>, StoreError> {
        let now = self.clock.now();
        let mut found = unscoped::load(self.db.read(), &token_hash).await?;
        found.retain(|session| !session.is_over(now));
        if found.iter().any(|session| session.is_to_be_noted(now))
            && let Some(noted) = self.notes.begin(&token_hash)
        {
            let db = self.db.clone();
            tokio::spawn(async move {
                if let Err(error) = unscoped::note_use(&db, &noted.token_hash, now).await {
                    error.log("that a member's session was used is not noted");
                }
            });
        }
        Ok(found)
    }
}
