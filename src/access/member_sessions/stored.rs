//! A member's session as it is stored, and as a request finds it.

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{
    access::{network::Network, sessions::stored::SessionRow},
    store::{
        id::{Id, Named, StudioId},
        instant::Instant,
        record::Record,
        token::Token,
    },
};

/// A session ends when it was not used for so long.
pub const IDLE_END: Duration = Duration::from_hours(30 * 24);
/// A session ends so long after it began, however it is used.
pub const ABSOLUTE_END: Duration = Duration::from_hours(90 * 24);
/// How often it is noted that a session is used.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// What a `mbr_…` id names, for authorization: the rows themselves are a resource.
#[derive(Clone, Copy, Debug)]
pub enum MemberRow {}

impl Named for MemberRow {
    const PREFIX: &'static str = "mbr";
    const NOUN: &'static str = "membership";
}

/// The id of a membership.
pub type MemberId = Id<MemberRow>;

/// A row of the table `member_sessions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberSession {
    /// The SHA-256 of the token in the cookie.
    pub token_hash: String,
    /// What it is called where it is shown.
    pub id: Id<SessionRow>,
    /// Whose it is.
    pub membership_id: MemberId,
    /// When it began.
    pub created_at: Instant,
    /// When it was used last, to the minute.
    pub seen_at: Instant,
    /// When it ends, however it is used.
    pub expires_at: Instant,
    /// The network that it was begun from, without what tells one machine from another.
    pub network: Option<IpNet>,
    /// The session in a window of its own that opened this one of a frame; a frame whose password was typed there opened itself.
    /// Null in a window.
    pub opened_by: Option<Id<SessionRow>>,
}

impl Record for MemberSession {}

impl MemberSession {
    /// A session that begins now.
    pub fn begun(token: &Token, membership_id: MemberId, network: Network, now: Instant) -> Self {
        Self {
            token_hash: token.hash(),
            id: Id::new(now),
            membership_id,
            created_at: now,
            seen_at: now,
            expires_at: now.plus(ABSOLUTE_END),
            network: Some(network.masked()),
            opened_by: None,
        }
    }

    /// A session of the sign-in widget that begins now; the session in a window of its own that opened it, if one did.
    pub fn begun_in_frame(
        token: &Token,
        membership_id: MemberId,
        network: Network,
        now: Instant,
        opened_by: Option<Id<SessionRow>>,
    ) -> Self {
        let token_hash = frame_hash(token.reveal());
        let begun = Self::begun(token, membership_id, network, now);
        Self { token_hash, opened_by: opened_by.or(Some(begun.id)), ..begun }
    }
}

/// What is stored of the token of a session in the sign-in widget. It differs from that of a session in a window, so that neither
/// cookie counts in the other's place.
pub fn frame_hash(sent: &str) -> String {
    Token::hash_of(&format!("frame {sent}"))
}

/// A session as a request finds it: its row, and who that is.
#[derive(Clone, Debug, Deserialize)]
pub struct LiveMemberSession {
    /// What it is called where it is shown.
    pub id: Id<SessionRow>,
    /// The studio.
    pub studio_id: StudioId,
    /// That studio's name.
    pub studio_name: String,
    /// Whose it is.
    pub membership_id: MemberId,
    /// What they sign in with.
    pub email: String,
    /// When it was used last, to the minute.
    pub seen_at: Instant,
    /// When it ends, however it is used.
    pub expires_at: Instant,
    /// The session in a window of its own that opened this one.
    pub opened_by: Option<Id<SessionRow>>,
}

impl Record for LiveMemberSession {}

impl LiveMemberSession {
    /// Whether it has ended by itself.
    pub fn is_over(&self, now: Instant) -> bool {
        self.expires_at <= now || self.seen_at.plus(IDLE_END) <= now
    }

    pub(super) fn is_to_be_noted(&self, now: Instant) -> bool {
        self.seen_at.plus(NOTED_EVERY) <= now
    }
}

/// The session that a token belongs to, as a call finds it.
#[derive(Clone, Debug, Deserialize)]
pub struct LiveTokenSession {
    /// Its id.
    pub id: Id<SessionRow>,
    /// Whose it is.
    pub membership_id: MemberId,
}

impl Record for LiveTokenSession {}

/// How long a sign-in in a window of its own may take.
pub const WINDOW_WITHIN: Duration = Duration::from_mins(10);

/// A row of the table `window_requests`: a sign-in that the widget has asked for in a window of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WindowRequest {
    /// The studio of the website's key.
    pub studio_id: StudioId,
    /// What the window knows it by.
    pub id: String,
    /// The SHA-256 of what the frame knows it by.
    pub secret_hash: String,
    /// The website's origin.
    pub origin: String,
    /// When it is too late.
    pub expires_at: Instant,
    /// The session that has answered it.
    pub session_id: Option<Id<SessionRow>>,
}

impl Record for WindowRequest {}
